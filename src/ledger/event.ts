/**
 * What one ledger leaf says (docs/ledger.md). A leaf is the JCS form (RFC 8785) of a `LedgerEntry`; its hash is the
 * RFC 9162 §2.1.1 leaf hash of those bytes. A leaf holds no personal data: such values stand as salted commitments,
 * with salt and value in a side table that can be erased.
 */
export interface LedgerEntry {
  readonly v: 1;
  /** Position in this log, from 0, without gaps. */
  readonly seq: number;
  /** Wall clock, ms since 1970, of the vault. */
  readonly at: number;
  /** Monotonic ms since the vault's start, and which start: within one start, order and distances hold. */
  readonly mono: number;
  readonly run: string;
  readonly type: LedgerEventType;
  /** Ids of what it is about; base64url. */
  readonly meeting?: string;
  readonly bridge?: string;
  readonly leg?: string;
  /** A signed message of host, member or connector, as received (JWS compact). It keeps its own signature. */
  readonly jws?: string;
  /** Type-specific facts: strings, integers, booleans and lists of strings only. */
  readonly data?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** What each one means and must hold: docs/ledger-events.md. */
export const eventTypes = [
  'start',
  'stop',
  'recovered',
  'registration-seen',
  'meeting-taken',
  'instance-start',
  'instance-end',
  'request',
  'grant',
  'denial',
  'decision',
  'expired',
  'leg-asked',
  'leg-admitted',
  'leg-refused',
  'leg-joined',
  'leg-left',
  'leg-muted',
  'notice-answered',
  'pin-refused',
  'pin-replaced',
  'call-ended',
  'key-opened',
  'rekeyed',
  'key-destroyed',
  'receipt',
  'revoked',
  'gate-closed',
  'heartbeat-lost',
  'roster',
  'switched',
  'refused',
  'drain',
  'witnessed',
  'cosigned',
  'operator-action',
  'admin-action',
  'dial-requested',
  'dial-ended',
] as const;

export type LedgerEventType = (typeof eventTypes)[number];

/**
 * A personal value that a leaf or the signed message in it holds as a commitment only. It goes to the side table, from
 * which it can be erased while every proof still verifies.
 */
export interface PersonalValue {
  /** What it is, for instance `label`; within one leaf, name and leg are unique. */
  readonly name: string;
  /** The caller it belongs to, where the leaf is about several: erased with that leg. */
  readonly leg?: string;
  /** 16 random bytes, base64url. */
  readonly salt: string;
  readonly value: string;
}

/** What a writer hands in: the vault adds seq, at, mono and run. */
export type NewEntry = Omit<LedgerEntry, 'v' | 'seq' | 'at' | 'mono' | 'run'> & {
  readonly personal?: readonly PersonalValue[];
};
