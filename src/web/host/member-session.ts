import { equalBytes, toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import { every, type Timer } from '../../base/clock.ts';
import { EpochKeys } from '../../consent/epoch-keys.ts';
import { HostWatch, type HostRefusal, type Instance } from '../../consent/host-watch.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import type { Verified } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf, keyCheckValue } from '../../consent/messages/key-schedule.ts';
import { sha256, thumbprint } from '../../consent/messages/keys.ts';
import type { Packet } from '../../consent/messages/packet.ts';
import { keyModeOf, meetingIdOf, parseRegistration } from '../../consent/messages/registration.ts';
import { SealKeys } from '../../consent/seal-keys.ts';
import { timing } from '../../consent/timing.ts';
import { ConnectorBook } from './connector-book.ts';
import { DialBook } from './dial-book.ts';
import { GrantBook } from './grant-book.ts';
import { MemberLedgers } from './member-ledgers.ts';
import { MemberInbox, type HostWord, type Started } from './member-inbox.ts';
import type { MemberObserver } from './member-observer.ts';
import { MemberPicture } from './member-picture.ts';
import { MemberVoice } from './member-voice.ts';
import { checkSink } from './key-sink.ts';
import type { MeetingView, MemberSession, SessionOptions } from './session.ts';
import { ViewStore } from './view-store.ts';
import { workQueue } from './work-queue.ts';

export function createMemberSession(options: SessionOptions): MemberSession {
  return new Member(options, 'member');
}

/** Everything of a meeting whose host is known. */
interface Current extends Started {
  readonly instance: Instance;
}

const termName = 'term';

/**
 * A member: says hello with the invite secret, takes keys that are sealed to it, and sends under an epoch only while a
 * live host says who holds it and every bridge among them has a grant that it has verified itself.
 */
export class Member implements MemberSession {
  readonly #options: SessionOptions;
  readonly #views: ViewStore;
  readonly #queue = workQueue();
  readonly #inbox: MemberInbox;
  readonly #keys: EpochKeys;
  readonly #seals: SealKeys;
  readonly #join: string;
  readonly #voice: MemberVoice;
  readonly #picture: MemberPicture;
  readonly #dials = new DialBook(() => this.redraw());
  readonly #observer: MemberObserver | null;
  #started: Started | null = null;
  #ticker: Timer | null = null;
  #roster: Verified<'roster'> | null = null;
  #heartbeat: Payload<'heartbeat'> | null = null;
  /** Hash of the last roster whose key is here and whose grants were verified: the host sends again what is missing. */
  #taken = '';
  /** After a revocation: the first epoch that may be used again. */
  #notBefore = 0;
  #refusedByHost = false;
  #closed = false;

  constructor(options: SessionOptions, role: 'member' | 'co-host', observer: MemberObserver | null = null) {
    this.#options = options;
    this.#observer = observer;
    const { clock, keys: sink, random, device, joinId } = options;
    this.#join = toBase64url(joinId);
    this.#views = new ViewStore(clock, role);
    const own = { key: toBase64url(device.publicKey), join: this.#join };
    this.#keys = new EpochKeys({ sink, clock, random, own, mode: keyModeOf(options.registration) });
    this.#seals = new SealKeys(random);
    this.#voice = new MemberVoice(options);
    this.#inbox = new MemberInbox({
      channel: options.channel,
      views: this.#views,
      dials: this.#dials,
      queue: this.#queue,
      observer,
      started: () => (this.#closed || this.#refusedByHost ? null : this.#started),
      roster: () => this.#roster?.payload ?? null,
      onInstance: (jws, from) => this.#onInstance(jws, from),
      onHost: (packet, type) => this.#onHost(packet, type),
      onRevocation: (jws) => this.#onRevocation(jws),
      advance: () => this.#advance(),
      redraw: () => this.redraw(),
    });
    this.#picture = new MemberPicture({
      clock,
      views: this.#views,
      keys: this.#keys,
      dials: this.#dials,
      ownJoin: this.#join,
      observer,
    });
  }

  get view(): MeetingView {
    return this.#views.view;
  }

  subscribe(listener: (view: MeetingView) => void): () => void {
    return this.#views.subscribe(listener);
  }

  async start(): Promise<void> {
    const { registration: bytes, clock, random, store, channel } = this.#options;
    const registration = parseRegistration(bytes);
    if (!registration.ok) throw new Error('registration-invalid');
    checkSink(this.#options.keys, registration.value);
    const meetingId = await meetingIdOf(bytes);
    const stored = Number(utf8Text((await store.get(termName)) ?? utf8('0')));
    const floorTerm = Number.isSafeInteger(stored) && stored >= 0 ? stored : 0;
    const watch = new HostWatch({ registration: registration.value, meetingId, clock, random, floorTerm });
    const connectors = new ConnectorBook(this.#options.ledgers ?? store, clock);
    await connectors.load(registration.value.operators);
    const book = new GrantBook(registration.value, clock, connectors);
    const ledgers = new MemberLedgers(this.#options, { meetingId, book, views: this.#views });
    this.#started = { watch, book, meetingId, ledgers };
    const { locked, onHostChange } = registration.value.policy;
    this.#views.update({ meetingId, phase: 'waiting-for-host', locked, onHostChange });
    channel.onMessage((from, payload) => {
      if (!this.#closed) this.#inbox.receive(from, payload);
    });
    this.#ticker = every(clock, timing.tick, () => void this.#queue.later(() => this.#tick()));
  }

  async close(reason?: string): Promise<void> {
    if (this.#closed) return;
    await this.detach();
    this.#views.history('left', reason === undefined ? {} : { reason });
    this.#views.update({ phase: 'ended', hostPresent: false });
  }

  /** Hears nothing and holds nothing any more; what it showed stays. */
  async detach(): Promise<void> {
    this.#closed = true;
    this.#ticker?.cancel();
    this.#seals.destroy();
    await this.#keys.clear();
  }

  /** For what a co-host decides: the view, with its histories and alarms. */
  get views(): ViewStore {
    return this.#views;
  }

  /** A revocation that this client has signed itself: nothing is sent under the key that it takes back. */
  revokedByMe(jws: string): Promise<void> {
    return this.#queue.urgent(() => this.#onRevocation(jws));
  }

  /** Draws again what is known. */
  redraw(): void {
    void this.#queue.later(async () => {
      const current = this.#current();
      if (current !== null && this.#roster !== null) await this.#picture.draw(this.#roster.payload, current);
    });
  }

  /** For what a co-host asks for itself. */
  get dials(): DialBook {
    return this.#dials;
  }

  async #onInstance(jws: string, from: string): Promise<void> {
    if (this.#started === null) return;
    const { watch, book, meetingId, ledgers } = this.#started;
    const found = await watch.start(jws);
    if (!found.ok) {
      this.#refused(found.reason);
      if (found.reason === 'term-lower') this.#voice.tellStale(from);
      return;
    }
    if (found.value.known) return;
    const { instance } = found.value;
    const { store } = this.#options;
    const before = watch.instance;
    await store.set(termName, utf8(String(instance.term)));
    watch.adopt(instance);
    this.#voice.begin(jws);
    book.reset();
    this.#dials.reset();
    this.#observer?.begun();
    ledgers.begin(instance);
    this.#roster = null;
    this.#heartbeat = null;
    this.#picture.begin();
    this.#notBefore = 0;
    this.#taken = '';
    this.#seals.destroy();
    await this.#keys.clear();
    if (before !== null) this.#views.history('instance-start');
    this.#views.update({ phase: 'joining', members: [], bridges: [], epoch: 0 });
    await this.#sayHello({ watch, book, meetingId, ledgers, instance });
  }

  async #sayHello(current: Current): Promise<void> {
    await this.#voice.hello(current, await this.#seals.fresh(), current.watch.nonce());
  }

  async #onHost(packet: Packet, type: HostWord): Promise<void> {
    const { watch, book } = this.#started ?? {};
    const accepted = await watch?.accept(packet.jws, type, type === 'grant' ? 'any' : 'rising');
    const instance = watch?.instance ?? null;
    if (accepted === undefined || instance === null) return;
    if (!accepted.ok) {
      this.#refused(accepted.reason);
      return;
    }
    switch (type) {
      case 'welcome':
        return this.#onWelcome(accepted.value as Verified<'welcome'>, instance);
      case 'roster':
        return this.#onRoster(accepted.value as Verified<'roster'>, packet);
      case 'heartbeat':
        return this.#onHeartbeat(accepted.value as Verified<'heartbeat'>, instance);
      case 'grant':
        await book?.addGrant(accepted.value as Verified<'grant'>);
        return this.#advance();
      case 'removal':
        return this.#onRemoval(accepted.value as Verified<'removal'>);
      case 'instance-end':
        return this.#onEnd(accepted.value as Verified<'instance-end'>);
    }
  }

  async #onWelcome({ payload }: Verified<'welcome'>, instance: Instance): Promise<void> {
    const { epoch, hello } = payload;
    if (!this.#voice.said(hello) || this.#keys.has(epoch)) return;
    const mk = await this.#seals.open(payload, {
      type: 'welcome',
      role: 'member',
      meeting: payload.meeting,
      instance: instance.id,
      term: instance.term,
      sender: instance.hostThumbprint,
      recipient: await thumbprint(this.#options.device.publicKey),
      epoch,
      about: hello,
    });
    if (!mk.ok) {
      // Sealed to a key that is gone is late, not wrong: the host is told by the next nonce what is missing.
      if (mk.reason !== 'seal-key-unknown') this.#views.alarm('key-mismatch', { reason: mk.reason });
      return;
    }
    this.#keys.hold(instance.id, epoch, mk.value, { ahead: true });
    await this.#prepare(epoch);
    await this.#voice.nextKey({ instance, meetingId: payload.meeting }, await this.#seals.fresh());
  }

  /** A key may come before the roster that puts it in use: what can be made ready then, is. */
  async #prepare(epoch: number): Promise<void> {
    const roster = this.#roster?.payload;
    if (roster?.epoch === epoch) this.#keys.expect(epoch);
    if (roster === undefined || roster.epoch === epoch) return this.#advance();
    if (epoch > roster.epoch) await this.#keys.loadAhead(epoch, roster.members);
  }

  async #onRoster(roster: Verified<'roster'>, packet: Packet): Promise<void> {
    const { payload } = roster;
    const box = packet.beside[0];
    if (box === undefined || toBase64url(await sha256(box)) !== payload.private) return;
    const own = payload.members.find((m) => m.join === this.#join);
    if (own === undefined || own.key !== toBase64url(this.#options.device.publicKey)) {
      // Put out: only a new hello leads back in. (Not yet let in: the hello is on its way.)
      if (this.#roster === null) return;
      this.#voice.helloAtOnce();
      this.#roster = null;
      return this.#keys.mute();
    }
    this.#picture.take(payload, box, this.#started?.book);
    this.#dials.present(new Set(payload.bridges.map(({ join }) => identityOf(join))));
    this.#keys.expect(payload.epoch);
    this.#views.update({ locked: payload.locked });
    this.#roster = roster;
    await this.#advance();
  }

  async #onHeartbeat({ payload }: Verified<'heartbeat'>, instance: Instance): Promise<void> {
    // Of a roster that is not here it proves nothing to this member: a server that kept the roster of a new epoch back and let
    // heartbeats through would make it talk on under a key that was taken from somebody.
    const mine = this.#roster?.hash === payload.roster && this.#taken === payload.roster;
    const live = mine && (this.#started?.watch.echoed(payload.nonces) ?? false);
    const mk = this.#keys.mk(payload.epoch);
    const name = { instance: instance.id, epoch: payload.epoch };
    if (mk !== null && !equalBytes(await keyCheckValue(mk, name), bytesOfText(payload.kcv))) {
      this.#views.alarm('key-mismatch', { reason: 'heartbeat' });
      return this.#keys.mute();
    }
    this.#heartbeat = payload;
    this.#started?.ledgers.heartbeat(payload);
    if (live && !this.view.hostPresent) {
      if (this.view.phase === 'in-meeting') this.#views.history('host-back');
      this.#views.update({ hostPresent: true });
    }
    await this.#advance();
  }

  #current(): Current | null {
    const started = this.#started;
    const instance = started?.watch.instance ?? null;
    return started === null || instance === null ? null : { ...started, instance };
  }

  /** Loads what opens frames; sends only when every condition for it holds. */
  async #advance(): Promise<void> {
    const roster = this.#roster;
    const current = this.#current();
    if (roster === null || current === null) return;
    await current.ledgers.follow(roster.payload);
    const { epoch, members, bridges } = roster.payload;
    const holders = bridges.filter((b) => b.holds);
    const covered = holders.every((b) => current.book.covers(b, roster.payload));
    if (covered && this.#keys.has(epoch)) {
      this.#taken = roster.hash;
      await this.#keys.load(epoch, [...members, ...holders.filter((b) => b.audio !== 'listen')]);
      if (this.#maySend(roster, current) && this.#keys.sending !== epoch) await this.#switch(roster, current);
    }
    // Between a revocation and the roster after it, the old one still lists the bridge: that is no cause for alarm.
    const inForce = this.#heartbeat?.roster === roster.hash && epoch >= this.#notBefore;
    if (!covered && inForce) this.#views.alarm('grant-unverified');
    await this.#picture.draw(roster.payload, current);
  }

  /** Under the roster that a live host names, and never under an epoch that a revocation has ended. */
  #maySend(roster: Verified<'roster'>, { watch }: Current): boolean {
    const { epoch } = roster.payload;
    const named = this.#heartbeat?.roster === roster.hash && this.#heartbeat.epoch === epoch;
    return named && watch.ageMs() <= timing.liveWithin && epoch >= this.#notBefore;
  }

  async #switch(roster: Verified<'roster'>, current: Current): Promise<void> {
    const { epoch } = roster.payload;
    if (!(await this.#keys.switchTo(epoch))) return;
    await this.#voice.switched(current, roster);
    if (this.view.phase !== 'in-meeting') this.#views.history('joined');
    this.#views.update({ phase: 'in-meeting', epoch, hostPresent: true });
  }

  /** Somebody with the key is to be locked out: nothing more is sent under a key that he has. */
  async #onRevocation(jws: string): Promise<void> {
    const current = this.#current();
    if (current === null) return;
    const verified = await current.watch.revocation(jws);
    if (!verified.ok) {
      this.#refused(verified.reason);
      return;
    }
    const { grant, bridge, epoch, instance } = verified.value.payload;
    current.book.revoke(grant);
    await this.#observer?.revoked();
    const roster = this.#roster?.payload;
    const hit = roster?.bridges.find((b) => b.key === bridge && b.holds);
    // An old one that was held back: the epoch it asked for is in use already.
    if (instance !== current.instance.id || hit === undefined || epoch <= (roster?.epoch ?? 0)) return;
    this.#notBefore = Math.max(this.#notBefore, epoch);
    this.#keys.expect(epoch);
    await this.#keys.mute();
    await this.#keys.silence(hit.join);
    this.#picture.revoked(hit.join);
    this.#views.history('revoked', { operator: current.book.certificate(hit.key)?.operatorName ?? '' });
    const bridges = this.view.bridges.map((b) =>
      b.identity === identityOf(hit.join) ? { ...b, state: 'locking-out' as const } : b,
    );
    this.#views.update({ bridges });
  }

  /** The host's word that this page is not in: it stops asking. */
  async #onRemoval({ payload }: Verified<'removal'>): Promise<void> {
    if (payload.join !== this.#join || payload.key !== toBase64url(this.#options.device.publicKey)) return;
    this.#refusedByHost = true;
    this.#roster = null;
    this.#seals.destroy();
    await this.#keys.clear();
    this.#views.history(payload.reason);
    this.#views.update({ phase: 'refused', members: [], bridges: [] });
  }

  async #onEnd({ payload }: Verified<'instance-end'>): Promise<void> {
    this.#started?.watch.drop();
    this.#started?.ledgers.end();
    this.#roster = null;
    this.#seals.destroy();
    await this.#keys.clear();
    this.#views.history(payload.reason === 'ended' ? 'ended' : 'host-lost');
    const phase = payload.reason === 'ended' ? 'ended' : 'waiting-for-host';
    this.#views.update({ phase, hostPresent: false, members: [], bridges: [] });
  }

  async #tick(): Promise<void> {
    await this.#started?.ledgers.tick();
    const current = this.#current();
    if (current === null || this.#closed || this.#refusedByHost) return;
    const { watch } = current;
    if (watch.ageMs() > timing.liveWithin && this.view.hostPresent) {
      await this.#keys.mute();
      this.#views.history('host-lost');
      this.#views.update({ hostPresent: false });
    }
    if (this.#mustSayHello()) return this.#sayHello(current);
    const state = () => ({ nonce: watch.nonce(), epoch: this.#keys.sending ?? 0, roster: this.#taken });
    await this.#voice.nonce(current, state);
  }

  /** Not let in yet, or let in and without the key for so long that sending it again has not helped. */
  #mustSayHello(): boolean {
    const since = this.#voice.sinceHello();
    if (this.#roster === null) return since >= timing.helloEvery;
    return !this.#keys.has(this.#roster.payload.epoch) && since >= timing.helloAgain;
  }

  /** Duplicates are the network's doing; two truths of one host are not. */
  #refused(reason: HostRefusal): void {
    if (reason === 'equivocation') this.#views.alarm('term-conflict');
    if (reason === 'jws-signature' || reason === 'not-a-host') this.#views.alarm('bad-signature');
  }
}
