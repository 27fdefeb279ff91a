import {
  bytesOf,
  bytesOrNone,
  flag,
  integer,
  list,
  object,
  oneOf,
  text,
  textLike,
  uniqueList,
} from './shape.ts';
import type { ShapeOf } from './shape.ts';
import type { MessageType } from './labels.ts';

/**
 * The payload of every signed message, as a closed schema (docs/protocol.md §5 has the meaning of each member). Keys, ids
 * and hashes are base64url text here: a payload is exactly what its JSON says.
 */
const version = oneOf(1);
const id16 = bytesOf(16);
const hash = bytesOf(32);
const key = bytesOf(32);
const hpkePublicKey = bytesOf(1216);
/** X-Wing's 1,120 bytes of encapsulation, 32 bytes of key, 16 bytes of tag. */
const sealedKey = bytesOf(1168);
const kcv = bytesOf(16);
const name = text(80);
const compact = textLike(/^[\w-]+\.[\w-]+\.[\w-]+$/, 4_000);
const compactOrNone = textLike(/^(?:[\w-]+\.[\w-]+\.[\w-]+)?$/, 4_000);
/** A reason by its stable name. */
const reason = textLike(/^[a-z0-9-]*$/, 40);

/** So that a roster with all of them fits into one packet. */
export const maxMembers = 40;
export const maxBridges = 2;
export const maxLegs = 16;
/** What one revocation list names: it has to fit beside a certificate in one hello. */
export const maxRevokedSerials = 64;
export const maxRevokedKeys = 16;
/** Consistency proofs in one message, and hashes in one of them: a tree of 2^48 leaves needs no more. */
export const maxProofs = 4;
const maxProofPath = 49;

/** In everything that a host signs in one instance: a chain, so that a gap is visible. */
const chain = {
  v: version,
  meeting: hash,
  instance: id16,
  term: integer,
  seq: integer,
  /** Hash of the message before it; none in the first. */
  prev: bytesOrNone(32),
};
/** In what any registered host may say: whose rank it is. Of another host than the key host it is outside the chain: seq 0, no prev. */
const rank = integer;
/** Hash of the co-host's decision that this carries out; none where the key host decided. */
const decision = bytesOrNone(32);
/** In everything that a member or a bridge signs. */
const guest = { v: version, meeting: hash, instance: id16, join: id16 };

const scope = object({
  audio: oneOf('both', 'listen', 'speak'),
  /** Who decides on a later caller: each is asked for, or any caller is let in. */
  legs: oneOf('each', 'any'),
  /** So many later callers are let in without a click; both sides count down. */
  next: integer,
  /** Milliseconds from the grant, each side on its own clock; 0: to the end of the instance. */
  until: integer,
});
const caller = object({ leg: id16, label: hash });
const callers = list(caller, maxLegs);
const legIds = uniqueList(id16, maxLegs);

const rosterMember = object({ key, join: id16 });
const rosterBridge = object({
  key,
  join: id16,
  state: oneOf(
    'waiting',
    'asking',
    'granted',
    'holds-key',
    'locking-out',
    'locked-out',
    /** It has no key any more, but an app that sends was only asked to stop using the one it had. */
    'asked-to-rotate',
    'denied',
  ),
  /** The request or leg-request that the host is being asked about. */
  ask: bytesOrNone(32),
  request: bytesOrNone(32),
  grant: bytesOrNone(32),
  /** Whether the epoch of this roster was sealed to it. */
  holds: flag,
  audio: oneOf('both', 'listen', 'speak', 'none'),
  legs: list(object({ leg: id16, label: hash, state: oneOf('waiting', 'admitted', 'muted') }), maxLegs),
});

export const payloads = {
  certificate: object({
    v: version,
    operator: key,
    operatorName: name,
    key,
    ledgerKey: key,
    connectorName: name,
    serial: id16,
    /** Milliseconds since 1970; notAfter 0: no end. */
    notBefore: integer,
    notAfter: integer,
  }),
  /** Signed by the connector's identity key. */
  'certificate-request': object({
    v: version,
    key,
    ledgerKey: key,
    connectorName: name,
    /** The ledger key's own signature over label and both keys: nobody gets another's ledger certified as its own. */
    ledgerProof: bytesOf(64),
  }),
  /** Signed by the operator. */
  'revocation-list': object({
    v: version,
    operator: key,
    /** Only rises; whoever has seen a number takes no list below it. */
    number: integer,
    /** Milliseconds since 1970. */
    issued: integer,
    serials: uniqueList(id16, maxRevokedSerials),
    /** Thumbprints of identity keys of connectors: no certificate for them counts any more. */
    keys: uniqueList(hash, maxRevokedKeys),
  }),
  /** Signed by the operator's old key: the same operator goes on with another. */
  'operator-rotation': object({ v: version, operator: key, next: key, issued: integer }),
  'instance-start': object({ ...chain, join: id16, hpke: hpkePublicKey }),
  'instance-end': object({ ...chain, reason: oneOf('ended', 'left') }),
  /** `n` counts the HPKE keys of this join id, as in next-key; `name`: commitment to the display name, which travels sealed to the host. */
  hello: object({ ...guest, key, hpke: hpkePublicKey, n: integer, name: hash, nonce: id16 }),
  welcome: object({ ...chain, hello: hash, epoch: integer, kem: hash, sealed: sealedKey, kcv }),
  roster: object({
    ...chain,
    epoch: integer,
    /** No new bridge and no new caller; whoever is not in the list needs the host's click. */
    locked: flag,
    members: list(rosterMember, maxMembers),
    bridges: list(rosterBridge, maxBridges),
    /** SHA-256 of the encrypted names and labels that travel beside. */
    private: hash,
  }),
  'bridge-hello': object({
    ...guest,
    key,
    certificate: compact,
    /** The operator's newest revocation list and rotation, where there are any. */
    revocations: compactOrNone,
    rotation: compactOrNone,
    nonce: id16,
  }),
  'bridge-request': object({
    ...guest,
    term: integer,
    key,
    certificate: compact,
    /** Number of the revocation list in the hello; 0: none. */
    revocations: integer,
    hpke: hpkePublicKey,
    /** Counts the HPKE keys of this join id, as in next-key. */
    n: integer,
    purpose: oneOf('phone-callers'),
    /** Of the connector's software: another one is asked about anew. */
    version: textLike(/^[\w.+-]+$/, 32),
    scope,
    /** The weakest transport of a leg that the connector lets in. */
    transports: oneOf('any', 'encrypted'),
    callers,
    nonce: id16,
    code: hash,
  }),
  /** The host's half of the bridge code, given once the request has committed to the connector's. */
  'code-challenge': object({ ...chain, request: hash, code: id16 }),
  /** The half that the request committed to. */
  'code-reveal': object({ ...guest, request: hash, code: id16 }),
  grant: object({
    ...chain,
    request: hash,
    scope,
    legs: legIds,
    epoch: integer,
    kem: hash,
    sealed: sealedKey,
    kcv,
    decision,
  }),
  denial: object({ ...chain, rank, request: hash, reason: oneOf('denied', 'locked', 'too-many', 'invalid') }),
  'leg-request': object({ ...guest, grant: hash, callers, nonce: id16 }),
  'leg-admission': object({
    ...chain,
    request: hash,
    grant: hash,
    legs: legIds,
    /** Somebody's click; the grant's scope: any caller, or one of the next so many, of whom `left` are left. */
    by: oneOf('click', 'any', 'next'),
    left: integer,
    decision,
  }),
  'leg-refusal': object({
    ...chain,
    request: hash,
    grant: hash,
    legs: legIds,
    reason: oneOf('denied', 'locked', 'too-many'),
  }),
  'leg-revocation': object({
    ...chain,
    grant: hash,
    legs: legIds,
    reason: oneOf('ended', 'muted', 'unmuted'),
  }),
  /** One join id is not in the meeting (any more). */
  /** Whose hello is meant: anybody can say hello under somebody else's join id. */
  removal: object({ ...chain, join: id16, key, reason: oneOf('removed', 'refused', 'no-invite') }),
  rekey: object({ ...chain, grant: hash, epoch: integer, kem: hash, sealed: sealedKey, kcv }),
  revocation: object({
    ...chain,
    rank,
    /** The bridge's identity key: every grant to it below (term, epoch) is void, known or not. */
    bridge: key,
    grant: bytesOrNone(32),
    reason: oneOf('revoked', 'no-receipt', 'until', 'ended', 'left', 'denied'),
    /** The first epoch that the bridge does not get. */
    epoch: integer,
  }),
  /** A co-host's word to the key host. `n` only rises; what a decision is not about is empty. */
  decision: object({
    ...guest,
    key,
    n: integer,
    what: oneOf(
      'approve',
      'deny',
      'end-leg',
      'mute-leg',
      'unmute-leg',
      'lock',
      'unlock',
      'admit',
      'refuse',
      'remove',
    ),
    request: bytesOrNone(32),
    scope,
    legs: legIds,
    bridge: bytesOrNone(32),
    member: bytesOrNone(16),
  }),
  /** `asked`: the app was asked to rotate and nobody confirms that it did; no lock-out is claimed on the strength of it. */
  switched: object({ ...guest, epoch: integer, roster: hash, rotation: oneOf('confirmed', 'asked') }),
  receipt: object({
    ...guest,
    answers: hash,
    did: oneOf('opened', 'refused', 'closed', 'legs'),
    reason,
    epoch: integer,
    legs: legIds,
    /** RFC 9162 inclusion proof of the leaf that travels beside. */
    index: integer,
    path: list(hash, 63),
    checkpoint: text(1_000),
  }),
  heartbeat: object({
    ...chain,
    roster: hash,
    epoch: integer,
    kcv,
    nonces: list(id16, maxMembers + maxBridges),
    /** The last checkpoint of each connector that was proven to this host. */
    ledgers: list(object({ bridge: key, size: integer, root: hash }), maxBridges),
  }),
  nonce: object({ ...guest, nonce: id16, epoch: integer, roster: bytesOrNone(32) }),
  'next-key': object({ ...guest, hpke: hpkePublicKey, n: integer }),
  /** Prove to me that your ledger still begins with what it was at these sizes. None: I never saw it. */
  'ledger-ask': object({ ...guest, bridge: key, sizes: list(integer, maxProofs), nonce: id16 }),
  'ledger-state': object({
    ...guest,
    /** Of the asks that this answers; none where nobody asked. */
    nonces: list(id16, maxMembers + 1),
    checkpoint: text(1_000),
    /** RFC 9162 consistency proofs from these sizes to the checkpoint; a size that is not there could not be proven. */
    proofs: list(object({ size: integer, path: list(hash, maxProofPath) }), maxProofs),
  }),
  /** C2SP cosignature (cosignature/v1) of a checkpoint of this bridge's ledger, under the sender's identity key. */
  witness: object({
    ...guest,
    key,
    bridge: key,
    /** As the ledger signed it: nobody can claim to have seen what was never shown. */
    checkpoint: text(1_000),
    /** Seconds since 1970. */
    time: integer,
    signature: bytesOf(64),
  }),
  /** This bridge calls phones where a host asks for it; numbers are sealed to this key, which is of this presence. */
  'dial-offer': object({ ...guest, key, hpke: hpkePublicKey }),
  /** Call a phone, once. The number travels sealed beside; here stands what binds it. */
  'dial-request': object({
    ...chain,
    rank,
    /** The bridge's identity key, and the join id of the presence that is meant: no other one takes it. */
    bridge: key,
    to: id16,
    /** Random: the same one twice is a replay. */
    dial: id16,
    number: hash,
  }),
  /** Give up what was asked for under this id, unless its callee has said yes to the notice already. */
  'dial-cancel': object({ ...chain, rank, bridge: key, to: id16, dial: id16 }),
  'dial-state': object({
    ...guest,
    dial: id16,
    /** The callee's leg; none where nobody was called. */
    leg: bytesOrNone(16),
    state: oneOf('calling', 'ringing', 'answered', 'accepted', 'over', 'refused'),
    reason,
  }),
} as const satisfies Record<MessageType, unknown>;

export type Payload<T extends MessageType> = ShapeOf<(typeof payloads)[T]>;
export type Scope = ShapeOf<typeof scope>;
export type Caller = ShapeOf<typeof caller>;
export type RosterMember = ShapeOf<typeof rosterMember>;
export type RosterBridge = ShapeOf<typeof rosterBridge>;

/** The types that a registered host signs. */
export type HostType =
  | 'instance-start'
  | 'instance-end'
  | 'welcome'
  | 'roster'
  | 'code-challenge'
  | 'grant'
  | 'denial'
  | 'leg-admission'
  | 'leg-refusal'
  | 'leg-revocation'
  | 'rekey'
  | 'removal'
  | 'revocation'
  | 'dial-request'
  | 'dial-cancel'
  | 'heartbeat';

/** Of those, the ones that every registered host may say, whoever holds the key: each names its signer's rank. */
export type AnyHostType = 'denial' | 'dial-request' | 'dial-cancel';
