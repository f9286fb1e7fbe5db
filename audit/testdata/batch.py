"""Runs docs/verify.py over many folders and mutants in one process.

Each line of standard input is {"dir": PATH, "edits": [[FILE, KIND, AT], ...]}:
KIND is flip (AT is a bit), cut (from byte AT on), drop (byte AT), line (line AT
is written twice), swap (line AT comes after the next), gone (the file is
removed), move (it is renamed to NAMES[AT]) or more (a copy has that name). Each
line of output is the outcome.
"""
import functools, importlib.util, json, sys

spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)

@functools.cache
def load(path):
    return verifier.folder(path)

NAMES = ["moved.pub.pem", "online.3.log", ".hidden", "plan.toml.iw.sig", "MANIFEST.sha256.op2.sig", "offline-0099-target.wrap.op2.txt",
         "other.byok", "PLAN.TOML", "=1+1.csv", "transcript.html"]

def edit(b, kind, at):
    if kind == "flip":
        return b[:at // 8] + bytes([b[at // 8] ^ 1 << at % 8]) + b[at // 8 + 1:]
    if kind == "cut":
        return b[:at]
    if kind == "drop":
        return b[:at] + b[at + 1:]
    lines = b.splitlines(keepends=True)
    if kind == "swap":
        return b"".join(lines[:at] + lines[at + 1:at + 2] + lines[at:at + 1] + lines[at + 2:])
    return b"".join(lines[:at + 1] + lines[at:])

def outcome(job):
    files = dict(load(job["dir"]))
    for name, kind, at in job["edits"] or []:
        if kind == "gone":
            files.pop(name, None)
        elif kind in ("move", "more"):
            b = files.pop(name) if kind == "move" else files[name]
            files[NAMES[at]] = b if verifier.NAMES.fullmatch(NAMES[at]) and NAMES[at] not in verifier.DRAWN else b""
        elif name in files:
            files[name] = edit(files[name], kind, at)
    return verifier.verify(files, job.get("codes") or {})[1]

for line in sys.stdin:
    try:
        print(outcome(json.loads(line)), flush=True)
    except Exception:
        print("does not hold", flush=True)
