"""The tiny random Llama models that every parity fixture of Graft is made with.

`make.py` beside this file calls write() once and saves them; the fixture
scripts of shared/adapter and shared/train only open() what is on disk, so that
they start from exactly the bytes that the Go tests read.
"""

import json
import logging
import re
import warnings
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import AutoConfig, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

HERE = Path(__file__).resolve().parent
VOCAB = 96
BOS, EOS, PAD = 1, 2, 0

torch.set_num_threads(1)  # one order of summation
torch.use_deterministic_algorithms(True)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
logging.getLogger("transformers").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")


def randomize(model, seed, embedding=1.0):
    """Gives every parameter a value far from its usual start.

    Matrices get a gain of about one, so that attention is not uniform and logits are
    of order one; norms differ from one and biases from zero, so that a model that
    ignores them is found out. NumPy's generator is stable over versions, torch's is not.
    """
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            x = torch.from_numpy(rng.standard_normal(tuple(p.shape)).astype(np.float32))
            if "norm" in name:
                x = 1 + 0.2 * x
            elif name.endswith("bias"):
                x = 0.2 * x
            elif "embed_tokens" in name:
                x = embedding * x
            else:
                x = 1.2 * x / p.shape[-1] ** 0.5
            p.copy_(x)
    return model.eval()


def config(**changes):
    """The shape that all share: 2 layers, 4 heads, 2 key-value heads, hidden 64."""
    values = dict(
        vocab_size=VOCAB,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        bos_token_id=BOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        tie_word_embeddings=False,
    )
    values.update(changes)
    return LlamaConfig(**values)


LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}


def write():
    """Saves the model directories; see README.md for what each is for."""
    small = dict(hidden_size=32, intermediate_size=64)

    base = randomize(LlamaForCausalLM(config()), 1)
    base.to(torch.bfloat16).save_pretrained(HERE / "base")

    tied = config(**small, num_key_value_heads=1, head_dim=16, tie_word_embeddings=True, rope_parameters=LLAMA3)
    randomize(LlamaForCausalLM(tied), 2, embedding=0.3).save_pretrained(HERE / "tied", max_shard_size="40KB")

    bias = config(**small, attention_bias=True, mlp_bias=True)
    randomize(LlamaForCausalLM(bias), 3).save_pretrained(HERE / "bias")

    labels = {0: "negative", 1: "neutral", 2: "positive"}
    cls = config(**small, num_hidden_layers=1, pad_token_id=EOS, id2label=labels, label2id={v: k for k, v in labels.items()})
    randomize(LlamaForSequenceClassification(cls), 4).to(torch.float16).save_pretrained(HERE / "cls")

    # bitsandbytes' own quantisation of base: 4-bit linears, lm_head and embeddings left alone.
    nf4(LlamaForCausalLM, HERE / "base").save_pretrained(HERE / "nf4")

    for path in HERE.rglob("*.safetensors"):
        path.chmod(0o644)

    # Older files say rope_theta and rope_scaling (or its "type") where transformers 5 says rope_parameters.
    old = json.loads((HERE / "base" / "config.json").read_text())
    del old["rope_parameters"], old["dtype"]
    old["torch_dtype"] = "bfloat16"
    old["rope_theta"] = 10000.0
    for name, scaling in {
        "default": None,
        "linear": {"type": "linear", "factor": 4.0},
        "llama3": {k: v for k, v in LLAMA3.items() if k != "rope_theta"},
        "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
    }.items():
        old["rope_scaling"] = scaling
        path = HERE / "rope" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(old, indent=2, sort_keys=True) + "\n")


def nf4(kind, directory, **more):
    """Opens a directory with bitsandbytes' Linear4bit: NF4, double quantisation, float32 compute."""
    how = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )
    more = dict(dtype=torch.float32, attn_implementation="eager", device_map="cpu") | more
    return kind.from_pretrained(directory, quantization_config=how, **more).eval()


def open(name, task="CAUSAL_LM", rope=None, num_labels=3, dtype=torch.float32, **changes):
    """Opens directory `name` in float32 with eager attention.

    `rope` takes the configuration from rope/<rope>.json; for SEQ_CLS a base without
    a head gets the one of score.safetensors.
    """
    kind = LlamaForSequenceClassification if task == "SEQ_CLS" else LlamaForCausalLM
    cfg = AutoConfig.from_pretrained(HERE / "rope" / f"{rope}.json" if rope else HERE / name)
    for key, value in changes.items():
        setattr(cfg, key, value)
    if task == "SEQ_CLS" and name != "cls":
        cfg.num_labels = num_labels
    model = kind.from_pretrained(HERE / name, config=cfg, dtype=dtype, attn_implementation="eager")
    if task == "SEQ_CLS" and name != "cls":
        with torch.no_grad():
            model.score.weight.copy_(torch.from_numpy(score(num_labels, cfg.hidden_size)))
    return model.eval()


def score(num_labels, hidden):
    """The head's weight: the same numbers in score.safetensors."""
    return (np.random.default_rng(5).standard_normal((num_labels, hidden)) / hidden**0.5).astype(np.float32)


def tokens(rng, n):
    """n ordinary tokens: none is pad, bos or eos."""
    return [int(t) for t in rng.integers(3, VOCAB, n)]


def save_json(path, value):
    """Indented JSON with lists of numbers on one line."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s*(-?[\d.e+-]+(?:,\s*-?[\d.e+-]+)*)\s*\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    Path(path).write_text(text + "\n")


def save_tensors(path, tensors, **metadata):
    """A safetensors file that everybody may read, whatever the umask."""
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata=metadata or None)
    Path(path).chmod(0o644)


def relative(got, want):
    """max |got - want| / max |want|: the one measure of error of all fixtures."""
    got, want = torch.as_tensor(got).double(), torch.as_tensor(want).double()
    return float((got - want).abs().max() / want.abs().max())
