"""Shows that graft and huggingface_hub share one cache, both ways, against a hub on this machine.

    python share.py path/to/graft

Run by hand where huggingface_hub is installed. It prints what it has compared, and fails at the first difference.
"""
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"config.json": b"{}", "model.safetensors": random.Random(1).randbytes(3_000_000), "1_Pooling/config.json": b'{"x": 1}'}
sent = []


def etag(data):
    if len(data) > 1000:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        path = self.path.split("?")[0]
        data, headers = None, {}
        if path.startswith("/api/models/org/name"):
            siblings = [{"rfilename": n, "size": len(d), "blobId": etag(d)} | ({"lfs": {"sha256": etag(d), "size": len(d), "pointerSize": 1}} if len(d) > 1000 else {})
                        for n, d in FILES.items()]
            data = json.dumps({"id": "org/name", "sha": COMMIT, "siblings": siblings}).encode()
            if "/tree/" in path:
                data = json.dumps([{"type": "file", "path": n, "oid": etag(d), "size": len(d)} for n, d in FILES.items()]).encode()
        for revision in ("main", COMMIT):
            prefix = f"/org/name/resolve/{revision}/"
            if path.startswith(prefix) and path[len(prefix):] in FILES:
                data = FILES[path[len(prefix):]]
                headers = {"ETag": f'"{etag(data)}"', "X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{etag(data)}"', "X-Linked-Size": str(len(data))}
                if body:
                    sent.append(path[len(prefix):])
        self.send_response(200 if data is not None else 404)
        for k, v in ({"Content-Length": str(len(data or b""))} | headers).items():
            self.send_header(k, v)
        self.end_headers()
        if body and data:
            self.wfile.write(data)

    def log_message(self, *args):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    os.environ |= {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}
    import huggingface_hub as hf

    def graft(cache, *more, **env):
        return subprocess.run([sys.argv[1], "pull", "org/name", *more], env=os.environ | {"HF_HUB_CACHE": cache} | env, capture_output=True, text=True, check=True).stdout.strip()

    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        path = graft(ours)
        assert sorted(sent) == sorted(FILES), sent
        got = hf.snapshot_download("org/name", cache_dir=ours, local_files_only=True)
        assert os.path.samefile(got, path), (got, path)
        assert hf.try_to_load_from_cache("org/name", "1_Pooling/config.json", cache_dir=ours), "not found"
        sent.clear()
        hf.snapshot_download("org/name", cache_dir=ours)
        assert sent == [], sent
        info = hf.scan_cache_dir(ours)
        repo, = info.repos
        assert not info.warnings and repo.nb_files == 3 and repo.size_on_disk == sum(map(len, FILES.values())), info
        print("huggingface_hub", hf.__version__, "reads what graft has pulled, and downloads nothing again")

        got = hf.snapshot_download("org/name", cache_dir=theirs)
        assert sorted(sent) == sorted(FILES), sent
        sent.clear()
        assert os.path.samefile(graft(theirs), got) and sent == [], sent
        server.shutdown()
        assert os.path.samefile(graft(theirs, HF_HUB_OFFLINE="1"), got)
        for name, data in FILES.items():
            assert Path(path, name).read_bytes() == Path(got, name).read_bytes() == data
        print("graft reads what huggingface_hub has downloaded, and downloads nothing again")


if __name__ == "__main__":
    main()
