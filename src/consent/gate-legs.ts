/** The callers inside an open gate (docs/protocol.md §7): pure, and only ever as many as the grant and its admissions name. */
export interface GateScope {
  /** `listen`: nothing of a caller goes to the room; `speak`: nothing of the room goes to a caller. */
  readonly audio: 'both' | 'listen' | 'speak';
  /** Any later caller is let in; otherwise each is asked for. */
  readonly anyone: boolean;
  /** So many later callers are let in without a click. */
  readonly next: number;
}

export interface GateLeg {
  readonly leg: string;
  /** By the host: hears, is not heard. */
  readonly muted: boolean;
}

export interface Admission {
  readonly legs: readonly string[];
  readonly by: 'click' | 'any' | 'next';
  readonly left: number;
}

export interface Admitted {
  readonly scope: GateScope;
  readonly legs: readonly GateLeg[];
}

/** Nobody is in twice, and somebody who is in stays as he is. */
export function enter(legs: readonly GateLeg[], more: readonly string[]): readonly GateLeg[] {
  const fresh = more.filter((leg, i) => more.indexOf(leg) === i && !legs.some((l) => l.leg === leg));
  return [...legs, ...fresh.map((leg) => ({ leg, muted: false }))];
}

/**
 * Null where the host's client lets in more than its grant says. Both sides count the next so many down; the host's count may be
 * the lower one, after an admission that never came here.
 */
export function admitLegs(scope: GateScope, legs: readonly GateLeg[], admission: Admission): Admitted | null {
  const { by, left } = admission;
  if (by === 'any' && !scope.anyone) return null;
  if (by !== 'next') return { scope, legs: enter(legs, admission.legs) };
  if (left + admission.legs.length > scope.next) return null;
  return { scope: { ...scope, next: left }, legs: enter(legs, admission.legs) };
}

export function changeLegs(
  legs: readonly GateLeg[],
  named: readonly string[],
  change: 'muted' | 'unmuted' | 'ended',
): readonly GateLeg[] {
  if (change === 'ended') return legs.filter(({ leg }) => !named.includes(leg));
  return legs.map((leg) => (named.includes(leg.leg) ? { ...leg, muted: change === 'muted' } : leg));
}

export function dropLeg(legs: readonly GateLeg[], leg: string): readonly GateLeg[] {
  return legs.filter((l) => l.leg !== leg);
}
