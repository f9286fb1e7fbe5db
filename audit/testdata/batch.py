"""Runs docs/verify.py over many folders and mutants in one process.

Each line of standard input is {"dir": PATH, "edits": [[FILE, KIND, AT], ...]}:
KIND is flip (AT is a bit), cut (from byte AT on), drop (byte AT), line (line AT
is written twice) or gone (the file is removed). Each line of output is the
outcome.
"""
import functools, importlib.util, json, os, sys

spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)

@functools.cache
def load(path):
    return {e.name: open(e.path, "rb").read() if e.is_file(follow_symlinks=False) else None
            for e in os.scandir(path) if not e.name.startswith(".")}

def edit(b, kind, at):
    if kind == "flip":
        return b[:at // 8] + bytes([b[at // 8] ^ 1 << at % 8]) + b[at // 8 + 1:]
    if kind == "cut":
        return b[:at]
    if kind == "drop":
        return b[:at] + b[at + 1:]
    lines = b.splitlines(keepends=True)
    return b"".join(lines[:at + 1] + lines[at:])

for line in sys.stdin:
    job = json.loads(line)
    files = dict(load(job["dir"]))
    for name, kind, at in job["edits"] or []:
        if kind == "gone":
            files.pop(name, None)
        elif name in files:
            files[name] = edit(files[name], kind, at)
    try:
        outcome = verifier.verify(files, job.get("codes") or {})[1]
    except Exception:
        outcome = "does not hold"
    print(outcome, flush=True)
