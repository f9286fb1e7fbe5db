#!/usr/bin/env python3
"""Checks the folder of a key ceremony without the program that made it: verify.py FOLDER [plan=CODE] [online=CODE] [offline=CODE]
Prints each rule and the outcome; exit 0 only for the two complete outcomes. Needs Python 3.11 and ssh-keygen.
Give the codes of plan and sealed heads from the witness's sheet: without them the folder only proves that it fits itself."""
import base64, datetime, functools, hashlib, itertools, json, os, re, subprocess, sys, tempfile, tomllib
RECORD = "v seq prev side cer stage boot mono_ns wall clk actor ev step key data"
NOTE, END = "text statements links", "answers facts checks files statements links"
DATA = {"log.open1": "format tool mode run attempt plan link", "log.open2": "format tool mode run attempt plan link steps", "step.begin": "mark",
        "step.end": END, "step.fail": END + " problem", "exception": "checks expected happened decided statements", "approve": NOTE, "pause": NOTE, "resume": NOTE,
        "people.change": NOTE, "ceremony.stop": NOTE, "log.recovered": "hex bytes", "log.close": "outcome exceptions not_checked disagree"}
INSIDE = {"tool": "name version commit sha256", "checks": "id class found wanted result", "files": "name sha256 bytes",
          "statements": "person file sha256 sig action", "links": "log seq sha256", "link": "log seq sha256"}
WHO, KEY, LOG = "[a-z0-9]{2,16}", "[0-9A-Za-z-]{1,127}", r"(?:online|offline)(?:\.[2-9]|\.[1-9][0-9])?"
TEXT = rf"({LOG}-[0-9]{{4,8}}-[a-z]+(?:[.-][a-z]+)*\.{WHO}\.txt)(?:\.sig)?"
NAMES = re.compile("|".join((
    rf"plan\.toml(?:\.{WHO}\.sig)?", r"(?:script|transcript)\.html", "allowed_signers", r"auditor-card\.txt", rf"{LOG}\.log", TEXT,
    r"kek\.publickey\.pem", r"kek(?:\.attestation|\.audit)?\.json", rf"challenge(?:\.{KEY})?\.json", rf"vault\.{KEY}\.json",
    rf"{KEY}\.(?:pub\.pem|kcv|byok)", rf"signoff\.{WHO}\.json", rf"(?:PREPARE|OFFLINE|MANIFEST)\.sha256(?:\.{WHO}\.sig)?",
    r"(?:plan\.toml|(?:PREPARE|OFFLINE|MANIFEST)\.sha256)\.tsr")))
BASE, KEK, DRAWN = ["plan.toml", "allowed_signers", "online.log"], ["kek.publickey.pem", "kek.json"], ["transcript.html", "auditor-card.txt"]
MOST = 16 << 20  # bytes of a file; what is drawn from the record is not read at all
SEALS = {"PREPARE.sha256": ("prepare-seal", "online", BASE + KEK), "OFFLINE.sha256": ("offline-seal", "offline", BASE + KEK + ["offline.log"]),
         "MANIFEST.sha256": ("final-seal", "online", BASE + ["offline.log", "online.2.log"])}  # and what each must list
TIMES = {"prepare": ("online.log", "plan.toml", "PREPARE.sha256"), "wrap": ("offline.log", "plan.toml", "OFFLINE.sha256"),
         "import": ("online.2.log", "OFFLINE.sha256", "MANIFEST.sha256")}  # which log was closed between the tokens over which files
USES = "plan signin approve signoff bundle prepare-seal offline-seal final-seal".split()  # namespaces are USE@keyceremony
def need(ok, why):
    if not ok: raise ValueError(why)
def sha(b): return hashlib.sha256(b).hexdigest()
def code(digest): return "%035d" % (int(digest, 16) % 10**35)  # what people type for a digest
def visible(s): return re.sub("[^ -~]|^ | $", lambda c: "U+%04X" % ord(c[0]), s) or "-"
def short(lines): return [*map(visible, dict.fromkeys(lines))][:5] + [f"and {len({*lines}) - 5} more"] * (len({*lines}) > 5)
def depth(v): return 1 + max(map(depth, v.values() if isinstance(v, dict) else v), default=0) if isinstance(v, (dict, list)) else 0
def members(v, names): return v is None or all(isinstance(x, dict) and list(x) == names.split() for x in (v if isinstance(v, list) else [v]))
def cut(b): return b[4:4 + int.from_bytes(b[:4], "big")], b[4 + int.from_bytes(b[:4], "big"):]  # the first field of SSH wire format, the rest
def wire(b): return len(b).to_bytes(4, "big") + b
def integer(text): return int(text) if re.fullmatch("0|-?[1-9][0-9]{0,15}", text) and abs(int(text)) <= 2**53 else need(0, "no integer up to 2^53")
def read_log(name, b):
    """All records of a log, strictly. "head" of each is the SHA-256 of the log up to and including it (head -n | sha256sum)."""
    records, h = [], hashlib.sha256()
    need(b.endswith(b"\n") and len(b) <= MOST, "has no last line feed, or is too large")
    for i, line in enumerate(b[:-1].split(b"\n")):
        r = json.loads(line, parse_int=integer, parse_float=integer, parse_constant=integer)
        whole = json.dumps(r, ensure_ascii=False).encode() and len(line) < 65536  # half a surrogate pair cannot be encoded
        need(whole and json.dumps(r, separators=(",", ":")).encode() == line, f"line {i + 1} is not the one form of a record")
        need((kind := r["ev"] + (str(r["data"]["format"]) if i == 0 else "")) in DATA, f"{kind}, of a later version: verify it with that one, or a later one")
        need(members(r, RECORD) and members(r["data"], DATA[kind]) and members(r["clk"], "src err_s") and depth(r) <= 8 and
             all(members(r["data"].get(k), INSIDE[k]) for k in INSIDE if (r["ev"], k) != ("exception", "checks")), f"line {i + 1}: members")
        need(r["v"] == 1 and r["data"].get("steps", 1) > 0 and r["mono_ns"] >= 0 and datetime.datetime.fromisoformat(r["wall"][:-1]).isoformat() + "Z" == r["wall"], "version or time")
        need(r["seq"] == i and r["prev"] == h.hexdigest() and r["side"] == name.split(".")[0] and r["cer"] == (records or [r])[0]["cer"], f"line {i + 1}: chain")
        need((r["ev"] == "log.open") == (i == 0) and not (i and records[-1]["ev"] == "log.close"), "log.open or log.close out of place")
        h.update(line + b"\n"), records.append(r | {"head": h.hexdigest()})
    return records
def read_statement(name, b):
    lines = b.decode("ascii").split("\n")
    need(len(b) <= 32 << 10 and lines[0] == "keyceremony 1" and lines[-1] == "", "title or end")
    pairs = [re.fullmatch("([a-z]+): ([!-~](?:[ -~]*[!-~])?)", line) or need(0, "a line that is no 'name: value'") for line in lines[1:-1]]
    t = {p[1]: p[2] for p in pairs} | {"subjects": [p[2] for p in pairs if p[1] == "subject"]}
    order = "mode ceremony run stage attempt step action " + "subject " * len(t["subjects"]) + "role person log seq head nonce"
    forms = ("head", "[0-9a-f]{64}"), ("nonce", "[0-9a-f]{64}"), ("attempt", "0|[1-9][0-9]{0,17}"), ("seq", "0|[1-9][0-9]{0,17}")
    need([p[1] for p in pairs] == order.split() and all(re.fullmatch(form, t[k]) for k, form in forms), "fields, digests or numbers")
    need(name == f"{t['log'].removesuffix('.log')}-{int(t['seq']) + 1:04d}-{t['step']}.{t['person']}.txt", "not what its name says")
    return t
def read_manifest(_, b):
    lines = [re.fullmatch("([0-9a-f]{64})  ([A-Za-z0-9_][A-Za-z0-9._-]{0,199})", line) for line in b.decode("ascii").split("\n")[:-1]]
    need(lines and all(lines) and b.endswith(b"\n") and all(x[2] < y[2] for x, y in zip(lines, lines[1:])), "not sorted lines of sha256sum")
    return {m[2]: m[1] for m in lines}
def strict(sig, keys, namespace):
    """The form of a signature by one of the keys ("TYPE BASE64"), which ssh-keygen checks less strictly."""
    text = base64.b64encode(blob := base64.b64decode(sig[30:-28])).decode()  # between first and last line
    armored = ["\n".join(["-----BEGIN SSH SIGNATURE-----", *re.findall(f".{{1,{w}}}", text), "-----END SSH SIGNATURE-----", ""]).encode() for w in (70, 64)]
    need(sig in armored and len(sig) <= 16384, "not armored at 70 or 64 columns")
    starts = {b"SSHSIG\0\0\0\1" + wire(base64.b64decode(k.split()[1])) + wire(namespace.encode()) + wire(b"") + wire(h): k.split()[0].encode()
              for k in keys for h in (b"sha512", b"sha256")}
    start = next((s for s in starts if blob.startswith(s)), None) or need(0, "not by a key of this person, or not in this namespace")
    (signature, rest), kind = cut(blob[len(start):]), starts[start]
    form, (value, flags) = cut(signature)[0], cut(cut(signature)[1])
    if b"ed25519" in kind: flags = flags if int.from_bytes(value[32:], "little") < 2**252 + 27742317777372353535851937790883648493 else b"S"  # RFC 8032, 5.1.7
    need(not rest and form in ((b"rsa-sha2-512", b"rsa-sha2-256") if kind == b"ssh-rsa" else (kind,)), "not the form of the key")
    need(len(flags) == 5 and flags[0] & 1 if kind[:3] == b"sk-" else not flags, "nobody at the FIDO key, or more bytes")
@functools.cache
def why_not(who, keys, namespace, sig, message):
    """Why a signature does not hold: its strict form, then ssh-keygen. "" if it does."""
    try: strict(sig, keys, namespace)
    except ValueError as e: return f"bad signature: {e}"
    with tempfile.TemporaryDirectory() as d:
        open(f"{d}/allowed", "w").writelines(f"{who} {k}\n" for k in keys), open(f"{d}/sig", "wb").write(sig)
        run = ["ssh-keygen", "-Y", "verify", "-f", f"{d}/allowed", "-I", who, "-n", namespace, "-s", f"{d}/sig"]
        return "" if subprocess.run(run, input=message, capture_output=True).returncode == 0 else "ssh-keygen does not verify it"
def tlv(b, *path):  # the elements of DER, of what is inside those at the path: (content, content with tag and length)
    out, rest = [], tlv(b, *path[:-1])[path[-1]][0] if path else b
    while rest:
        at = 2 if rest[1] < 128 else rest[1] - 126
        n = at + (rest[1] if at == 2 else int.from_bytes(rest[2:at], "big"))
        out, rest = out + [(rest[at:n], rest[:n])], rest[n:]
    return out
def enc(tag, *parts):
    b = b"".join(parts)
    n = len(b).to_bytes((len(b).bit_length() + 7) // 8, "big")
    return bytes((tag, len(b))) + b if len(b) < 128 else bytes((tag, 128 + len(n))) + n + b
@functools.cache
def token_time(root, token, data):
    """When an authority saw data. First the form of all that it did not sign, which openssl checks less strictly; then openssl."""
    need(root and len(token) <= 65536, "no authority in the plan, or too long")
    signed, oid = tlv(token, 0, 1, 1, 0), lambda hex, *after: enc(6, bytes.fromhex(hex)) + b"".join(after)
    _, _, (_, kind), (attributes, _), (_, way), (value, _) = tlv(signed[4][1], 0, 0)
    cert, info = tlv(signed[3][1], 0, 0, 0), tlv(signed[2][1], 0, 1)[0][0]
    need(token == enc(0x30, b"\x30\3\2\1\0", enc(0x30, oid("2a864886f70d010702"), enc(0xa0, enc(0x30, b"\2\1\3", enc(0x31, kind),
         enc(0x30, oid("2a864886f70d0109100104"), enc(0xa0, enc(4, info))), enc(0xa0, signed[3][0]), enc(0x31, enc(0x30, b"\2\1\1",
         enc(0x30, cert[3][1], cert[1][1]), kind, enc(0xa0, *(enc(0x30, a[0][1], enc(0x31, a[1][0])) for a in (tlv(x) for x, _ in tlv(attributes)))),
         way, enc(4, value)))))))
         and kind in [enc(0x30, oid("60864801650304020" + n, null)) for n in "123" for null in (b"", b"\5\0")]
         and way in [enc(0x30, oid("2a864886f70d0101" + n, b"\5\0")) for n in ("01", "0b", "0c", "0d")] + [enc(0x30, oid("2a8648ce3d04030" + n)) for n in "234"],
         "not the one form of a token")
    at = datetime.datetime.strptime(re.search(rb"\x18[\x0f-\x19](\d{14})(?:\.\d+)?Z", info)[1].decode() + "+0000", "%Y%m%d%H%M%S%z").timestamp()
    with tempfile.TemporaryDirectory() as d:
        for n, b in ("root", root.encode()), ("token", token), ("data", data): open(f"{d}/{n}", "wb").write(b)
        run = ["openssl", "ts", "-verify", "-data", f"{d}/data", "-in", f"{d}/token", "-CAfile", f"{d}/root", "-attime", str(int(at))]
        return at if subprocess.run(run, capture_output=True).returncode == 0 else need(0, "openssl does not verify it")
def verify(files, codes={}):
    """All rules over what folder() gives: {rule: (what is wrong, what is missing)}, and the outcome."""
    broken, found = [], {"folder.names": ([ascii(n) for n, b in files.items() if b is None or not NAMES.fullmatch(n)] +
                              ["names that differ in case only"] * (len({n.lower() for n in files}) < len(files)), [])}
    def rule(name, wrong, missing=()):  # where a log is lost, none that is over records holds
        found[name] = wrong + [f"rests on {w.split(':')[0]}, which cannot be read: see log.form" for w in broken if not re.match("plan.s|ros|man|seal|.*form|time|anch", name)], missing
    rule("folder.sizes", [n for n, b in files.items() if b and len(b) > MOST])
    files = {n: b for n, b in files.items() if b is not None and NAMES.fullmatch(n) and n not in DRAWN and len(b) <= MOST}
    plan, key = tomllib.loads(files["plan.toml"].decode()), lambda text: " ".join(text.split()[:2])
    mode, kind = ("rehearsal", "rehearsal-") if plan.get("rehearsal") else ("production", "")
    people = {p["id"]: p | {"keys": [key(p[k]) for k in ("key", "key_offline") if p.get(k)]} for p in plan["person"]}
    hsm = key(plan["hsm"]["seal_key"]) if plan["hsm"].get("seal_key", "none") != "none" else ""
    least = {re.sub("(witness)es$|s$", r"\1", k.replace("_", " ")): n for k, n in plan["quorum"].items()}  # role: number
    def few(good): return [f"fewer than {n} of the role {r}" for r, n in least.items() if sum(people[w]["role"] == r for w in good & people.keys()) < n]
    def keys(who, side): return tuple(people[who]["keys"][:1] if side == "online" else people[who]["keys"][-1:] if side else people[who]["keys"])
    def namespace(use): return f"{kind}{use}@keyceremony"
    def parsed(read, names):
        good, wrong = {}, []
        for n in names:
            try: good[n] = read(n, files[n])
            except (ValueError, LookupError, TypeError, RecursionError) as e: wrong.append(f"{n}: {e}")
        return good, wrong
    def signers(name, use, side):
        good, wrong = set(), []  # who signed a file in NAME.WHO.sig, and which of these are wrong
        for n, who in [(n, n[len(name) + 1:-4]) for n in files if n.startswith(name + ".") and n.endswith(".sig")]:
            k = keys(who, side) if who in people else (hsm,) if (who, use) == ("hsm", "offline-seal") and hsm else ()
            why = why_not(who, k, namespace(use), files[n], files.get(name, b"")) if k else "nobody's"
            wrong.append(f"{n}: {why}") if why else good.add(who)
        return good, wrong
    rule("folder.files", [], [n for n in BASE + KEK + ["online.2.log", "offline.log"] if n not in files] +
         ["a target key's .pub.pem or .kcv"] * (not any(n.endswith((".pub.pem", ".kcv")) for n in files)))
    logs, broken = parsed(read_log, [n for n in files if re.fullmatch(LOG + r"\.log", n)])
    closed, opened = {n for n in logs if logs[n][-1]["ev"] == "log.close"}, {n: logs[n][0]["data"] for n in logs}
    run = (opened.get("online.log") or opened.get("online.2.log") or {"run": None if broken else "-"})["run"]
    head = {n: {"log": n, "seq": len(logs[n]) - 1, "sha256": logs[n][-1]["head"]} for n in logs}
    every = [(n, r, r["data"]) for n in logs for r in logs[n]]
    ends, stopped = [x for x in every if x[1]["ev"] == "step.end"], {n for n, r, _ in every if r["ev"] == "ceremony.stop"}
    exceptions, links = [x for x in every if x[1]["ev"] == "exception"], [(n, r["seq"], x) for n, r, d in every for x in d.get("links", [])]
    led = lambda n: ["wrap"] if n[:2] == "of" else ["prepare", "import"][:1 + (n != "online.log")]  # stages, by log
    rule("log.form", broken + [f"{n}, record {r['seq']}: another stage" for n, r, _ in every if r["stage"] not in led(n)])
    first, lost, (good, wrong) = {n: n.split(".")[0] + ".log" for n in logs}, [w.split(":")[0] for w in broken], signers("plan.toml", "plan", "")
    rule("plan.signatures", wrong, people.keys() - good)
    rule("plan.digest", [n for n in logs if (opened[n]["plan"], opened[n]["mode"], logs[n][0]["cer"]) != (sha(files["plan.toml"]), mode, plan["id"])])
    lines = sorted([(p, USES, k) for p in people for k in keys(p, "")] + [("hsm", ["offline-seal"], hsm)] * bool(hsm), key=lambda line: line[0])
    roster = "".join(f'{p} namespaces="{",".join(map(namespace, uses))}" {k}\n' for p, uses, k in lines)
    rule("roster.generated", ["not what the plan gives"] * (files.get("allowed_signers", roster.encode()) != roster.encode()))
    rule("log.closed", [], [n for n in logs if n not in closed])
    begins = lambda n, o: (o["link"] is None) == (o["attempt"] <= 1) if n == first[n] else first[n] in lost or first[n] in closed and o["link"] == head[first[n]]
    known = lambda x: x["log"] in lost or x["log"] in logs and 0 <= x["seq"] < len(logs[x["log"]]) and logs[x["log"]][x["seq"]]["head"] == x["sha256"]
    received = lambda n, before: before in lost or before in closed and any(m == n and x == head[before] for m, _, x in links)
    rule("log.links", [f"{n}: its first record" for n, o in opened.items() if not begins(n, o)] +
         [f"{n}: a head that never was" for n, _, x in links if not known(x)] + [f"{n}: no sealed {before}" for n, before in
            (("offline.log", "online.log"), ("online.2.log", "offline.log")) if n in closed - stopped and not received(n, before)])
    recorded, blob = [(f["name"], f["sha256"]) for _, _, d in ends for f in d["files"]], lambda n: n.endswith(".byok")
    last = {n: sha(b) for n, b in files.items()} | {n: h for n, h in recorded if n not in files and blob(n)}  # a blob may be missing
    rule("files.recorded", [n for n, h in recorded if last.get(n) != h] + [n for n in files.keys() - dict(recorded).keys() if blob(n)])
    lists, wrong = parsed(read_manifest, [s for s in SEALS if s in files])
    own = lambda s, n: blob(n) or n in DRAWN or (n + ".").startswith(s + ".")
    rule("manifest.form", wrong + [f"{s} lists {n}" for s in lists for n in lists[s] if own(s, n)] +
         [f"the last seal does not list {n}" for s in lists for n in files if s[0] == "M" and n not in lists[s] and not own(s, n)],
         [s for s in SEALS if s not in files] + [f"{n} in {s}" for s in lists for n in SEALS[s][2] if n not in lists[s]])
    rule("manifest.files", [f"{n} in {' '.join(bad)}" for n in sorted({*sum(map(list, lists.values()), [])}) if (bad := [s for s in lists if lists[s].get(n, last.get(n)) != last.get(n)])])
    for s, (use, side, _) in SEALS.items():
        good, wrong = signers(s, use, side) if s in files else (set(), [])
        rule("seal." + use[:-5], wrong, few(good) + [s] * (s not in files) + ["the HSM"] * (bool(hsm) and s[0] == "O" and "hsm" not in good))
    texts, wrong = parsed(read_statement, (names := {m[1] for m in map(re.compile(TEXT).fullmatch, files) if m}) & files.keys())
    rule("statement.form", wrong + [f"{n} is not whole" for n in names if n not in files or n + ".sig" not in files])
    def why_statement(n, r, s):
        t, p, use = texts.get(s["file"]), people.get(s["person"]), {"sign in": "signin", "sign off": "signoff"}.get(s["action"], "approve")
        if not t or not p or (sha(files[s["file"]]), sha(files.get(s["file"] + ".sig", b""))) != (s["sha256"], s["sig"]): return "not the files of then"
        if s["action"].startswith("approve") and s["person"] in r["actor"] and r["ev"] not in ("exception", "ceremony.stop"): return "the actor approves"
        if s["action"].startswith("approve") and s["person"] not in here.get(r["stage"], [s["person"]]): return "who approves is not there"
        wanted = {"mode": mode, "ceremony": plan["id"], "stage": r["stage"], "step": r["step"], "action": s["action"], "role": p["role"],
                  "person": s["person"], "log": n, "attempt": str(opened[n]["attempt"])}
        early = t["run"] == "-" == opened[n]["run"] and not any(m == n and i < r["seq"] and x["log"][:2] != n[:2] for m, i, x in links)  # the KEK brings it
        if any(t[k] != visible(wanted[k]) for k in wanted) or not (early or (t["run"] == visible(run) if run else t["run"] != "-")): return "of another place"
        if int(t["seq"]) >= r["seq"] or logs[n][int(t["seq"])]["head"] != t["head"] or {s["file"], t["nonce"]} & used: return "used before, or not on a head before"
        return why_not(s["person"], keys(s["person"], n.split(".")[0]), namespace(use), files[s["file"] + ".sig"], files[s["file"]])
    proved, used, wrong, did, here = [], set(), [], {}, {}  # did: who, by record and action; here: who is there, by stage, once somebody signed in
    for n, r, d in sorted(every, key=lambda x: (len(x[0]), x[0], x[1]["seq"])):  # online.log before online.2.log
        for s in d.get("statements", []):
            if why := why_statement(n, r, s): wrong.append(f"{n}, record {r['seq']}, {s['file']}: {why}")
            else: proved.append((n, r["seq"], s["person"], s["action"], texts[s["file"]])), used.update((s["file"], texts[s["file"]]["nonce"]))
        at, came = r["stage"], [s["person"] for s in d.get("statements", []) if s["action"] == "sign in"]
        if r["ev"] == "people.change" and at in here: here[at] = [p for p in here[at] if p != d["text"].get("leaves")] + came
        if r["ev"] in ("pause", "resume") or (r["ev"], r["step"]) == ("step.end", "people.signin"): here[at] = came
    rule("statement.signatures", wrong)
    for n, i, p, a, _ in proved: did.setdefault((n, i, "approve" if a.startswith("approve") else a), set()).add(p)
    rule("signin.quorum", [f"{n}, record {r['seq']}: {x}" for n, r, _ in every if r["ev"] == "resume" or (r["ev"], r["step"]) == ("step.end", "people.signin")
                           for x in few(did.get((n, r["seq"], "sign in"), set()))],
         {"prepare", "wrap", "import"} - {r["stage"] for _, r, _ in ends if r["step"] == "people.signin"} if not lost else [])
    failed = [(n, r["seq"], c) for n, r, d in ends for c in d["checks"] if c["result"] != "holds"]
    rule("checks.stop", [f"{n}, record {i}: {c['id']} {c['result']}" for n, i, c in failed if c["class"] not in ("exception", "note")])
    latest = {(n, x): r["seq"] for n, r, d in exceptions for x in d["checks"]}
    bare = [(n, f"{n}, record {i}: {c['id']} has no exception") for n, i, c in failed if c["class"] == "exception" and latest.get((n, c["id"]), -1) < i]
    rule("exceptions.approved", [x for n, x in bare if n in closed - stopped] + [f"{n}, record {r['seq']} is not approved" for n, r, _ in exceptions
         if not {"operator", "internal witness"} <= {people[p]["role"] for p in did.get((n, r["seq"], "approve"), ())}],
         [x for n, x in bare if n not in closed - stopped])
    said = [(p, [w for w in (x.split(": ")[0] for x in t["subjects"]) if w in ("agrees", "does not agree")])
            for n, _, p, action, t in proved if (n, action) == ("online.2.log", "sign off")]
    against, final = sorted({p for p, w in said if w == ["does not agree"]}), [logs[n][-1]["data"] for n in closed if n == "online.2.log"]
    rule("signoff", [p for p, w in said if len(w) != 1] + ["log.close names others who do not agree" for d in final if sorted(d["disagree"]) != against],
         ["nobody signed off"] * (not final and not lost))
    want, told = "complete" + " with exceptions" * bool(exceptions), {n: logs[n][-1]["data"]["outcome"] for n in closed}
    rule("outcome", [f"{n} says {o!a}" for n, o in told.items() if o != "not completed" and (n in stopped or o != (want if n == "online.2.log" else ""))] +
         [f"{n} does not name {c['id']}" for n in told for m, _, c in failed if c["result"] == "not checked" and c["id"] not in
          logs[n][-1]["data"]["not_checked"] and (m == n or m in ("online.log", "offline.log") and n in {"online.2.log"} - stopped)],
         [f"{n} says so" for n, o in told.items() if o == "not completed"])
    seen, wrong = parsed(lambda n, b: token_time(plan.get("time", {}).get("authority_root", ""), b, files[n[:-4]]), [n for n in files if n.endswith(".tsr")])
    for stage, (log, *pair) in TIMES.items():
        early, late = (n + ".tsr" for n in pair)
        named = any(m in (log, log.replace("offline", "online")) and (early, sha(files.get(early, b""))) in [(f["name"], f["sha256"]) for f in d["files"]] for m, _, d in ends)
        rule("time." + stage, [w for w in wrong if w.startswith((early, late))] + [f"{late} is older than {early}"] *
             (named and early in seen and late in seen and seen[early] > seen[late] + 60))
    for name, text in codes.items():
        heads = {code(head[n]["sha256"]) for n in closed if name in (n.split(".")[0], n.removesuffix(".log"))}
        rule(f"anchor.{name}", ["another code"] * (re.sub("[ -]", "", text) not in ({code(sha(files["plan.toml"]))} if name == "plan" else heads)))
    return found, "does not hold" if any(w for w, _ in found.values()) else "not completed" if any(m for _, m in found.values()) else want
def folder(path):
    """{name: bytes}: None if it is no plain file, none if nothing needs them, and of a file that is too large one more than MOST."""
    need(len(entries := list(itertools.islice(os.scandir(path), 10001))) <= 10000, "more than 10000 entries")
    plain = {e.name: e.is_file(follow_symlinks=False) for e in entries}
    sizes = {e.name: e.stat(follow_symlinks=False).st_size for e in entries if NAMES.fullmatch(e.name) and e.name not in DRAWN and plain[e.name]}
    need(sum(n for n in sizes.values() if n <= MOST) <= 16 * MOST, "too many bytes")
    return {n: None if not ok else open(f"{path}/{n}", "rb").read(MOST + 1) if n in sizes else b"" for n, ok in plain.items() if n not in (".lock", ".lock.by") or not ok}
if __name__ == "__main__":
    try: found, outcome = verify(folder(sys.argv[1]), dict(re.findall(r"(\w+)=([\d -]+)", " ".join(sys.argv[2:]))))
    except Exception as e: found, outcome = {"folder.read": ([f"{type(e).__name__}: {e}"], [])}, "does not hold"
    for name, (wrong, lack) in found.items(): print(f"{'FAILS' if wrong else 'MISSING' if lack else 'holds':9}{name:22}" + f"\n{'':31}".join(short([*wrong, *lack])))
    print(*[f"NOT CHECKED: no code of {c} was given" for c in ("plan", "online", "offline") if "anchor." + c not in found], outcome, sep="\n")
    sys.exit(not outcome.startswith("complete"))
