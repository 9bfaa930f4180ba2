"""Writes small Parquet files as pandas, datasets and other tools do.

    /work/venv/bin/python make.py        (needs pyarrow)
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
labelled = pa.table({"text": ["营收增长", 'say "no"\n', "third"], "label": pa.array([1, 0, 1], pa.int64()), "more": [0.5, None, 2.0]})
for codec in ("snappy", "zstd", "gzip", "none"):
    pq.write_table(labelled, HERE / f"{codec}.parquet", compression=codec, use_dictionary=codec != "none")
pq.write_table(pa.table({"text": pa.array(["a", "b"]).dictionary_encode(), "label": ["neg", "pos"]}), HERE / "categories.parquet")
chat = [[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], [{"role": "user", "content": "q2"}, {"role": "assistant", "content": "a2"}]]
pq.write_table(pa.table({"messages": chat}), HERE / "messages.parquet")
