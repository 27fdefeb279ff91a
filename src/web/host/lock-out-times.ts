import type { Milliseconds } from '../../base/clock.ts';
import type { Payload } from '../../consent/messages/catalog.ts';

type RosterBridge = Payload<'roster'>['bridges'][number];

/** How long it took from a revocation, as it was seen here, until the host said that nobody sends under its key any more. */
export class LockOutTimes {
  readonly #revokedMs = new Map<string, Milliseconds>();
  readonly #tookMs = new Map<string, Milliseconds>();

  revoked(join: string, now: Milliseconds): void {
    this.#revokedMs.set(join, now);
  }

  /** Bridges whose lock-out this roster tells for the first time. */
  told(roster: Payload<'roster'>, now: Milliseconds): readonly RosterBridge[] {
    return roster.bridges.filter(({ join, state }) => {
      const since = this.#revokedMs.get(join);
      if ((state !== 'locked-out' && state !== 'asked-to-rotate') || since === undefined) return false;
      this.#tookMs.set(join, now - since);
      this.#revokedMs.delete(join);
      return true;
    });
  }

  /** Null where no lock-out was seen from its beginning. */
  took(join: string): Milliseconds | null {
    return this.#tookMs.get(join) ?? null;
  }
}
