import { toBase64url, utf8 } from '../../base/bytes.ts';
import type { Timer } from '../../base/clock.ts';
import type { Caller, Payload } from '../../consent/messages/catalog.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import { timing } from '../../consent/timing.ts';
import { bridgeView, firstAsking, promptOf, type Bridge, type Granted } from './host-bridges.ts';
import {
  newEpoch,
  publishRoster,
  sendHeartbeat,
  welcomeAgain,
  type EpochEvents,
  type NewGrant,
} from './host-epochs.ts';
import { HostInbox, type HostEvents } from './host-inbox.ts';
import type { Person } from './host-people.ts';
import { clockOf, send, sendJws, type HostState } from './host-state.ts';
import type { Approval } from './session.ts';

type RevokeReason = Payload<'revocation'>['reason'];

/**
 * One instance of the meeting as its host runs it: who is in, which epoch is in use, what bridges ask and hold. Every
 * method runs in the session's queue, one at a time.
 */
export class HostMeeting {
  readonly state: HostState;
  readonly inbox: HostInbox;
  readonly #epochEvents: EpochEvents;
  #batch: Timer | null = null;
  #epochMs = 0;
  #prompt: { readonly hash: string; readonly liveFromMs: number } | null = null;
  #stopped = false;

  constructor(state: HostState) {
    this.state = state;
    this.#epochEvents = {
      onReceiptMissing: (bridge) => this.#later(() => this.#distrust(bridge, 'no-receipt')),
      onUntil: (bridge, granted) => this.#later(() => this.#onUntil(bridge, granted)),
    };
    this.inbox = new HostInbox(state, this.#events());
  }

  async begin(): Promise<void> {
    this.state.views.history('started');
    await this.#rotate();
    this.state.views.update({ phase: 'in-meeting', hostPresent: true });
  }

  knows(identity: string): boolean {
    const join = identity.slice(2);
    return this.state.people.get(join) !== undefined || this.state.bridges.has(join);
  }

  /** Who the server says is there. Whoever is gone loses the key at once; who is there is nobody until it says hello. */
  async present(identities: readonly string[]): Promise<void> {
    const here = new Set(identities);
    const people = this.state.people.others().filter((p) => !here.has(identityOf(p.join)));
    const bridges = [...this.state.bridges.values()].filter((b) => !here.has(identityOf(b.join)));
    await this.#remove(people, bridges);
  }

  async tick(beat: boolean): Promise<void> {
    await this.#remove(this.state.people.lost(), []);
    await this.state.ledgers.tick();
    const now = clockOf(this.state).monoMs();
    if (now - this.#epochMs >= timing.epochLifetime) await this.#rotate();
    else if (beat) await sendHeartbeat(this.state);
  }

  async approve(requestHash: string, approval: Approval): Promise<void> {
    const bridge = this.#prompted(requestHash);
    const { ask } = bridge;
    if (ask === null) throw new Error('prompt-changed');
    if (clockOf(this.state).monoMs() < (this.#prompt?.liveFromMs ?? Infinity))
      throw new Error('prompt-not-live');
    // No proof that the ledger is the one that was seen before: no key, whatever is clicked.
    const ledger = this.state.ledgers.state(bridge.join);
    if (ledger === 'none' || ledger === 'fork') throw new Error('ledger-inconsistent');
    const callers = ask.callers.filter(({ leg }) => approval.only?.includes(leg) ?? true);
    if (ask.kind === 'legs') return this.#admitLegs(bridge, callers);
    this.state.views.history('granted', names(bridge));
    const untilMs = (approval.untilMinutes ?? 0) * 60_000;
    const scope = { audio: ask.scope.audio, legs: 'each', next: 0 } as const;
    await this.#rotate({ bridge, ask, callers, scope, decision: '', untilMs });
  }

  async deny(requestHash: string): Promise<void> {
    const bridge = this.#prompted(requestHash);
    const { ask } = bridge;
    if (ask === null) throw new Error('prompt-changed');
    this.#settleAsk(bridge);
    const legs = ask.callers.map((c) => c.leg);
    const grant = bridge.granted?.hash ?? '';
    const issued =
      ask.kind === 'key'
        ? await this.state.chain.issue('denial', {
            rank: this.state.rank,
            request: ask.hash,
            reason: 'denied',
          })
        : await this.state.chain.issue('leg-refusal', { request: ask.hash, grant, legs, reason: 'denied' });
    sendJws(this.state, issued.jws);
    if (ask.kind === 'key') bridge.state = 'denied';
    this.state.views.history('denied', names(bridge));
    await this.#publish();
  }

  async revoke(bridgeThumbprint: string): Promise<void> {
    const bridges = [...this.state.bridges.values()].filter(
      (b) => b.thumbprint === bridgeThumbprint && b.holds,
    );
    if (bridges.length === 0) throw new Error('nothing-to-revoke');
    for (const bridge of bridges) await this.#revoke(bridge, 'revoked');
    await this.#rotate();
  }

  async end(reason: 'ended' | 'left'): Promise<void> {
    for (const bridge of this.state.bridges.values()) {
      if (bridge.holds) await this.#revoke(bridge, reason);
    }
    const { jws } = await this.state.chain.issue('instance-end', { reason });
    sendJws(this.state, jws);
  }

  /** Destroys every key and every timer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#batch?.cancel();
    for (const bridge of this.state.bridges.values()) this.#forgetTimers(bridge);
    this.state.hpke.destroy();
    this.state.ahead.clear();
    await this.state.keys.clear();
  }

  // What was said ------------------------------------------------------------------------------------------------

  #events(): HostEvents {
    return {
      onJoined: (person) => this.#onJoined(person),
      onLag: (person) => this.#later(() => this.#catchUp(person)),
      onBridgeLag: (bridge) => this.#later(() => this.#rosterAgain(identityOf(bridge.join))),
      onSwitched: (join, epoch) => this.#onSwitched(join, epoch),
      onBridge: (bridge) => this.#onBridge(bridge),
      onAsk: (bridge) => this.#onAsk(bridge),
      onFlood: (_bridge, request) => this.#later(() => this.#turnAway(request)),
      onWithdrawn: (bridge) => this.#onWithdrawn(bridge),
      onRecorded: (bridge, type) => this.#onRecorded(bridge, type),
      onBadReceipt: (bridge, reason) => {
        this.state.views.alarm('ledger-mismatch', { ...names(bridge), reason });
        this.#later(() => this.#distrust(bridge, 'no-receipt'));
      },
      onClosed: (bridge) => this.#later(() => this.#onClosed(bridge)),
      onLegs: () => this.#later(() => this.#publish()),
      onLedger: () => this.#onLedger(),
      onOtherHost: () => this.state.views.alarm('two-hosts'),
    };
  }

  /** A key holder whose ledger is forked keeps no promise that could be held against it. */
  #onLedger(): void {
    for (const bridge of this.state.bridges.values()) {
      if (bridge.holds && this.state.ledgers.state(bridge.join) === 'fork')
        this.#later(() => this.#distrust(bridge, 'no-receipt'));
    }
    this.#draw();
  }

  #onJoined(person: Person): void {
    this.state.views.history('member-joined', { name: person.name });
    // What the newcomer needs to check the roster by itself goes ahead of the key.
    for (const bridge of this.state.bridges.values()) this.#introduce(bridge, identityOf(person.join));
    this.#batch ??= clockOf(this.state).after(timing.joinBatch, () => {
      this.#batch = null;
      this.#later(() => this.#rotate());
    });
  }

  #introduce(bridge: Bridge, to: string): void {
    if (bridge.helloJws !== '') sendJws(this.state, bridge.helloJws, [to]);
    if (bridge.granted === null) return;
    sendJws(this.state, bridge.granted.requestJws, [to]);
    sendJws(this.state, bridge.granted.jws, [to]);
  }

  /** Everything once more for somebody who does not have the roster that is in use. */
  async #catchUp(person: Person): Promise<void> {
    if (this.state.people.get(person.join) !== person) return;
    const to = identityOf(person.join);
    for (const bridge of this.state.bridges.values()) this.#introduce(bridge, to);
    await welcomeAgain(this.state, person);
    await this.#rosterAgain(to);
  }

  async #rosterAgain(to: string): Promise<void> {
    send(this.state, this.state.rosterPacket, [to]);
    await sendHeartbeat(this.state, [to]);
  }

  #onSwitched(join: string, epoch: number): void {
    for (const bridge of this.state.bridges.values()) {
      const out = bridge.lockingOut;
      if (out === null || epoch < out.epoch) continue;
      out.waiting.delete(join);
      if (out.waiting.size === 0) this.#lockedOut(bridge);
    }
    this.#draw();
  }

  #onBridge(bridge: Bridge): void {
    this.state.views.history('bridge-joined', names(bridge));
    const kept = [...this.state.bridgeKeys].slice(-maxBridgeKeys).join(' ');
    void this.state.options.store.set('bridge-keys', utf8(kept));
    this.#later(() => this.#publish());
  }

  #onAsk(bridge: Bridge): void {
    if (bridge.ask?.kind === 'key') {
      bridge.state = 'asking';
      bridge.lockedOutAfterMs = null;
    }
    this.state.views.history('bridge-request', names(bridge));
    this.#later(() => this.#publish());
  }

  async #turnAway(request: string): Promise<void> {
    const { jws } = await this.state.chain.issue('denial', {
      rank: this.state.rank,
      request,
      reason: 'too-many',
    });
    sendJws(this.state, jws);
  }

  #onWithdrawn(bridge: Bridge): void {
    if (bridge.ask === null) return;
    this.#settleAsk(bridge);
    if (!bridge.holds) bridge.state = 'waiting';
    this.state.views.history('expired', names(bridge));
    this.#later(() => this.#publish());
  }

  #onRecorded(bridge: Bridge, type: 'grant' | 'rekeyed'): void {
    if (type !== 'grant' || !bridge.holds) return;
    bridge.state = 'holds-key';
    this.state.views.history('receipt', names(bridge));
    this.#later(() => this.#publish());
  }

  /** The bridge has closed by itself. Its word is enough to take the key away, never to keep it. */
  async #onClosed(bridge: Bridge): Promise<void> {
    if (!bridge.holds) return;
    this.#lockOut(bridge);
    await this.#rotate();
  }

  // What follows from it -----------------------------------------------------------------------------------------

  async #admitLegs(bridge: Bridge, callers: readonly Caller[]): Promise<void> {
    const { ask, granted } = bridge;
    if (ask === null || granted === null || !bridge.holds) throw new Error('prompt-changed');
    this.#settleAsk(bridge);
    const legs = callers.map((c) => c.leg);
    const { jws } = await this.state.chain.issue('leg-admission', {
      request: ask.hash,
      grant: granted.hash,
      legs,
      by: 'click',
      left: granted.next,
      decision: '',
    });
    for (const { leg, label } of callers) bridge.admitted.set(leg, label);
    sendJws(this.state, jws);
    this.state.views.history('granted', names(bridge));
    await this.#publish();
  }

  #onUntil(bridge: Bridge, granted: Granted): Promise<void> {
    return bridge.granted === granted ? this.#distrust(bridge, 'until') : Promise.resolve();
  }

  /** Nobody clicked: the host's client itself takes the key back. */
  async #distrust(bridge: Bridge, reason: 'no-receipt' | 'until'): Promise<void> {
    if (!bridge.holds) return;
    if (reason === 'no-receipt') {
      this.state.views.alarm('no-receipt', names(bridge));
      this.state.views.history('receipt-missing', names(bridge));
    }
    await this.#revoke(bridge, reason);
    await this.#rotate();
  }

  /** Says it, stops sending under the key that the bridge has, and counts who still has to switch. */
  async #revoke(bridge: Bridge, reason: RevokeReason): Promise<void> {
    const grant = bridge.granted?.hash ?? '';
    const body = {
      rank: this.state.rank,
      bridge: toBase64url(bridge.key),
      grant,
      reason,
      epoch: this.state.epoch + 1,
    };
    this.#lockOut(bridge);
    const { jws } = await this.state.chain.issue('revocation', body);
    sendJws(this.state, jws);
    await this.state.keys.mute();
    this.state.views.history('revoked', names(bridge));
  }

  #lockOut(bridge: Bridge): void {
    const clock = clockOf(this.state);
    const senders = this.state.people.all().map((p) => p.join);
    this.#forgetTimers(bridge);
    this.#settleAsk(bridge);
    bridge.holds = false;
    bridge.granted = null;
    bridge.admitted.clear();
    bridge.state = 'locking-out';
    bridge.lockedOutAfterMs = null;
    bridge.lockingOut = {
      epoch: this.state.epoch + 1,
      startedMs: clock.monoMs(),
      waiting: new Set(senders),
      senders,
      timer: clock.after(timing.lockOutHard, () => this.#lockedOut(bridge)),
    };
    this.#draw();
  }

  #lockedOut(bridge: Bridge): void {
    const out = bridge.lockingOut;
    if (out === null) return;
    out.timer.cancel();
    bridge.lockingOut = null;
    const ms = Math.round(clockOf(this.state).monoMs() - out.startedMs);
    const asked = out.senders.some((join) => this.state.people.get(join)?.rotation === 'asked');
    // Nobody confirms what an app did that was only asked: that is no lock-out, however quickly it answered.
    const state = asked ? 'asked-to-rotate' : 'locked-out';
    bridge.lockedOutAfterMs = asked ? null : ms;
    if (bridge.state === 'locking-out') bridge.state = state;
    this.state.views.history(state, asked ? names(bridge) : { ...names(bridge), ms });
    if (this.state.bridges.has(bridge.join)) this.#later(() => this.#publish());
  }

  async #remove(people: readonly Person[], bridges: readonly Bridge[]): Promise<void> {
    for (const person of people) {
      this.state.people.remove(person.join);
      this.state.views.history('member-left', { name: person.name });
      this.#forgetSwitch(person.join);
    }
    for (const bridge of bridges) {
      this.state.bridges.delete(bridge.join);
      this.state.ledgers.drop(bridge.join);
      this.#forgetTimers(bridge);
      bridge.ask?.timer.cancel();
      bridge.lockingOut?.timer.cancel();
      this.state.views.history('bridge-left', names(bridge));
    }
    if (people.length > 0 || bridges.some((b) => b.holds)) await this.#rotate();
    else if (bridges.length > 0) await this.#publish();
  }

  /** Whoever has left does not send any more. */
  #forgetSwitch(join: string): void {
    for (const bridge of this.state.bridges.values()) {
      if (bridge.lockingOut?.waiting.delete(join) === true && bridge.lockingOut.waiting.size === 0) {
        this.#lockedOut(bridge);
      }
    }
  }

  async #rotate(newGrant?: NewGrant): Promise<void> {
    this.#epochMs = clockOf(this.state).monoMs();
    await newEpoch(this.state, this.#epochEvents, newGrant);
    if (this.state.epoch > 1 && newGrant === undefined) this.state.views.history('rekeyed');
    this.#onSwitched(this.state.ownJoin, this.state.people.get(this.state.ownJoin)?.switched ?? 0);
    this.#draw();
  }

  async #publish(): Promise<void> {
    await publishRoster(this.state);
    this.#draw();
  }

  #settleAsk(bridge: Bridge): void {
    bridge.ask?.timer.cancel();
    bridge.ask = null;
  }

  #forgetTimers(bridge: Bridge): void {
    for (const { timer } of bridge.due.values()) timer.cancel();
    bridge.due.clear();
    bridge.granted?.until?.cancel();
  }

  #prompted(requestHash: string): Bridge {
    const bridge = firstAsking(this.state.bridges.values());
    if (bridge?.ask?.hash !== requestHash || this.#prompt?.hash !== requestHash)
      throw new Error('prompt-changed');
    return bridge;
  }

  /** What a person sees. Approve is dead for a while after any change of what it would sign. */
  #draw(): void {
    const { views, bridges, people, epoch, ledgers } = this.state;
    const asking = firstAsking(bridges.values());
    const hash = asking?.ask?.hash ?? null;
    if (hash === null) this.#prompt = null;
    else if (hash !== this.#prompt?.hash) {
      this.#prompt = { hash, liveFromMs: clockOf(this.state).monoMs() + timing.promptDead };
    }
    views.update({
      epoch,
      members: people.view(epoch, this.state.registration.hosts),
      bridges: [...bridges.values()].map((b) => bridgeView(b, ledgers.state(b.join))),
      prompt:
        asking === null
          ? null
          : promptOf(asking, this.#prompt?.liveFromMs ?? Infinity, ledgers.state(asking.join)),
    });
  }

  #later(job: () => Promise<void>): void {
    void this.state.queue.later(async () => {
      if (!this.#stopped) await job();
    });
  }
}

const maxBridgeKeys = 64;
const names = (bridge: Bridge): Record<'operator' | 'connector', string> => ({
  operator: bridge.certificate.operatorName,
  connector: bridge.certificate.connectorName,
});
