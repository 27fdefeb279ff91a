#!/usr/bin/env python3
"""A second reader of a ledger export, in another language: Python's standard library and the openssl command line.

Usage: verify_export.py EXPORT.jsonl
Prints one JSON object, with verdict, faults and who could hear when; exit code 0 where the log verifies. It follows
docs/ledger.md and docs/ledger-events.md (verify_chain.py, verify_hearing.py) and shares nothing with src/.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from verify_chain import Chain
from verify_hearing import Hearing

HOST_LEAVES = {
    "instance-start": "instance-start", "instance-end": "instance-end", "grant": "grant", "denial": "denial",
    "rekeyed": "rekey", "roster": "roster", "revoked": "revocation", "leg-admitted": "leg-admission",
    "leg-refused": "leg-refusal", "leg-muted": "leg-revocation",
}
MEMBER_LEAVES = {"switched": "switched", "witnessed": "witness"}
CONNECTOR_LEAVES = {"request": "bridge-request", "receipt": "receipt", "leg-asked": "leg-request"}


def sha256(data):
    return hashlib.sha256(data).digest()


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def prefixed(*parts):
    return b"".join(len(p).to_bytes(4, "big") + p for p in parts)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def ed25519_verifies(key, message, signature):
    """RFC 8410 §4 puts 12 bytes before a raw Ed25519 key to make a SubjectPublicKeyInfo."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder, name)) for name in ("key", "message", "signature")}
        Path(paths["key"]).write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        Path(paths["message"]).write_bytes(message)
        Path(paths["signature"]).write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", paths["key"],
                   "-in", paths["message"], "-sigfile", paths["signature"]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def root_of(hashes):
    """RFC 9162 §2.1.1, as it is written there."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + root_of(hashes[:k]) + root_of(hashes[k:]))


class Log:
    def __init__(self):
        self.faults = []
        self.current = None
        self.withheld = set()
        self.chain, self.hearing = Chain(self.fault), Hearing()
        self.hashes = []
        self.ledger_key = self.identity_key = self.operator_key = None
        self.witnesses = {}
        self.hosts = {}
        self.members = {}
        self.signed = {}
        self.last_root = None
        self.covered = 0
        self.commitments = ""

    def fault(self, what, seq):
        self.faults.append(f"{what} at {seq}")

    def message(self, leaf, expected):
        header, payload, signature = leaf["jws"].split(".")
        raw = unb64u(payload)
        value = json.loads(raw)
        wanted = canonical({"alg": "EdDSA", "typ": "latchkey/1/msg/" + expected})
        if unb64u(header) != wanted or canonical(value) != raw:
            self.fault("message form", leaf["seq"])
        return value, raw, f"{header}.{payload}".encode(), unb64u(signature)

    def check_message(self, leaf):
        kind = leaf["type"]
        if "jws" not in leaf:
            return
        if kind == "start":
            value, _, signed, signature = self.message(leaf, "certificate")
            if not ed25519_verifies(unb64u(value["operator"]), signed, signature):
                self.fault("certificate", leaf["seq"])
            self.ledger_key, self.identity_key = unb64u(value["ledgerKey"]), unb64u(value["key"])
            self.operator_key = unb64u(value["operator"])
            return
        expected = (HOST_LEAVES.get(kind) or CONNECTOR_LEAVES.get(kind) or MEMBER_LEAVES.get(kind)
                    or (kind if kind == "decision" else None))
        if expected is None:
            return
        value, raw, signed, signature = self.message(leaf, expected)
        hosts = self.hosts.get(leaf["meeting"], [])
        if kind in HOST_LEAVES:
            key = unb64u(hosts[value.get("rank", value["term"] % len(hosts))]) if hosts else None
        elif kind == "decision":
            key = unb64u(value["key"]) if value["key"] in hosts else None
        elif kind in CONNECTOR_LEAVES:
            key = self.identity_key
        else:
            key = self.members.get((leaf["meeting"], value["join"]))
        if key is None or value["meeting"] != leaf["meeting"] or not ed25519_verifies(key, signed, signature):
            self.fault(f"signature of {expected}", leaf["seq"])
            return
        if expected == "witness":
            stamp = b"cosignature/v1\ntime %d\n" % value["time"]
            if unb64u(value["key"]) != key:
                self.fault("key of a witness", leaf["seq"])
            self.cosignature(leaf, key, value["checkpoint"], stamp, unb64u(value["signature"]))
        name = b64u(sha256(prefixed(b"latchkey/1/object", expected.encode(), raw, key)))
        self.signed[name] = (expected, value)
        self.current = (expected, value, name)
        if expected == "roster":
            for member in value["members"]:
                self.members[(leaf["meeting"], member["join"])] = unb64u(member["key"])

    def cosignature(self, leaf, key, note, stamp, signature):
        """C2SP tlog-cosignature over a checkpoint of this log, at a size that the log had before this leaf."""
        body, size, root = self.own_checkpoint(note)
        if body is None or size != leaf["data"]["size"] or size > leaf["seq"]:
            self.fault("cosigned checkpoint", leaf["seq"])
        elif root != root_of(self.hashes[:size]):
            self.fault("cosigned fork", leaf["seq"])
        elif not ed25519_verifies(key, stamp + body, signature):
            self.fault("cosignature", leaf["seq"])
        elif key not in (self.ledger_key, self.identity_key, self.operator_key):
            self.witnesses[b64u(sha256(key))] = max(size, self.witnesses.get(b64u(sha256(key)), 0))

    def external(self, leaf):
        """A witness of the operator's choice: its line stands behind the ledger's own in the note."""
        data, key = leaf["data"], unb64u(leaf["data"]["key"])
        key_id = sha256(data["witness"].encode() + b"\n\x04" + key)[:4]
        for line in data["note"].rpartition("\n\n")[2].splitlines():
            _, name, encoded = line.split(" ")
            blob = base64.b64decode(encoded)
            if name == data["witness"] and blob[:4] == key_id and len(blob) == 76:
                stamp = b"cosignature/v1\ntime %d\n" % int.from_bytes(blob[4:12], "big")
                self.cosignature(leaf, key, data["note"], stamp, blob[12:])
                return
        self.fault("cosignature", leaf["seq"])

    def leaf(self, seq, text):
        raw = text.encode()
        leaf = json.loads(text)
        if canonical(leaf) != raw or leaf["seq"] != seq or seq != len(self.hashes):
            self.fault("leaf form or position", seq)
        self.hashes.append(sha256(b"\x00" + raw))
        if leaf["type"] == "registration-seen":
            stated = leaf["data"]["registration"]
            registration = unb64u(stated if isinstance(stated, str) else "".join(stated))
            if b64u(sha256(registration)) != leaf["meeting"]:
                self.fault("registration", seq)
            self.hosts[leaf["meeting"]] = json.loads(registration)["hosts"]
            self.chain.hosts[leaf["meeting"]] = len(self.hosts[leaf["meeting"]])
        self.current = None
        self.check_message(leaf)
        self.chain.leaf(leaf, self.current)
        self.hearing.leaf(leaf, self.current and self.current[:2])
        if leaf["type"] == "operator-action" and leaf["data"]["action"] == "prune":
            for span in leaf["data"]["ranges"]:
                first, last = map(int, span.split("-"))
                self.withheld -= set(range(first, last + 1))
        if leaf["type"] == "cosigned":
            self.external(leaf)
        payload = leaf["jws"].split(".")[1] if "jws" in leaf else ""
        self.commitments = unb64u(payload).decode() + json.dumps(leaf.get("data", {}))

    def personal(self, record):
        label = b"latchkey ledger personal v1"
        made = b64u(sha256(prefixed(label, unb64u(record["salt"]), record["value"].encode())))
        if f'"{made}"' not in self.commitments:
            self.fault("personal value", record["seq"])

    def own_checkpoint(self, note):
        """Signed bytes, size and root, where the ledger's key signed the note; otherwise three times None."""
        body, _, signatures = note.rpartition("\n\n")
        body += "\n"
        origin, size, root = body.split("\n")[:3]
        expected = "latchkey/ledger/" + b64u(sha256(self.ledger_key))
        _, name, encoded = signatures.split("\n")[0].split(" ")
        blob = base64.b64decode(encoded)
        key_id = sha256(expected.encode() + b"\n\x01" + self.ledger_key)[:4]
        own = origin == name == expected and blob[:4] == key_id
        if not own or not ed25519_verifies(self.ledger_key, body.encode(), blob[4:]):
            return None, None, None
        return body.encode(), int(size), base64.b64decode(root)

    def checkpoint(self, record):
        body, size, root = self.own_checkpoint(record["note"])
        if body is None:
            self.fault("checkpoint signature", record["size"])
        elif size != len(self.hashes) or size != record["size"]:
            self.fault("checkpoint size", size)
        elif root != root_of(self.hashes):
            self.fault("root", size)
        else:
            self.last_root, self.covered = b64u(root), size


def main(path):
    log = Log()
    with open(path, encoding="utf-8") as lines:
        if json.loads(next(lines)) != {"format": "latchkey-ledger", "version": 1}:
            log.fault("header", 0)
        for line in lines:
            record = json.loads(line)
            try:
                if record["kind"] == "checkpoint":
                    log.checkpoint(record)
                elif record["kind"] == "personal":
                    log.personal(record)
                elif "leaf" in record:
                    log.leaf(record["seq"], record["leaf"])
                else:
                    if record["seq"] != len(log.hashes):
                        log.fault("position", record["seq"])
                    log.withheld.add(record["seq"])
                    log.hashes.append(unb64u(record["hash"]))
            except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
                log.fault(type(error).__name__, record.get("seq"))
    for seq in sorted(log.withheld):
        log.fault("content gone without a prune", seq)
    if log.covered != len(log.hashes):
        log.fault("end not covered", log.covered)
    grants = sum(1 for kind, _ in log.signed.values() if kind == "grant")
    print(json.dumps({"verified": not log.faults, "leaves": len(log.hashes), "root": log.last_root,
                      "grants": grants, "witnesses": log.witnesses, "faults": log.faults[:20],
                      "intervals": log.hearing.intervals()}))
    return 0 if not log.faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
