import { toBase64url } from '../../base/bytes.ts';
import type { Timer } from '../../base/clock.ts';
import type { Caller } from '../../consent/messages/catalog.ts';
import type { Verified } from '../../consent/messages/jws.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import { timing } from '../../consent/timing.ts';
import { challengeCode } from './bridge-code.ts';
import { bridgesOf, type Bridge, type Granted, type OpenAsk, spendAsks } from './host-bridges.ts';
import { keepBridgeKeys } from './bridge-keys.ts';
import { admitCallers, admittedByScope, changeLeg, turnAwayCallers } from './host-callers.ts';
import {
  newEpoch,
  publishRoster,
  sendHeartbeat,
  welcomeAgain,
  type EpochEvents,
  type NewGrant,
} from './host-epochs.ts';
import { HostCoHosts, type CoHostEvents } from './host-cohosts.ts';
import { carryOut, isRevoked } from './host-decisions.ts';
import { HostAnswers } from './host-answers.ts';
import { HostDialling } from './host-dialling.ts';
import { HostPrompt } from './host-prompt.ts';
import { HostHellos } from './host-hello.ts';
import { identityEvents, noteStanding } from './host-identity.ts';
import { HostInbox, type HostEvents } from './host-inbox.ts';
import { prepareNext } from './host-prepare.ts';
import { HostLockOut, type RevokeReason } from './host-lock-out.ts';
import type { Person } from './host-people.ts';
import { clockOf, send, sendJws, type HostState } from './host-state.ts';
import { bridgeNames as names, forgetTimers, settleAsk, type HostWork } from './host-work.ts';
import type { Approval } from './session.ts';

/**
 * One instance of the meeting as its host runs it: who is in, which epoch is in use, what bridges ask and hold. Every
 * method runs in the session's queue, one at a time.
 */
export class HostMeeting {
  readonly state: HostState;
  readonly inbox: HostInbox;
  readonly dialling: HostDialling;
  readonly #epochEvents: EpochEvents;
  readonly #hellos: HostHellos;
  readonly #lockOut: HostLockOut;
  readonly #answers: HostAnswers;
  readonly #prompt: HostPrompt;
  readonly #work: HostWork;
  #batch: Timer | null = null;
  #preparing: Timer | null = null;
  #publishing: Timer | null = null;
  #epochMs = 0;
  #stopped = false;

  /** `onSuperseded`: another host has started, with a higher term. */
  constructor(state: HostState, onSuperseded: CoHostEvents['onSuperseded']) {
    this.state = state;
    this.#prompt = new HostPrompt(state);
    this.dialling = new HostDialling(state);
    this.#epochEvents = {
      onReceiptMissing: (bridge) => this.#later(() => this.#distrust(bridge, 'no-receipt')),
      onUntil: (bridge, granted) => this.#later(() => this.#onUntil(bridge, granted)),
    };
    this.#work = {
      state,
      rotate: (grant) => this.#rotate(grant),
      publish: () => this.#publish(),
      draw: () => this.#prompt.draw(),
      later: (job) => this.#later(job),
    };
    this.#lockOut = new HostLockOut(this.#work);
    this.#answers = new HostAnswers(this.#work);
    this.#hellos = new HostHellos(state, {
      onJoined: (person) => this.#onJoined(person),
      onKnock: (person) => {
        state.views.history('knock', { name: person.name });
        this.#later(() => this.#publish());
      },
    });
    const coHosts = new HostCoHosts(state, {
      onDecision: (decision, name) => this.#later(() => this.#onDecision(decision, name)),
      onDenial: (request) => this.#later(() => this.#onCoHostDenial(request)),
      onRevocation: (key, grant) => this.#later(() => this.#onCoHostRevocation(key, grant)),
      onSuperseded,
    });
    this.inbox = new HostInbox(state, this.#events(), { hellos: this.#hellos, coHosts });
  }

  async begin(): Promise<void> {
    this.state.views.history('started');
    await this.#rotate();
    this.state.views.update({ phase: 'in-meeting', hostPresent: true });
  }

  draw(): void {
    this.#prompt.draw();
  }

  knows(identity: string): boolean {
    const join = identity.slice(2);
    return this.state.people.get(join) !== undefined || this.state.bridges.has(join);
  }

  /** Who the server says is there. Whoever is gone loses the key at once; who is there is nobody until it says hello. */
  async present(identities: readonly string[]): Promise<void> {
    const here = new Set(identities);
    if (this.state.door.present(here)) this.#prompt.draw();
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
    await this.#answers.approve(this.#prompt.live(requestHash), approval, '');
  }

  async deny(requestHash: string): Promise<void> {
    await this.#answers.deny(this.#prompt.prompted(requestHash));
  }

  /** A co-host's yes, to whichever question it was shown. */
  async approveFor(requestHash: string, approval: Approval, decision: string): Promise<void> {
    await this.#answers.approve(this.#prompt.asking(requestHash), approval, decision);
  }

  async denyAny(requestHash: string): Promise<void> {
    await this.#answers.deny(this.#prompt.asking(requestHash));
  }

  async revoke(bridgeThumbprint: string): Promise<void> {
    const bridges = bridgesOf(this.state, bridgeThumbprint).filter((b) => b.holds);
    if (bridges.length === 0) throw new Error('nothing-to-revoke');
    for (const bridge of bridges) await this.#lockOut.revoke(bridge, 'revoked');
    await this.#rotate();
  }

  async changeLeg(thumbprint: string, leg: string, reason: 'ended' | 'muted' | 'unmuted'): Promise<void> {
    const bridge = bridgesOf(this.state, thumbprint).find((b) => b.admitted.has(leg));
    if (bridge === undefined) throw new Error('unknown-leg');
    await changeLeg(this.#work, bridge, leg, reason);
  }

  /** Whoever asks is told no; whoever is in stays. A registration that is locked cannot be unlocked. */
  async setLocked(locked: boolean): Promise<void> {
    const { registration, bridges, views } = this.state;
    if (this.state.locked === locked) return;
    if (registration.policy.locked) throw new Error('locked-by-registration');
    this.state.locked = locked;
    views.history(locked ? 'locked' : 'unlocked');
    for (const bridge of bridges.values())
      if (locked && bridge.ask !== null) await this.#answers.refuse(bridge, 'locked');
    await this.#publish();
  }

  async admitMember(join: string): Promise<void> {
    const knock = this.state.door.take(join);
    if (knock === null || this.state.people.full) throw new Error('unknown-member');
    await this.#hellos.admit(knock.person);
  }

  async refuseMember(join: string): Promise<void> {
    const knock = this.state.door.take(join);
    if (knock === null) throw new Error('unknown-member');
    const key = toBase64url(knock.person.key);
    await this.state.door.bar(key, 'refused');
    await this.#hellos.tell({ join, key }, 'refused');
    await this.#publish();
  }

  async removeMember(join: string): Promise<void> {
    const person = this.state.people.get(join);
    if (person === undefined || join === this.state.ownJoin) throw new Error('unknown-member');
    const key = toBase64url(person.key);
    await this.state.door.bar(key, 'removed');
    await this.#hellos.tell({ join, key }, 'removed');
    this.state.views.history('member-removed', { name: person.name });
    await this.#remove([person], []);
  }

  async end(reason: 'ended' | 'left'): Promise<void> {
    for (const bridge of this.state.bridges.values()) {
      if (bridge.holds) await this.#lockOut.revoke(bridge, reason);
    }
    const { jws } = await this.state.chain.issue('instance-end', { reason });
    sendJws(this.state, jws);
  }

  /** Destroys every key and every timer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#batch?.cancel();
    this.#preparing?.cancel();
    this.#publishing?.cancel();
    for (const bridge of this.state.bridges.values()) forgetTimers(bridge);
    this.state.hpke.destroy();
    this.state.ahead.clear();
    this.state.next.close();
    await this.state.keys.clear();
  }

  // What was said ------------------------------------------------------------------------------------------------

  #events(): HostEvents {
    return {
      onLag: (person) => this.#later(() => this.#catchUp(person)),
      onBridgeLag: (bridge) => this.#later(() => this.#rosterAgain(identityOf(bridge.join))),
      onSwitched: (join, epoch) => {
        this.#lockOut.onSwitched(join, epoch);
        this.#prepareSoon();
      },
      onBridge: (bridge) => this.#onBridge(bridge),
      onAsk: (bridge) => this.#onAsk(bridge),
      onFlood: (bridge, request, callers) => this.#later(() => this.#turnAway(bridge, request, callers)),
      ...identityEvents(this.#work, this.#lockOut, (bridges) => this.#remove([], bridges)),
      onWithdrawn: (bridge) => this.#onWithdrawn(bridge),
      onRecorded: (bridge, type) => this.#onRecorded(bridge, type),
      onBadReceipt: (bridge, reason) => {
        this.state.views.alarm('ledger-mismatch', { ...names(bridge), reason });
        this.#later(() => this.#distrust(bridge, 'no-receipt'));
      },
      onClosed: (bridge) => this.#later(() => this.#onClosed(bridge)),
      onLegs: () => {
        this.#prompt.draw();
        this.#publishSoon();
      },
      onLedger: () => this.#onLedger(),
    };
  }

  /** A key holder whose ledger is forked keeps no promise that could be held against it. */
  #onLedger(): void {
    for (const bridge of this.state.bridges.values()) {
      if (bridge.holds && this.state.ledgers.state(bridge.join) === 'fork')
        this.#later(() => this.#distrust(bridge, 'no-receipt'));
    }
    this.#prompt.draw();
  }

  /** Receipts of one click come one after the other: one list says it all. */
  #publishSoon(): void {
    this.#publishing ??= clockOf(this.state).after(timing.publishBatch, () => {
      this.#publishing = null;
      this.#later(() => this.#publish());
    });
  }

  /** Once nobody has switched for a while. */
  #prepareSoon(): void {
    this.#preparing?.cancel();
    this.#preparing = clockOf(this.state).after(timing.prepareAfter, () => {
      if (!this.#stopped) prepareNext(this.state);
    });
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
    const offer = this.state.dials.offerOf({ join: bridge.join, key: toBase64url(bridge.key) });
    if (offer !== null) sendJws(this.state, offer.jws, [to]);
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

  #onBridge(bridge: Bridge): void {
    this.state.views.history('bridge-joined', names(bridge));
    noteStanding(this.state, bridge);
    void keepBridgeKeys(this.state.options.store, this.state.bridgeKeys);
    this.#later(() => this.#publish());
  }

  #onAsk(bridge: Bridge): void {
    const { ask } = bridge;
    if (this.state.locked) {
      this.#later(async () => {
        await this.#answers.refuse(bridge, 'locked');
        await this.#publish();
      });
      return;
    }
    const by = admittedByScope(bridge);
    if (ask !== null && by !== null) {
      this.#later(() => this.#admitByScope(bridge, ask, by));
      return;
    }
    if (ask?.kind === 'key') {
      bridge.state = 'asking';
      bridge.lockedOutAfterMs = null;
    }
    this.state.views.history('bridge-request', names(bridge));
    this.#later(async () => {
      await challengeCode(this.state, bridge);
      await this.#publish();
    });
    prepareNext(this.state);
  }

  async #admitByScope(bridge: Bridge, ask: OpenAsk, by: 'any' | 'next'): Promise<void> {
    if (bridge.ask === ask && admittedByScope(bridge) === by)
      await admitCallers(this.#work, bridge, { callers: ask.callers, by });
  }

  /** More questions than anybody answers: turned away unseen. */
  async #turnAway(bridge: Bridge, request: string, callers: readonly Caller[] | null): Promise<void> {
    if (callers !== null) {
      const grant = bridge.granted?.hash ?? '';
      return turnAwayCallers(this.#work, { request, grant, callers, reason: 'too-many' });
    }
    const { rank, chain } = this.state;
    const { jws } = await chain.issue('denial', { rank, request, reason: 'too-many' });
    sendJws(this.state, jws);
  }

  #onWithdrawn(bridge: Bridge): void {
    if (bridge.ask === null) return;
    settleAsk(bridge);
    if (!bridge.holds) bridge.state = 'waiting';
    this.state.views.history('expired', names(bridge));
    this.#later(() => this.#publish());
  }

  #onRecorded(bridge: Bridge, type: 'grant' | 'rekeyed'): void {
    if (type !== 'grant' || !bridge.holds) return;
    bridge.state = 'holds-key';
    this.state.views.history('receipt', names(bridge));
    this.#prompt.draw();
    this.#publishSoon();
  }

  /** The bridge has closed by itself. Its word is enough to take the key away, never to keep it. */
  async #onClosed(bridge: Bridge): Promise<void> {
    if (!bridge.holds) return;
    this.#lockOut.begin(bridge);
    await this.#rotate();
  }

  async #onDecision(decision: Verified<'decision'>, name: string): Promise<void> {
    if (await carryOut(this, decision)) this.state.views.history('co-host-decided', { name });
  }

  /** Any host's denial wins: after the grant it is a revocation. */
  async #onCoHostDenial(request: string): Promise<void> {
    const bridges = [...this.state.bridges.values()];
    const asking = bridges.find((b) => b.ask?.hash === request);
    if (asking !== undefined) return this.#answers.deny(asking);
    const holding = bridges.find((b) => b.holds && b.granted?.request === request);
    if (holding !== undefined) await this.#distrust(holding, 'denied');
  }

  async #onCoHostRevocation(key: string, grant: string): Promise<void> {
    const bridges = [...this.state.bridges.values()].filter((b) => isRevoked(b, key, grant));
    for (const bridge of bridges) await this.#lockOut.revoke(bridge, 'revoked');
    if (bridges.length > 0) await this.#rotate();
  }

  // What follows from it -----------------------------------------------------------------------------------------

  #onUntil(bridge: Bridge, granted: Granted): Promise<void> {
    return bridge.granted === granted ? this.#distrust(bridge, 'until') : Promise.resolve();
  }

  /** Nobody clicked: the host's client itself takes the key back. */
  async #distrust(bridge: Bridge, reason: RevokeReason): Promise<void> {
    if (!bridge.holds) return;
    if (reason === 'no-receipt') {
      this.state.views.alarm('no-receipt', names(bridge));
      this.state.views.history('receipt-missing', names(bridge));
    }
    await this.#lockOut.revoke(bridge, reason);
    await this.#rotate();
  }

  async #remove(people: readonly Person[], bridges: readonly Bridge[]): Promise<void> {
    for (const person of people) {
      this.state.people.remove(person.join);
      this.state.views.history('member-left', { name: person.name });
      this.#lockOut.onLeft(person.join);
    }
    for (const bridge of bridges) {
      this.state.bridges.delete(bridge.join);
      spendAsks(this.state.spentAsks, bridge);
      this.state.ledgers.drop(bridge.join);
      forgetTimers(bridge);
      bridge.ask?.timer.cancel();
      bridge.lockingOut?.timer.cancel();
      this.state.views.history('bridge-left', names(bridge));
    }
    if (bridges.length > 0) this.state.dials.present(new Set([...this.state.bridges.keys()].map(identityOf)));
    if (people.length > 0 || bridges.some((b) => b.holds)) await this.#rotate();
    else if (bridges.length > 0) await this.#publish();
  }

  async #rotate(newGrant?: NewGrant): Promise<void> {
    this.#epochMs = clockOf(this.state).monoMs();
    await newEpoch(this.state, this.#epochEvents, newGrant);
    if (this.state.epoch > 1 && newGrant === undefined) this.state.views.history('rekeyed');
    const { ownJoin, people } = this.state;
    this.#lockOut.onSwitched(ownJoin, people.get(ownJoin)?.switched ?? 0);
  }

  async #publish(): Promise<void> {
    await publishRoster(this.state);
    this.#prompt.draw();
  }

  #later(job: () => Promise<void>): void {
    void this.state.queue.later(async () => {
      if (!this.#stopped) await job();
    });
  }
}
