import { toBase64url } from '../base/bytes.ts';
import type { LegId } from '../base/ids.ts';
import type { PersonalValue } from '../ledger/event.ts';
import type { Caller } from './messages/catalog.ts';
import { maxLegs } from './messages/catalog.ts';
import { labelCommitment, labelText, type SaltedLabel } from './messages/commitment.ts';
import type { Random } from './messages/seal.ts';

export interface CallerLabel {
  readonly display: string;
  readonly verification: SaltedLabel['verification'];
  readonly transport: string;
}

export interface WaitingCaller {
  readonly legId: LegId;
  readonly label: CallerLabel;
}

type CallerState = 'waiting' | 'asked' | 'admitted';

interface CallerEntry {
  readonly legId: LegId;
  readonly label: SaltedLabel;
  readonly commitment: string;
  state: CallerState;
  /** Hash of the request or leg-request that names it. */
  request: string;
  joined: boolean;
}

/** Several callers as one signed list, with what travels beside it. */
export interface AskedCallers {
  readonly legIds: readonly LegId[];
  readonly callers: readonly Caller[];
  readonly labels: readonly SaltedLabel[];
  readonly personal: readonly PersonalValue[];
}

/** A connector has more callers than this only if its quotas failed; they wait unseen. */
const maxCallers = 64;

/** Who waits, who was asked for and who is in. One salt a caller for the whole call, so its label is one commitment. */
export class BridgeCallers {
  readonly #random: Random;
  readonly #entries = new Map<LegId, CallerEntry>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns those that could not be taken. */
  async add(callers: readonly WaitingCaller[]): Promise<readonly LegId[]> {
    const left: LegId[] = [];
    for (const { legId, label } of callers) {
      const known = this.#entries.get(legId);
      if (known !== undefined) continue;
      if (this.#entries.size >= maxCallers) {
        left.push(legId);
        continue;
      }
      const salted: SaltedLabel = {
        leg: legId,
        salt: toBase64url(this.#random(16)),
        display: label.display.slice(0, 64),
        verification: label.verification,
        transport: label.transport.slice(0, 32),
      };
      const commitment = await labelCommitment(salted);
      this.#entries.set(legId, {
        legId,
        label: salted,
        commitment,
        state: 'waiting',
        request: '',
        joined: false,
      });
    }
    return left;
  }

  /** Whether it had not been let in yet: a wait that ends here. */
  remove(legId: LegId): boolean {
    const state = this.#entries.get(legId)?.state;
    this.#entries.delete(legId);
    return state === 'waiting' || state === 'asked';
  }

  /** Up to as many as one message holds, or as one answer lets in. */
  waiting(most: number = maxLegs): AskedCallers {
    const entries = this.#in('waiting').slice(0, Math.min(most, maxLegs));
    return {
      legIds: entries.map((e) => e.legId),
      callers: entries.map((e) => ({ leg: e.legId, label: e.commitment })),
      labels: entries.map((e) => e.label),
      personal: entries.map((e) => ({
        name: 'label',
        leg: e.legId,
        salt: e.label.salt,
        value: labelText(e.label),
      })),
    };
  }

  markAsked(legIds: readonly LegId[], request: string): void {
    for (const entry of this.#of(legIds)) {
      entry.state = 'asked';
      entry.request = request;
    }
  }

  askedFor(request: string): readonly LegId[] {
    return this.#in('asked')
      .filter((e) => e.request === request)
      .map((e) => e.legId);
  }

  admit(legIds: readonly LegId[]): void {
    for (const entry of this.#of(legIds)) entry.state = 'admitted';
  }

  setJoined(legId: LegId, joined: boolean): void {
    const entry = this.#entries.get(legId);
    if (entry !== undefined) entry.joined = joined;
  }

  admitted(): readonly LegId[] {
    return this.#in('admitted').map((e) => e.legId);
  }

  joined(): readonly LegId[] {
    return this.#in('admitted')
      .filter((e) => e.joined)
      .map((e) => e.legId);
  }

  hasWaiting(): boolean {
    return this.#in('waiting').length > 0;
  }

  /** Nobody of these is in or asked for any more: control says who waits again. */
  forget(legIds: readonly LegId[]): void {
    for (const legId of legIds) this.#entries.delete(legId);
  }

  #in(state: CallerState): CallerEntry[] {
    return [...this.#entries.values()].filter((e) => e.state === state);
  }

  #of(legIds: readonly LegId[]): CallerEntry[] {
    return legIds.flatMap((legId) => this.#entries.get(legId) ?? []);
  }
}
