import { fromBase64url } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { NewEntry } from '../ledger/event.ts';
import { isAfter, type KeyTime } from './key-time.ts';
import type { Payload } from './messages/catalog.ts';
import { verifyMessage, type Verified } from './messages/jws.ts';
import type { Bytes } from './messages/key-schedule.ts';
import { thumbprint } from './messages/keys.ts';
import { timing } from './timing.ts';

/**
 * What a bridge records so that its ledger can say how long it could hear (docs/ledger-events.md): from a grant on every
 * roster, and after it the `switched` of everybody under the first epoch that it does not have. It stays in the meeting
 * for that, without a key.
 */
export class LockOutEvidence {
  readonly #clock: Clock;
  #active = false;
  /** The highest key that was sealed to the bridge. */
  #sealed: KeyTime = { term: 0, epoch: 0 };
  #members = new Map<string, Bytes>();
  #recorded = new Set<string>();
  #rosters = new Map<string, number>();
  #pending: { readonly epoch: number; readonly waiting: Set<string> } | null = null;
  #limit: Timer | null = null;
  #done: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is something to wait for. */
  get active(): boolean {
    return this.#active;
  }

  sealed(at: KeyTime): void {
    this.#active = true;
    if (isAfter(at, this.#sealed)) this.#sealed = at;
    this.#pending = null;
    this.#limit?.cancel();
    this.#limit = null;
  }

  /** The leaf for a roster, or null while rosters are of no account to this bridge. */
  roster(roster: Verified<'roster'>, holds: boolean): Omit<NewEntry, 'meeting' | 'bridge'> | null {
    if (!this.#active || this.#recorded.has(roster.hash)) return null;
    this.#recorded.add(roster.hash);
    const { payload } = roster;
    this.#rosters.set(roster.hash, payload.epoch);
    this.#members = new Map(payload.members.map((m) => [m.join, fromBase64url(m.key) ?? new Uint8Array(0)]));
    if (!holds && isAfter(payload, this.#sealed)) this.#begin(payload);
    const { term, epoch } = payload;
    return { type: 'roster', jws: roster.jws, data: { term, epoch, holds, hash: roster.hash } };
  }

  /** The leaf for one member's word that it has switched, once a member and epoch; null where it does not count. */
  async switched(
    jws: string,
    payload: Payload<'switched'>,
    instance: string,
  ): Promise<Omit<NewEntry, 'meeting' | 'bridge'> | null> {
    const key = this.#members.get(payload.join);
    const name = `${payload.join}/${String(payload.epoch)}`;
    if (!this.#active || key === undefined || this.#recorded.has(name) || payload.instance !== instance)
      return null;
    const verified = await verifyMessage(jws, 'switched', key);
    if (!verified.ok) return null;
    this.#recorded.add(name);
    const pending = this.#pending;
    if (pending !== null && payload.epoch >= pending.epoch) pending.waiting.delete(payload.join);
    return { type: 'switched', jws, data: { epoch: payload.epoch, by: await thumbprint(key) } };
  }

  /** Call after the leaf of `switched` was written: the evidence may be complete by it. */
  settle(): void {
    if (this.#pending?.waiting.size === 0) this.#finish();
  }

  /** Resolves when the lock-out is complete, or has been waited for long enough. */
  async complete(): Promise<void> {
    if (!this.#active) return;
    this.#limit ??= this.#clock.after(timing.lockOutHard, () => this.#finish());
    await new Promise<void>((resolve) => this.#done.push(resolve));
  }

  /** There is nobody left to hear it from. */
  abandon(): void {
    this.#finish();
  }

  #begin(roster: Payload<'roster'>): void {
    if (this.#pending !== null) return;
    this.#pending = { epoch: roster.epoch, waiting: new Set(roster.members.map((m) => m.join)) };
    this.#limit?.cancel();
    this.#limit = this.#clock.after(timing.lockOutHard, () => this.#finish());
  }

  #finish(): void {
    this.#active = false;
    this.#pending = null;
    this.#recorded = new Set();
    this.#rosters = new Map();
    this.#limit?.cancel();
    this.#limit = null;
    const done = this.#done;
    this.#done = [];
    for (const resolve of done) resolve();
  }
}
