import { isObject, isTextList, type Value, type ValueObject } from './canonical.ts';
import type { Leaf } from './leaf.ts';
import { objectsOf, type Signed } from './meeting.ts';
import { countOf, textOf } from './message.ts';
import { bridgeHearing, type BridgeHearing, type Epoch, type Moment, type Span } from './bridge-hearing.ts';
import { because } from './why.ts';
import { legPresence, type LegPresence } from './leg-presence.ts';

/** When one leg could hear the room or be heard by it. Only the connector's clock dates it; who ended it is in `endProven`. */
export interface Interval extends Span {
  readonly meeting: string;
  readonly bridge: string;
  readonly leg: string;
  /** What the connector says about the leg itself, which neither shortens nor ends the interval. */
  readonly joinedAt: number | null;
  readonly leftAt: number | null;
}

/** When one bridge held a key with which it could hear or be heard. */
export interface BridgeSpan extends Span {
  readonly meeting: string;
  readonly bridge: string;
}

export interface HearingCheck {
  leaf(leaf: Leaf, signed: Signed | null): void;
  /** At the end of the log. */
  intervals(): readonly Interval[];
  /** After `intervals`. */
  held(): readonly BridgeSpan[];
}

interface Bridge {
  readonly meeting: string;
  readonly bridge: string;
  readonly hearing: BridgeHearing;
  readonly legs: Map<string, LegPresence>;
}

export function checkHearing(): HearingCheck {
  return new Hearing();
}

class Hearing implements HearingCheck {
  readonly #bridges = new Map<string, Bridge>();
  /** Those that can hear now: time passes for them with every leaf. */
  readonly #lasting = new Set<Bridge>();
  /** The term of an instance: what members sign names the instance only. */
  readonly #terms = new Map<string, number>();

  leaf(leaf: Leaf, signed: Signed | null): void {
    for (const bridge of this.#lasting) bridge.hearing.tick(leaf);
    if (leaf.type === 'recovered') this.#everyoneOver(leaf, because.crash);
    if (leaf.type === 'stop') this.#everyoneOver(leaf, because.stop);
    if (leaf.meeting === '') return;
    if (signed?.type === 'roster') this.#roster(leaf, signed);
    else if (signed?.type === 'switched') this.#switched(leaf, signed);
    else if (signed?.type === 'instance-end') this.#instanceEnd(leaf);
    else if (leaf.bridge !== '') this.#ofBridge(this.#bridge(leaf.meeting, leaf.bridge), leaf, signed);
    else if (leaf.leg !== '') this.#legAnywhere(leaf);
    for (const bridge of this.#lasting) if (!bridge.hearing.lasting) this.#lasting.delete(bridge);
  }

  intervals(): readonly Interval[] {
    const all = [...this.#bridges.values()].flatMap((bridge) => {
      bridge.hearing.finish();
      return [...bridge.legs].flatMap(([leg, presence]) => intervalsOf(bridge, leg, presence));
    });
    return all.sort((a, b) => a.from.at - b.from.at);
  }

  held(): readonly BridgeSpan[] {
    const all = [...this.#bridges.values()].flatMap(({ meeting, bridge, hearing }) =>
      hearing.spans.map((span) => ({ ...span, meeting, bridge })),
    );
    return all.sort((a, b) => a.from.at - b.from.at);
  }

  #bridge(meeting: string, bridge: string): Bridge {
    const place = `${meeting}/${bridge}`;
    const known = this.#bridges.get(place);
    if (known !== undefined) return known;
    const made: Bridge = { meeting, bridge, hearing: bridgeHearing(), legs: new Map() };
    this.#bridges.set(place, made);
    return made;
  }

  #everyoneOver(leaf: Leaf, why: string): void {
    for (const bridge of this.#lasting) bridge.hearing.over(leaf, why);
    this.#lasting.clear();
  }

  #roster(leaf: Leaf, { payload, key }: Signed): void {
    const epoch = epochOf(payload);
    this.#terms.set(textOf(payload, 'instance') ?? '', epoch.term);
    const joins = objectsOf(payload['members']).flatMap((member) => textOf(member, 'join') ?? []);
    const listed = new Set<string>();
    for (const entry of objectsOf(payload['bridges'])) {
      const bridge = this.#bridge(leaf.meeting, textOf(entry, 'join') ?? '');
      listed.add(bridge.bridge);
      bridge.hearing.listed(leaf, { ...epoch, holds: entry['holds'] === true, host: key, joins });
      if (bridge.hearing.lasting) this.#lasting.add(bridge);
      if (entry['holds'] === true) listLegs(bridge, leaf, entry);
    }
    for (const bridge of this.#lasting) {
      if (bridge.meeting !== leaf.meeting || listed.has(bridge.bridge)) continue;
      bridge.hearing.listed(leaf, { ...epoch, holds: false, host: key, joins });
    }
  }

  #switched(leaf: Leaf, { payload }: Signed): void {
    const term = this.#terms.get(textOf(payload, 'instance') ?? '') ?? 0;
    const asked = textOf(payload, 'rotation') !== 'confirmed';
    const by = { term, epoch: countOf(payload, 'epoch') ?? 0, join: textOf(payload, 'join') ?? '', asked };
    for (const bridge of this.#lasting)
      if (bridge.meeting === leaf.meeting) bridge.hearing.switched(leaf, by);
  }

  #instanceEnd(leaf: Leaf): void {
    for (const bridge of this.#lasting)
      if (bridge.meeting === leaf.meeting) bridge.hearing.instanceEnded(leaf);
  }

  #ofBridge(bridge: Bridge, leaf: Leaf, signed: Signed | null): void {
    if (signed?.type === 'grant') this.#grant(bridge, leaf, signed);
    else if (signed?.type === 'rekey') this.#rekey(bridge, leaf, signed);
    else if (signed?.type === 'leg-admission') admitListed(bridge, leaf, signed.payload['legs']);
    else if (signed?.type === 'leg-revocation' && signed.payload['reason'] === 'ended') {
      for (const leg of textsOf(signed.payload['legs']))
        presenceOf(bridge, leg).dropped(momentAt(leaf, because.ended));
    }
    if (leaf.type === 'gate-closed' || leaf.type === 'key-destroyed')
      bridge.hearing.stated(leaf, because.stated);
    if (leaf.leg !== '') legSaid(bridge, leaf);
  }

  /** A leaf about a leg that names no bridge, as the vault writes for a worker that was lost. */
  #legAnywhere(leaf: Leaf): void {
    for (const bridge of this.#bridges.values()) {
      if (bridge.meeting === leaf.meeting && bridge.legs.has(leaf.leg)) legSaid(bridge, leaf);
    }
  }

  #grant(bridge: Bridge, leaf: Leaf, { payload, name, key }: Signed): void {
    const scope = isObject(payload['scope']) ? payload['scope'] : {};
    const audio = textOf(scope, 'audio');
    const hear = audio !== 'speak';
    const speak = audio !== 'listen';
    bridge.hearing.sealed(leaf, { ...epochOf(payload), grant: name, host: key, hear, speak });
    this.#lasting.add(bridge);
    admitListed(bridge, leaf, payload['legs']);
  }

  #rekey(bridge: Bridge, leaf: Leaf, { payload, key }: Signed): void {
    const last = bridge.hearing.scope;
    bridge.hearing.sealed(leaf, {
      ...epochOf(payload),
      grant: textOf(payload, 'grant') ?? '',
      host: key,
      ...last,
    });
    this.#lasting.add(bridge);
  }
}

const textsOf = (value: Value | undefined): readonly string[] => (isTextList(value) ? value : []);

const epochOf = (payload: ValueObject): Epoch => ({
  term: countOf(payload, 'term') ?? 0,
  epoch: countOf(payload, 'epoch') ?? 0,
});

const momentAt = (leaf: Leaf, why: string): Moment => ({ at: leaf.at, seq: leaf.seq, why });

function presenceOf(bridge: Bridge, leg: string): LegPresence {
  const known = bridge.legs.get(leg);
  if (known !== undefined) return known;
  const made = legPresence();
  bridge.legs.set(leg, made);
  return made;
}

function admitListed(bridge: Bridge, leaf: Leaf, legs: Value | undefined): void {
  for (const leg of textsOf(legs)) presenceOf(bridge, leg).admitted(momentAt(leaf, because.admitted));
}

/**
 * A signed list is complete: what it does not name is not admitted. Only where the bridge holds the key, though: while it is
 * being locked out it is the lock-out, not the list, that ends what its legs could hear.
 */
function listLegs(bridge: Bridge, leaf: Leaf, entry: ValueObject): void {
  const legs = objectsOf(entry['legs']).filter(
    (leg) => leg['state'] === 'admitted' || leg['state'] === 'muted',
  );
  const admitted = new Set(legs.flatMap((leg) => textOf(leg, 'leg') ?? []));
  for (const leg of admitted) presenceOf(bridge, leg).admitted(momentAt(leaf, because.roster));
  for (const [leg, presence] of bridge.legs)
    if (!admitted.has(leg)) presence.dropped(momentAt(leaf, because.unlisted));
}

function legSaid(bridge: Bridge, leaf: Leaf): void {
  if (leaf.type === 'leg-joined') presenceOf(bridge, leaf.leg).joined(momentAt(leaf, because.joined));
  if (leaf.type === 'leg-left') presenceOf(bridge, leaf.leg).left(momentAt(leaf, because.left));
}

/** Both the bridge held a key and the leg was let in. */
function intervalsOf({ meeting, bridge, hearing }: Bridge, leg: string, presence: LegPresence): Interval[] {
  return presence.stays().flatMap(({ from, to, joinedAt, leftAt }) =>
    hearing.spans.flatMap((span): Interval[] => {
      const begins = from.at > span.from.at ? from : span.from;
      const legEndsFirst = to !== null && (span.to === null || to.at < span.to.at);
      const ends = legEndsFirst ? to : span.to;
      if (ends !== null && ends.at <= begins.at) return [];
      const endProven = legEndsFirst || span.endProven;
      return [{ ...span, meeting, bridge, leg, from: begins, to: ends, endProven, joinedAt, leftAt }];
    }),
  );
}
