import { toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import { every, type Timer } from '../../base/clock.ts';
import { EpochKeys } from '../../consent/epoch-keys.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { packetBytes, parsePacket } from '../../consent/messages/packet.ts';
import { meetingIdOf, nextTerm, parseRegistration, rankOf } from '../../consent/messages/registration.ts';
import { createHpkeKeyPair } from '../../consent/messages/seal.ts';
import { VersionWatch } from '../../consent/messages/version.ts';
import { PendingLimit } from '../../consent/pending-limit.ts';
import { timing } from '../../consent/timing.ts';
import { HostDoor } from './host-door.ts';
import { readBridgeKeys } from './bridge-keys.ts';
import { BridgeMemory } from './bridge-memory.ts';
import { ConnectorBook } from './connector-book.ts';
import { DialBook } from './dial-book.ts';
import { HostChain } from './host-chain.ts';
import { HostEvidence } from './host-evidence.ts';
import { HostMeeting } from './host-meeting.ts';
import { HostPeople } from './host-people.ts';
import { send, type HostState } from './host-state.ts';
import { checkSink } from './key-sink.ts';
import type { ForkReason } from './ledger-memory.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { Approval, HostSession, MeetingView, SessionOptions } from './session.ts';
import { NextEpoch } from './next-epoch.ts';
import { SealsAhead } from './seals-ahead.ts';
import { ViewStore } from './view-store.ts';
import { workQueue } from './work-queue.ts';

export function createHostSession(options: SessionOptions): HostSession {
  return new Host(options);
}

const termName = 'term';

/** The life of one host session: each start is a new instance with a higher term, whatever was before is void. */
class Host implements HostSession {
  readonly #options: SessionOptions;
  readonly #views: ViewStore;
  readonly #queue = workQueue();
  readonly #limit = new PendingLimit();
  readonly #versions = new VersionWatch({
    send: (payload, to) => this.#options.channel.send(payload, to),
    onMismatch: (mismatch) => this.#views.alarm('version-mismatch', mismatch),
  });
  readonly #greeted = new Map<string, { readonly times: number; readonly lastMs: number }>();
  #meeting: HostMeeting | null = null;
  #startPacket: Uint8Array<ArrayBuffer> | null = null;
  #ticker: Timer | null = null;
  #heartbeatMs = -Infinity;
  #present: readonly string[] = [];
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#views = new ViewStore(options.clock, 'host');
  }

  get view(): MeetingView {
    return this.#views.view;
  }

  subscribe(listener: (view: MeetingView) => void): () => void {
    return this.#views.subscribe(listener);
  }

  async start(): Promise<void> {
    const { channel, clock } = this.#options;
    await this.#queue.urgent(() => this.#begin());
    channel.onMessage((from, payload) => this.#receive(from, payload));
    channel.onPresence((identities) => this.#onPresence(identities));
    this.#ticker = every(clock, timing.tick, () => void this.#queue.later(() => this.#tick()));
  }

  approve(requestHash: string, approval: Approval = {}): Promise<void> {
    return this.#act((meeting) => meeting.approve(requestHash, approval));
  }

  deny(requestHash: string): Promise<void> {
    return this.#act((meeting) => meeting.deny(requestHash));
  }

  revoke(bridge: string): Promise<void> {
    return this.#act((meeting) => meeting.revoke(bridge));
  }

  endLeg(bridge: string, legId: string): Promise<void> {
    return this.#act((meeting) => meeting.changeLeg(bridge, legId, 'ended'));
  }

  muteLeg(bridge: string, legId: string, muted: boolean): Promise<void> {
    return this.#act((meeting) => meeting.changeLeg(bridge, legId, muted ? 'muted' : 'unmuted'));
  }

  setLocked(locked: boolean): Promise<void> {
    return this.#act((meeting) => meeting.setLocked(locked));
  }

  admitMember(identity: string): Promise<void> {
    return this.#act((meeting) => meeting.admitMember(joinOf(identity)));
  }

  refuseMember(identity: string): Promise<void> {
    return this.#act((meeting) => meeting.refuseMember(joinOf(identity)));
  }

  removeMember(identity: string): Promise<void> {
    return this.#act((meeting) => meeting.removeMember(joinOf(identity)));
  }

  invitePhone(number: string, bridge?: string): Promise<string> {
    return this.#act((meeting) => meeting.dialling.invite(number, bridge));
  }

  cancelInvite(dialId: string): Promise<void> {
    return this.#act((meeting) => meeting.dialling.cancel(dialId));
  }

  async end(): Promise<void> {
    await this.#act((meeting) => meeting.end('ended'));
    await this.#stop();
    this.#views.history('ended');
    this.#views.update({ phase: 'ended' });
  }

  evidence(): Promise<Uint8Array | null> {
    return Promise.resolve(this.#meeting?.state.evidence.file() ?? null);
  }

  async close(_reason?: string): Promise<void> {
    if (this.#closed) return;
    if (this.#meeting !== null) await this.#act((meeting) => meeting.end('left'));
    await this.#stop();
    this.#views.update({ phase: 'ended' });
  }

  /** What a person asked for: before packets that wait. Rejects with a stable message where it cannot be done. */
  #act<T>(job: (meeting: HostMeeting) => Promise<T>): Promise<T> {
    const meeting = this.#meeting;
    if (meeting === null || this.#closed) return Promise.reject(new Error('not-started'));
    return this.#queue.urgent(() => job(meeting));
  }

  async #begin(): Promise<void> {
    const state = await this.#newInstance();
    this.#greeted.clear();
    this.#meeting = new HostMeeting(state, (term, join) => {
      void this.#queue.urgent(() => this.#onSuperseded(state, term, join));
    });
    await this.#meeting.begin();
  }

  /**
   * The higher term wins. Whoever started it is there: this host is over, and holds no key any more. It has left again: this host
   * had missed a take-over, and starts anew above it.
   */
  async #onSuperseded(state: HostState, term: number, join: string): Promise<void> {
    if (this.#closed || this.#meeting?.state !== state) return;
    const { store } = this.#options;
    await store.set(termName, utf8(String(Math.max(term, state.term))));
    if (!this.#present.includes(identityOf(join))) {
      await this.#meeting.stop();
      return this.#begin();
    }
    await this.#stop();
    this.#views.alarm('two-hosts');
    this.#views.history('taken-over');
    this.#views.update({ phase: 'ended', hostPresent: false, members: [], bridges: [], prompt: null });
  }

  async #stop(): Promise<void> {
    this.#closed = true;
    this.#ticker?.cancel();
    await this.#meeting?.stop();
  }

  async #newInstance(): Promise<HostState> {
    const {
      registration: bytes,
      device,
      store,
      random,
      clock,
      keys: sink,
      joinId,
      displayName,
    } = this.#options;
    const registration = parseRegistration(bytes);
    if (!registration.ok) throw new Error('registration-invalid');
    checkSink(sink, registration.value);
    const rank = rankOf(registration.value, device.publicKey);
    if (rank < 0) throw new Error('not-a-host');
    const meetingId = await meetingIdOf(bytes);
    const stored = Number(utf8Text((await store.get(termName)) ?? utf8('0')));
    const term = nextTerm(registration.value, rank, Number.isSafeInteger(stored) && stored >= 0 ? stored : 0);
    // Kept before it is used: a crash must not give one term to two instances.
    await store.set(termName, utf8(String(term)));
    const connectors = new ConnectorBook(this.#options.ledgers ?? store, clock);
    await connectors.load(registration.value.operators);
    const instance = toBase64url(random(16));
    const ownJoin = toBase64url(joinId);
    const hpke = await createHpkeKeyPair(random);
    const evidence = new HostEvidence(bytes);
    const chain = new HostChain(device, { meeting: meetingId, instance, term }, (type, jws) =>
      evidence.add(type, jws),
    );
    const { jws } = await chain.issue('instance-start', { join: ownJoin, hpke: toBase64url(hpke.publicKey) });
    this.#startPacket = packetBytes(jws);
    const ownThumbprint = await thumbprint(device.publicKey);
    const people = new HostPeople(clock, ownJoin);
    const me = { key: device.publicKey, join: ownJoin, thumbprint: ownThumbprint, name: displayName };
    people.add({ ...me, hello: '', hpke: new Uint8Array(0), keysSeen: 0, nonce: '' });
    const { locked, onHostChange } = registration.value.policy;
    this.#views.update({ meetingId, locked, onHostChange });
    return {
      options: this.#options,
      registration: registration.value,
      meetingId,
      instance,
      term,
      rank,
      ownJoin,
      ownThumbprint,
      hpke,
      ahead: new SealsAhead(random),
      next: new NextEpoch(random, instance),
      chain,
      evidence,
      people,
      memory: await BridgeMemory.open(store),
      door: await HostDoor.open({ store, hosts: registration.value.hosts }),
      bridges: new Map(),
      spentAsks: new Set(),
      bridgeKeys: await readBridgeKeys(store),
      dials: new DialBook(() => this.#meeting?.draw()),
      keys: new EpochKeys({
        sink,
        clock,
        random,
        own: { key: toBase64url(device.publicKey), join: ownJoin },
        mode: registration.value.policy.keys,
      }),
      views: this.#views,
      queue: this.#queue,
      epoch: 0,
      locked: registration.value.policy.locked,
      rosterHash: '',
      rosterPacket: new Uint8Array(0),
      rosterMs: 0,
      ledgers: this.#ledgerWatch(meetingId, instance, evidence),
      connectors,
    };
  }

  #ledgerWatch(meetingId: string, instance: string, evidence: HostEvidence): LedgerWatch {
    const { channel, joinId } = this.#options;
    const watch = new LedgerWatch({
      ...this.#options,
      store: this.#options.ledgers ?? this.#options.store,
      meetingId,
      join: toBase64url(joinId),
      send: (packet, to) => channel.send(packet, to),
      collectors: () => [],
      onTestified: (jws) => evidence.add('witness', jws),
      onFork: ({ key }, reason) => void this.#alarmFork(key, reason),
    });
    watch.begin(instance);
    return watch;
  }

  async #alarmFork(key: Uint8Array<ArrayBuffer>, reason: ForkReason): Promise<void> {
    this.#views.alarm('ledger-fork', { bridge: await thumbprint(key), reason });
  }

  #receive(from: string, payload: Uint8Array): void {
    const meeting = this.#meeting;
    if (this.#closed || meeting === null || this.#versions.foreign(from, payload)) return;
    if (!this.#limit.enter(from)) return;
    const packet = parsePacket(payload);
    void this.#queue.later(async () => {
      this.#limit.leave(from);
      if (packet.ok && !this.#closed) await meeting.inbox.packet(from, packet.value);
    });
  }

  #onPresence(identities: readonly string[]): void {
    this.#present = identities;
    void this.#queue.later(async () => {
      if (this.#closed) return;
      this.#greet();
      await this.#meeting?.present(identities);
    });
  }

  /**
   * Whoever is there and has not said hello is told that there is a host: often at first, because the server may name
   * somebody before that one listens, then every now and then.
   */
  #greet(): void {
    const meeting = this.#meeting;
    const packet = this.#startPacket;
    if (meeting === null || packet === null) return;
    const now = this.#options.clock.monoMs();
    const due = (identity: string): boolean => {
      const { times, lastMs } = this.#greeted.get(identity) ?? { times: 0, lastMs: -Infinity };
      return now - lastMs >= (times < oftenGreeted ? timing.tick : timing.helloEvery);
    };
    for (const identity of this.#greeted.keys()) {
      if (!this.#present.includes(identity)) this.#greeted.delete(identity);
    }
    const strangers = this.#present
      .filter((identity) => !meeting.knows(identity) && due(identity))
      .slice(0, maxGreeted);
    for (const identity of strangers) {
      this.#greeted.set(identity, { times: (this.#greeted.get(identity)?.times ?? 0) + 1, lastMs: now });
    }
    if (strangers.length > 0) send(meeting.state, packet, strangers);
  }

  async #tick(): Promise<void> {
    if (this.#closed) return;
    this.#greet();
    const now = this.#options.clock.monoMs();
    const beat = now - this.#heartbeatMs >= timing.heartbeatEvery;
    if (beat) this.#heartbeatMs = now;
    await this.#meeting?.tick(beat);
  }
}

const joinOf = (identity: string): string => identity.slice('p-'.length);
const maxGreeted = 64;
const oftenGreeted = 8;
