import type { Milliseconds } from '../../base/clock.ts';

/** Whether a trunk's other end answers, by OPTIONS (RFC 3261 §11), with hysteresis: one lost packet is no outage. */
export interface HealthRules {
  /** SIP URI that is asked. */
  readonly target: string;
  readonly intervalMs: Milliseconds;
  /** Questions without an answer in a row until the trunk is down, and answers in a row until it is up again. */
  readonly downAfter: number;
  readonly upAfter: number;
}

export type Health = 'unknown' | 'up' | 'down';

export interface HealthState {
  readonly health: Health;
  /** In a row, of those that speak against `health`. */
  readonly against: number;
}

export const healthStart: HealthState = { health: 'unknown', against: 0 };

/**
 *   unknown --answer--> up --downAfter silences--> down --upAfter answers--> up
 *      |                                            ^
 *      +-----------------downAfter silences---------+
 */
export function healthStep(
  { health, against }: HealthState,
  alive: boolean,
  { downAfter, upAfter }: HealthRules,
): HealthState {
  if (alive ? health === 'up' : health === 'down') return { health, against: 0 };
  if (alive && health === 'unknown') return { health: 'up', against: 0 };
  // Before the first answer, silences count.
  const needed = alive ? upAfter : downAfter;
  if (against + 1 < needed) return { health, against: against + 1 };
  return { health: alive ? 'up' : 'down', against: 0 };
}

/**
 * Whoever refuses is there: a PBX answers OPTIONS by 401, 404 or 405 as it likes. Not there are silence (null, 408), 503, and
 * what a proxy says in place of the one behind it (502, 504).
 */
export function isAlive(status: number | null): boolean {
  return status !== null && ![408, 502, 503, 504].includes(status);
}
