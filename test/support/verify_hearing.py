"""When each leg could hear and speak, by docs/ledger-events.md ("Could hear"), from messages that have been verified before."""

LOCK_OUT_MS = 10_000


class Bridge:
    """Spans are [from, to, hear, speak, end proven]; `to` is None where the log does not say."""

    def __init__(self, meeting, bridge):
        self.meeting, self.bridge = meeting, bridge
        self.spans, self.legs = [], {}
        self.open = self.lock_out = self.stated = None
        self.scope, self.top, self.asked = (True, True), (0, 0), False

    def close(self, to, proven):
        if self.open is not None:
            self.spans.append((self.open[0], to, *self.open[1], proven))
        self.open = self.lock_out = self.stated = None

    def locked_out(self):
        self.close(self.lock_out["leaf"]["at"] + LOCK_OUT_MS, not self.asked)

    def tick(self, leaf):
        if self.lock_out is None:
            return
        begun = self.lock_out["leaf"]
        clock = "mono" if begun["run"] == leaf["run"] else "at"
        if leaf[clock] - begun[clock] >= LOCK_OUT_MS:
            self.locked_out()

    def sealed(self, leaf, epoch, scope):
        self.top, self.lock_out, self.stated, self.scope = max(self.top, epoch), None, None, scope
        if self.open is not None and self.open[1] != scope:
            self.close(leaf["at"], True)
        if self.open is None:
            self.open = (leaf["at"], scope)

    def listed(self, leaf, epoch, holds, joins):
        if holds:
            self.top = max(self.top, epoch)
            if self.open is None:
                self.open = (leaf["at"], (True, True))
            if self.lock_out is not None and epoch >= self.lock_out["epoch"]:
                self.lock_out = None
        elif self.open is not None and self.lock_out is None and epoch > self.top:
            self.lock_out = {"epoch": epoch, "leaf": leaf, "waiting": set(joins)}
            if not joins:
                self.close(leaf["at"], True)

    def switched(self, leaf, epoch, join, asked):
        self.asked = self.asked or asked
        if self.lock_out is None or self.lock_out["waiting"] is None or epoch < self.lock_out["epoch"]:
            return
        self.lock_out["waiting"].discard(join)
        if self.lock_out["waiting"]:
            return
        if self.asked:
            self.locked_out()
        else:
            self.close(leaf["at"], True)

    def over(self, at):
        if self.open is not None:
            if self.lock_out is not None:
                self.locked_out()
            else:
                self.close(at, False)


class Leg:
    """Stays are [from, to]: admitted by a host; the connector's word about joining and leaving only makes them longer."""

    def __init__(self):
        self.stays, self.open = [], None

    def admitted(self, at, joined=False):
        self.open = self.open or {"from": at, "joined": None, "left": None, "dropped": None}
        if joined:
            self.open["joined"] = self.open["joined"] or at
            self.open["left"] = None
        else:
            self.open["dropped"] = None

    def ended(self, what, at):
        if self.open is None:
            return
        self.open[what] = at if what == "left" else (self.open[what] or at)
        inside = self.open["joined"] is not None and self.open["left"] is None
        if self.open["dropped"] is not None and not inside:
            self.stays.append((self.open["from"], max(self.open["dropped"], self.open["left"] or 0)))
            self.open = None

    def all(self):
        return self.stays + ([(self.open["from"], None)] if self.open is not None else [])


class Hearing:
    def __init__(self):
        self.bridges, self.terms = {}, {}

    def bridge(self, meeting, bridge):
        return self.bridges.setdefault((meeting, bridge), Bridge(meeting, bridge))

    def leg(self, bridge, leg):
        return bridge.legs.setdefault(leg, Leg())

    def of(self, meeting):
        return [b for b in self.bridges.values() if b.meeting == meeting]

    def leaf(self, leaf, signed):
        kind, value = signed or (None, {})
        for bridge in self.bridges.values():
            bridge.tick(leaf)
        if leaf["type"] in ("recovered", "stop"):
            for bridge in self.bridges.values():
                bridge.over(leaf["at"] + LOCK_OUT_MS)
        meeting = leaf.get("meeting")
        if meeting is None:
            return
        if kind == "roster":
            self.roster(leaf, value)
        elif kind == "switched":
            epoch = (self.terms.get(value["instance"], 0), value["epoch"])
            for bridge in self.of(meeting):
                bridge.switched(leaf, epoch, value["join"], value.get("rotation") != "confirmed")
        elif kind == "instance-end":
            for bridge in self.of(meeting):
                if bridge.open is not None and bridge.lock_out is None:
                    bridge.lock_out = {"epoch": bridge.top, "leaf": leaf, "waiting": None}
        elif "bridge" in leaf:
            self.of_bridge(self.bridge(meeting, leaf["bridge"]), leaf, kind, value)
        elif "leg" in leaf:
            for bridge in self.of(meeting):
                if leaf["leg"] in bridge.legs:
                    self.said(bridge, leaf)

    def roster(self, leaf, value):
        epoch, joins = (value["term"], value["epoch"]), [m["join"] for m in value["members"]]
        self.terms[value["instance"]] = value["term"]
        for entry in value["bridges"]:
            bridge = self.bridge(leaf["meeting"], entry["join"])
            bridge.listed(leaf, epoch, entry["holds"], joins)
            if entry["holds"]:
                admitted = {leg["leg"] for leg in entry["legs"] if leg["state"] in ("admitted", "muted")}
                for leg in admitted:
                    self.leg(bridge, leg).admitted(leaf["at"])
                for leg in bridge.legs.keys() - admitted:
                    bridge.legs[leg].ended("dropped", leaf["at"])
        named = {entry["join"] for entry in value["bridges"]}
        for bridge in self.of(leaf["meeting"]):
            if bridge.bridge not in named:
                bridge.listed(leaf, epoch, False, joins)

    def of_bridge(self, bridge, leaf, kind, value):
        if kind == "grant":
            audio = value["scope"]["audio"]
            bridge.sealed(leaf, (value["term"], value["epoch"]), (audio != "speak", audio != "listen"))
        elif kind == "rekey":
            bridge.sealed(leaf, (value["term"], value["epoch"]), bridge.scope)
        if kind in ("grant", "leg-admission"):
            for leg in value["legs"]:
                self.leg(bridge, leg).admitted(leaf["at"])
        elif kind == "leg-revocation" and value["reason"] == "ended":
            for leg in value["legs"]:
                self.leg(bridge, leg).ended("dropped", leaf["at"])
        if leaf["type"] in ("gate-closed", "key-destroyed") and bridge.open is not None:
            bridge.stated = bridge.stated or leaf["at"] + LOCK_OUT_MS
        if "leg" in leaf:
            self.said(bridge, leaf)

    def said(self, bridge, leaf):
        if leaf["type"] == "leg-joined":
            self.leg(bridge, leaf["leg"]).admitted(leaf["at"], joined=True)
        if leaf["type"] == "leg-left":
            self.leg(bridge, leaf["leg"]).ended("left", leaf["at"])

    def intervals(self):
        found = []
        for bridge in self.bridges.values():
            bridge.over(bridge.stated)
            for leg, presence in bridge.legs.items():
                for came, went in presence.all():
                    for begun, over, hear, speak, proven in bridge.spans:
                        leg_first = went is not None and (over is None or went < over)
                        begins, ends = max(came, begun), went if leg_first else over
                        if ends is None or ends > begins:
                            found.append({"meeting": bridge.meeting, "bridge": bridge.bridge, "leg": leg,
                                          "from": begins, "to": ends, "hear": hear, "speak": speak,
                                          "endProven": leg_first or proven})
        return found
