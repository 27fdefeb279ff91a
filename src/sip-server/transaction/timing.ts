import type { Milliseconds } from '../../base/clock.ts';

/** RFC 3261 §17, table 4, and RFC 6026 for L and M. Tests hand in shorter ones. */
export interface Timing {
  readonly t1: Milliseconds;
  readonly t2: Milliseconds;
  readonly t4: Milliseconds;
  /** Our own: a server of several that has said nothing for so long is left for the next; over UDP it was asked four times. */
  readonly silence: Milliseconds;
}

export const standardTiming: Timing = { t1: 500, t2: 4_000, t4: 5_000, silence: 4_000 };

/** 64*T1: timers B, F, H, J, L and M. */
export function giveUpAfter(timing: Timing): Milliseconds {
  return 64 * timing.t1;
}

export interface TransactionContext {
  readonly timing: Timing;
  /** TCP and the like: nothing is sent twice, and nothing lingers for late retransmissions. */
  readonly reliable: boolean;
}
