"""Request to grant to key to revocation, and the chain of what each host signed, from messages that have been verified before."""


class Chain:
    def __init__(self, fault):
        self.fault = fault
        self.requests, self.grants, self.top, self.hosts, self.chains = {}, {}, {}, {}, {}

    def leaf(self, leaf, signed):
        kind, value, name = signed or (None, {}, "")
        seq, meeting, data = leaf["seq"], leaf.get("meeting"), leaf.get("data", {})
        if "seq" in value and "prev" in value:
            self.follow(seq, meeting, value, name)
        if kind == "bridge-request":
            legs = {caller["leg"] for caller in value["callers"]}
            self.requests[name] = {"bridge": leaf["bridge"], "run": leaf["run"], "legs": legs, "grant": None, "answered": False}
        elif kind in ("grant", "denial"):
            self.answer(leaf, kind, value, name)
        elif kind == "rekey":
            if value["grant"] in self.grants:
                self.seal(seq, meeting, value)
                self.grants[value["grant"]]["sealed"].add((value["term"], value["epoch"]))
            else:
                self.fault("rekey without grant", seq)
        elif kind == "revocation":
            for key, grant in self.grants.items():
                if key == value["grant"] or (value["grant"] not in self.grants and grant["bridge"] == leaf["bridge"]):
                    grant["revoked"] = True
        elif kind == "leg-admission":
            self.admit(seq, value)
        if leaf["type"] == "key-opened":
            grant = self.grants.get(data["grant"])
            if grant is None or grant["bridge"] != leaf["bridge"] or (data["term"], data["epoch"]) not in grant["sealed"]:
                self.fault("key without grant", seq)
            elif grant["revoked"]:
                self.fault("key after revocation", seq)
        if leaf["type"] == "leg-joined":
            named = self.grants.get(data.get("grant"))
            grants = [named] if named else [g for g in self.grants.values() if g["bridge"] == leaf["bridge"]]
            if not any(g["any"] or leaf["leg"] in g["legs"] for g in grants):
                self.fault("leg without grant", seq)

    def answer(self, leaf, kind, value, name):
        seq, request = leaf["seq"], self.requests.get(value["request"])
        if kind == "denial" and request is not None and request["grant"] is not None:
            self.grants[request["grant"]]["revoked"] = True
            return
        if request is None or request["run"] != leaf["run"] or request["bridge"] != leaf["bridge"]:
            self.fault("answer to no request", seq)
            return
        if request["answered"]:
            self.fault("request answered twice", seq)
        request["answered"] = True
        if kind == "grant":
            request["grant"] = name
            self.seal(seq, leaf["meeting"], value)
            self.grants[name] = {"bridge": leaf["bridge"], "legs": set(value["legs"]), "revoked": False,
                                 "any": value["scope"]["legs"] == "any", "next": value["scope"].get("next", 0),
                                 "sealed": {(value["term"], value["epoch"])}}

    def admit(self, seq, value):
        grant = self.grants.get(value["grant"])
        if grant is None:
            self.fault("leg without grant", seq)
            return
        fresh = set(value["legs"]) - grant["legs"]
        grant["legs"] |= fresh
        if value.get("by") == "next":
            grant["next"] -= len(fresh)
        if grant["next"] < 0 or (value.get("by") == "any" and not grant["any"]):
            self.fault("legs over scope", seq)

    def seal(self, seq, meeting, value):
        epoch = (value["term"], value["epoch"])
        if epoch < self.top.get(meeting, (0, 0)):
            self.fault("epoch not fresh", seq)
        self.top[meeting] = max(epoch, self.top.get(meeting, (0, 0)))

    def follow(self, at, meeting, value, name):
        """One number, one message; each names the one before. What a co-host says of itself stands outside the chain."""
        if "rank" in value and value["rank"] != value["term"] % self.hosts.get(meeting, 1):
            return
        names = self.names_of(meeting, value["instance"])
        if names.get(value["seq"], name) != name:
            self.fault("host signed two with one number", at)
        if names.get(value["seq"] - 1, value["prev"]) != value["prev"]:
            self.fault("host chain broken", at)
        names[value["seq"]] = name

    def names_of(self, meeting, instance):
        return self.chains.setdefault((meeting, instance), {})
