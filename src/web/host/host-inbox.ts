import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import { parseJcs } from '../../base/jcs.ts';
import type { Caller, Payload } from '../../consent/messages/catalog.ts';
import { labelsMatch, saltedLabels, type SaltedLabel } from '../../consent/messages/commitment.ts';
import { peekMessage, verifyMessage, type Peeked, type Verified } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { checkProof } from '../../consent/messages/ledger-proof.ts';
import type { MessageType } from '../../consent/messages/labels.ts';
import type { Packet } from '../../consent/messages/packet.ts';
import { timing } from '../../consent/timing.ts';
import { takeReveal } from './bridge-code.ts';
import { certificateOf, isStale, rotationOf } from './bridge-certificate.ts';
import { canAdd, type Bridge, type OpenAsk } from './host-bridges.ts';
import type { HostCoHosts } from './host-cohosts.ts';
import type { HostHellos } from './host-hello.ts';
import type { Person } from './host-people.ts';
import { clockOf, ledgerSpeakers, sealAhead, sealedToHost, type HostState } from './host-state.ts';
import { takeLedgerState, takeWitness, type LedgerSpeakers } from './ledger-inbox.ts';

/** What the session does when something was said and found true. */
export interface HostEvents {
  onLag(person: Person): void;
  onBridgeLag(bridge: Bridge): void;
  onSwitched(join: string, epoch: number): void;
  onBridge(bridge: Bridge): void;
  /** A connector came with a certificate that its operator has revoked. */
  onRevoked(certificateJws: string): void;
  /** A newer revocation list is here. */
  onRevocations(): void;
  onCode(bridge: Bridge, outcome: 'digits' | 'mismatch'): void;
  onAsk(bridge: Bridge): void;
  /** `callers`: of a question about further callers; null for one about a key. */
  onFlood(bridge: Bridge, request: string, callers: readonly Caller[] | null): void;
  /** The bridge gave up its question. */
  onWithdrawn(bridge: Bridge, reason: string): void;
  /** The record of a grant or rekey is proven. */
  onRecorded(bridge: Bridge, type: 'grant' | 'rekeyed'): void;
  onBadReceipt(bridge: Bridge, reason: string): void;
  /** The bridge says that it has closed its gate. */
  onClosed(bridge: Bridge): void;
  onLegs(bridge: Bridge): void;
  /** What is known of a connector's ledger has changed. */
  onLedger(): void;
}

/** More requests of one bridge than this in a minute are turned away unseen. */
const requestsPerMinute = 6;
/** In one instance, of one bridge: after so many it is not heard any more. */
const maxAsked = 1_000;

/** What registered hosts say. */
const hostWords: readonly MessageType[] = ['instance-start', 'denial', 'revocation', 'decision'];

/** What the host does with each message: what is not signed by whom it must be is let fall. */
export class HostInbox {
  readonly #state: HostState;
  readonly #events: HostEvents;
  readonly #speakers: LedgerSpeakers;
  readonly #hellos: HostHellos;
  readonly #coHosts: HostCoHosts;

  constructor(state: HostState, events: HostEvents, parts: { hellos: HostHellos; coHosts: HostCoHosts }) {
    this.#state = state;
    this.#events = events;
    this.#hellos = parts.hellos;
    this.#coHosts = parts.coHosts;
    this.#speakers = ledgerSpeakers(state);
  }

  async packet(from: string, packet: Packet): Promise<void> {
    const peeked = peekMessage(packet.jws);
    if (!peeked.ok) return;
    const { type, payload } = peeked.value;
    if (hostWords.includes(type)) return this.#coHosts.take(packet.jws, peeked.value);
    if (!('join' in payload) || payload.instance !== this.#state.instance) return;
    // The server stamps packets with a name: one that does not fit is not worth a signature check.
    if (payload.meeting !== this.#state.meetingId || identityOf(payload.join) !== from) return;
    switch (type) {
      case 'hello':
        return this.#hellos.take(packet, payload);
      case 'bridge-hello':
        return this.#onBridgeHello(packet.jws, payload);
      case 'bridge-request':
        return this.#onRequest(packet, payload);
      case 'leg-request':
        return this.#onLegRequest(packet, payload.join);
      case 'code-reveal':
        return this.#onReveal(packet.jws, payload.join);
      case 'receipt':
        return this.#onReceipt(packet, payload.join);
      case 'nonce':
        return this.#onNonce(packet.jws, payload.join);
      case 'next-key':
        return this.#onNextKey(packet.jws, payload.join);
      case 'switched':
        return this.#onSwitched(packet.jws, payload.join);
      default:
        return this.#onOtherWord(packet.jws, peeked.value);
    }
  }

  /** About calls that hosts have asked for, and about ledgers. */
  async #onOtherWord(jws: string, said: Peeked): Promise<void> {
    if (said.type === 'dial-offer') return this.#state.dials.offered(jws, said.payload);
    if (said.type === 'dial-state') return this.#onDialState(jws, said.payload);
    return this.#onLedgerWord(jws, said);
  }

  async #onLedgerWord(jws: string, { type, payload }: Peeked): Promise<void> {
    const { ledgers } = this.#state;
    if (type === 'witness' && (await takeWitness(ledgers, this.#speakers, jws, payload)))
      this.#state.evidence.add(type, jws);
    if (type !== 'ledger-state') return;
    if (!(await takeLedgerState(ledgers, this.#speakers, jws, payload))) return;
    this.#state.evidence.add(type, jws);
    this.#events.onLedger();
  }

  async #onBridgeHello(jws: string, claimed: Payload<'bridge-hello'>): Promise<void> {
    const key = fromBase64url(claimed.key);
    if (key === null) return;
    const verified = await verifyMessage(jws, 'bridge-hello', key);
    if (!verified.ok) return;
    const { connectors, registration } = this.#state;
    const newer = await connectors.take(verified.value.payload.revocations, registration.operators);
    if (newer) this.#events.onRevocations();
    if ((await this.#bridge(verified.value, jws)) !== null) this.#state.evidence.add('bridge-hello', jws);
  }

  /** The bridge of a signed hello or request, new or known; null where its operator is not registered. */
  async #bridge(
    message: Verified<'bridge-hello'> | Verified<'bridge-request'>,
    helloJws: string,
  ): Promise<Bridge | null> {
    const { bridges, bridgeKeys, people, connectors } = this.#state;
    const { payload, key } = message;
    const known = bridges.get(payload.join);
    const now = clockOf(this.#state).monoMs();
    if (known !== undefined) {
      if (toBase64url(known.key) !== payload.key || isStale(this.#state, known)) return null;
      known.nonce = payload.nonce;
      known.heardMs = now;
      return known;
    }
    if (!canAdd(bridges) || people.hasKey(key) || people.get(payload.join) !== undefined) return null;
    const certificate = await certificateOf(this.#state, message);
    if (!certificate.ok) {
      if (certificate.reason === 'certificate-revoked') this.#events.onRevoked(payload.certificate);
      return null;
    }
    bridgeKeys.add(payload.key);
    const bridge: Bridge = {
      key,
      join: payload.join,
      thumbprint: await thumbprint(key),
      certificate: certificate.value,
      standing: await connectors.standing(certificate.value, rotationOf(message)),
      helloJws: message.type === 'bridge-hello' ? helloJws : '',
      state: 'waiting',
      holds: false,
      ask: null,
      askJws: '',
      asked: new Set(),
      granted: null,
      hpke: new Uint8Array(0),
      keysSeen: 0,
      labels: new Map(),
      admitted: new Map(),
      muted: new Set(),
      merged: 0,
      version: '',
      due: new Map(),
      lockingOut: null,
      lockedOutAfterMs: null,
      nonce: payload.nonce,
      heardMs: now,
      resentMs: now,
      askedMs: [],
    };
    bridges.set(payload.join, bridge);
    await this.#state.ledgers.follow({ key, join: payload.join, ledgerKey: certificate.value.ledgerKey });
    this.#events.onBridge(bridge);
    return bridge;
  }

  async #onRequest(packet: Packet, claimed: Payload<'bridge-request'>): Promise<void> {
    const key = fromBase64url(claimed.key);
    if (key === null) return;
    const verified = await verifyMessage(packet.jws, 'bridge-request', key);
    if (!verified.ok || verified.value.payload.term !== this.#state.term) return;
    const bridge = await this.#bridge(verified.value, packet.jws);
    if (bridge === null || bridge.holds) return;
    const { payload, hash } = verified.value;
    if (!this.#isNew(bridge, hash)) return;
    this.#state.evidence.add('bridge-request', packet.jws);
    if (!this.#mayAsk(bridge)) {
      this.#events.onFlood(bridge, hash, null);
      return;
    }
    const labels = await this.#labels(packet, key, {
      type: 'bridge-request',
      hash,
      callers: payload.callers,
    });
    if (labels === null) return;
    const { scope, code } = payload;
    bridge.askJws = packet.jws;
    bridge.version = payload.version;
    const hpke = bytesOfText(payload.hpke);
    if (payload.n > bridge.keysSeen) {
      bridge.keysSeen = payload.n;
      bridge.hpke = hpke;
    }
    await this.#state.ledgers.demand(bridge.join);
    this.#ask(
      bridge,
      { kind: 'key', hash, callers: payload.callers, scope, hpke, code, exchange: null },
      labels,
    );
  }

  async #onLegRequest(packet: Packet, join: string): Promise<void> {
    const bridge = this.#state.bridges.get(join);
    if (bridge?.granted == null || !bridge.holds) return;
    const verified = await verifyMessage(packet.jws, 'leg-request', bridge.key);
    if (!verified.ok || verified.value.payload.grant !== bridge.granted.hash) return;
    const { payload, hash } = verified.value;
    if (!this.#isNew(bridge, hash)) return;
    this.#state.evidence.add('leg-request', packet.jws);
    if (!this.#mayAsk(bridge)) {
      this.#events.onFlood(bridge, hash, payload.callers);
      return;
    }
    const labels = await this.#labels(packet, bridge.key, {
      type: 'leg-request',
      hash,
      callers: payload.callers,
    });
    if (labels === null) return;
    bridge.askJws = packet.jws;
    const { scope } = bridge.granted;
    this.#ask(
      bridge,
      { kind: 'legs', hash, callers: payload.callers, scope, hpke: bridge.hpke, code: '', exchange: null },
      labels,
    );
  }

  async #onReveal(jws: string, join: string): Promise<void> {
    const bridge = this.#state.bridges.get(join);
    const outcome = bridge === undefined ? null : await takeReveal(this.#state, bridge, jws);
    if (bridge !== undefined && outcome !== null) this.#events.onCode(bridge, outcome);
  }

  #isNew(bridge: Bridge, hash: string): boolean {
    if (bridge.asked.has(hash) || this.#state.spentAsks.has(hash)) return false;
    if (bridge.asked.size >= maxAsked) return false;
    bridge.asked.add(hash);
    return true;
  }

  #mayAsk(bridge: Bridge): boolean {
    const now = clockOf(this.#state).monoMs();
    bridge.askedMs = [...bridge.askedMs.filter((at) => now - at < 60_000), now];
    return bridge.askedMs.length <= requestsPerMinute;
  }

  /** Labels as sealed to this host; each must be the one that was committed to. */
  async #labels(
    packet: Packet,
    key: Bytes,
    asked: {
      type: 'bridge-request' | 'leg-request';
      hash: string;
      callers: readonly { leg: string; label: string }[];
    },
  ): Promise<readonly SaltedLabel[] | null> {
    const [sealed] = packet.beside;
    if (sealed === undefined) return null;
    const opened = await this.#state.hpke.open(sealed, await sealedToHost(this.#state, key, asked));
    const parsed = opened.ok ? parseJcs(opened.value) : null;
    if (parsed?.ok !== true || !saltedLabels(parsed.value)) return null;
    return (await labelsMatch(asked.callers, parsed.value)) ? parsed.value : null;
  }

  #ask(bridge: Bridge, ask: Omit<OpenAsk, 'sinceMs' | 'timer'>, labels: readonly SaltedLabel[]): void {
    if (bridge.ask !== null) bridge.merged += 1;
    bridge.ask?.timer.cancel();
    const clock = clockOf(this.#state);
    const timer = clock.after(timing.answerWithin, () => {
      if (bridge.ask?.hash === ask.hash) this.#events.onWithdrawn(bridge, 'no-answer');
    });
    bridge.ask = { ...ask, sinceMs: clock.monoMs(), timer };
    if (ask.kind === 'key') sealAhead(this.#state, ask.hpke);
    for (const leg of bridge.labels.keys()) if (!bridge.admitted.has(leg)) bridge.labels.delete(leg);
    for (const label of labels) bridge.labels.set(label.leg, label);
    this.#events.onAsk(bridge);
  }

  async #onReceipt(packet: Packet, join: string): Promise<void> {
    const bridge = this.#state.bridges.get(join);
    if (bridge === undefined) return;
    const verified = await verifyMessage(packet.jws, 'receipt', bridge.key);
    if (!verified.ok) return;
    this.#state.evidence.add('receipt', packet.jws, packet.beside[0]);
    const { payload } = verified.value;
    switch (payload.did) {
      case 'opened':
        return this.#onOpened(bridge, payload, packet);
      case 'legs':
        if (payload.answers !== bridge.granted?.hash) return;
        for (const leg of bridge.admitted.keys())
          if (!payload.legs.includes(leg)) bridge.admitted.delete(leg);
        {
          this.#events.onLegs(bridge);
          return;
        }
      case 'closed':
        if (payload.answers === bridge.ask?.hash) {
          this.#events.onWithdrawn(bridge, payload.reason);
          return;
        }
        if (payload.answers === bridge.granted?.hash && bridge.holds) this.#events.onClosed(bridge);
        return;
      case 'refused':
        return;
    }
  }

  /** The proof must be of the very message that was sent, in the ledger that the operator certified. */
  async #onOpened(bridge: Bridge, payload: Payload<'receipt'>, packet: Packet): Promise<void> {
    const due = bridge.due.get(payload.answers);
    const [leaf] = packet.beside;
    if (due === undefined) return;
    if (leaf === undefined) {
      this.#events.onBadReceipt(bridge, 'proof-leaf');
      return;
    }
    const { index: seq, checkpoint } = payload;
    const path = payload.path.map(bytesOfText);
    const proven = await checkProof({ seq, leaf, path, checkpoint }, bridge.certificate.ledgerKey);
    if (!proven.ok) {
      this.#events.onBadReceipt(bridge, proven.reason);
      return;
    }
    const { entry, size, root } = proven.value;
    const right = entry['type'] === due.type && entry['jws'] === due.jws;
    if (!right || entry['meeting'] !== this.#state.meetingId) {
      this.#events.onBadReceipt(bridge, 'proof-of-another-leaf');
      return;
    }
    due.timer.cancel();
    bridge.due.delete(payload.answers);
    this.#state.ledgers.claimed(toBase64url(bridge.key), { size, root: bytesOfText(root) });
    this.#events.onRecorded(bridge, due.type);
  }

  async #onDialState(jws: string, claimed: Payload<'dial-state'>): Promise<void> {
    const bridge = this.#state.bridges.get(claimed.join);
    if (bridge !== undefined) await this.#state.dials.told(jws, claimed, bridge.key);
  }

  async #onNonce(jws: string, join: string): Promise<void> {
    const { people, bridges, rosterHash, rosterMs } = this.#state;
    const person = people.get(join);
    const bridge = bridges.get(join);
    const someone = person ?? bridge;
    if (someone === undefined) return;
    const verified = await verifyMessage(jws, 'nonce', someone.key);
    if (!verified.ok) return;
    const now = clockOf(this.#state).monoMs();
    const { payload } = verified.value;
    someone.nonce = payload.nonce;
    someone.heardMs = now;
    const lags = payload.roster !== rosterHash && now - rosterMs > timing.resendEvery;
    if (!lags || now - someone.resentMs <= timing.resendEvery) return;
    someone.resentMs = now;
    if (person !== undefined) this.#events.onLag(person);
    else if (bridge !== undefined) this.#events.onBridgeLag(bridge);
  }

  async #onNextKey(jws: string, join: string): Promise<void> {
    const someone = this.#state.people.get(join) ?? this.#state.bridges.get(join);
    if (someone === undefined) return;
    const verified = await verifyMessage(jws, 'next-key', someone.key);
    // Numbered, so that a key that is gone does not come back by replay.
    if (!verified.ok || verified.value.payload.n <= someone.keysSeen) return;
    someone.keysSeen = verified.value.payload.n;
    someone.hpke = bytesOfText(verified.value.payload.hpke);
    sealAhead(this.#state, someone.hpke);
  }

  async #onSwitched(jws: string, join: string): Promise<void> {
    const person = this.#state.people.get(join);
    if (person === undefined) return;
    const verified = await verifyMessage(jws, 'switched', person.key);
    if (!verified.ok) return;
    const { epoch, rotation } = verified.value.payload;
    if (epoch > this.#state.epoch || epoch <= person.switched) return;
    person.switched = epoch;
    this.#state.evidence.add('switched', jws);
    person.rotation = rotation;
    this.#events.onSwitched(join, epoch);
  }
}
