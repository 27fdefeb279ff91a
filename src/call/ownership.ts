import type { Milliseconds } from '../base/clock.ts';

/**
 * Which connector serves a meeting, where several could: the one that holds its lease. A lease has a number that only grows, so
 * that the ledgers of two connectors say who came after whom, and an end: who cannot renew it in time has left the meeting by then.
 */
export interface Lease {
  /** Grows with each connector that takes the meeting. */
  readonly number: number;
  /** Whose lease ran out before, by the name of its log; null where nobody's did. */
  readonly after: string | null;
  readonly until: LeaseEnd;
}

/**
 * When a bridge has to be gone, by two clocks of this process. Both are limits: a monotonic clock stands still while a machine sleeps,
 * and a wall clock may be set back.
 */
export interface LeaseEnd {
  readonly monoMs: Milliseconds;
  readonly wallMs: Milliseconds;
}

/** Where a meeting's callers have to go instead. */
export interface Elsewhere {
  readonly kind: 'elsewhere';
  /** `host:port` or `host:port;transport=...` of the connector that serves it; null where it has said none. */
  readonly contact: string | null;
  /** When to try again here at the latest. */
  readonly retryMs: Milliseconds;
}

/** `lease`: null where no other connector is. */
export type Taken = { readonly kind: 'here'; readonly lease: Lease | null } | Elsewhere;

export interface Ownership {
  /** Takes the meeting for this connector, where nobody else has it. @throws LatchkeyError `sharing-unavailable` */
  take(meeting: string): Promise<Taken>;
  /** Where it is served, without taking it; null: nowhere, or here. @throws LatchkeyError `sharing-unavailable` */
  look(meeting: string): Promise<Elsewhere | null>;
  /** This caller was sent away because that meeting is elsewhere: his next call is told so before it is answered. */
  sentAway(user: string, meeting: string): Promise<void>;
  /** The meeting that this caller was sent away from within the last minutes; null where he was not, or is not known. */
  sentFrom(user: string): Promise<string | null>;
}

/** Who serves a meeting now. All times by the clock of what connectors share, which need not be this machine's. */
export interface Holder {
  /** Name of its ledger's log: no two connectors have the same. */
  readonly log: string;
  /** Whether that is this connector. */
  readonly here: boolean;
  /** Milliseconds since 1970; null where a connector took it that did not say. */
  readonly since: Milliseconds | null;
  /** When the lease runs out if it is not renewed, milliseconds since 1970. */
  readonly expiresAt: Milliseconds;
  /** Until then. */
  readonly leftMs: Milliseconds;
}

/** Of these meetings, those that somebody serves, by name. @throws LatchkeyError `sharing-unavailable` */
export type HoldersOf = (meetings: readonly string[]) => Promise<ReadonlyMap<string, Holder>>;

/** Of a connector that shares its meetings. */
export interface OwnershipFigures {
  /** Meetings that it serves. */
  readonly owned: number;
  /** Leases that it has lost since its start. */
  readonly lost: number;
  /** Meetings that it took since its start because the lease of another connector had run out. */
  readonly takenOver: number;
  /** Whether the last renewal reached the database. */
  readonly reachable: boolean;
}

/** Of a connector that shares nothing: it serves all of its meetings. */
export const soleOwnership: Ownership = {
  take: () => Promise.resolve({ kind: 'here', lease: null }),
  look: () => Promise.resolve(null),
  sentAway: () => Promise.resolve(),
  sentFrom: () => Promise.resolve(null),
};
