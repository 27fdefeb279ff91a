import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { MeetingId } from '../../base/ids.ts';
import { jcsBytes, parseJcs } from '../../base/jcs.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { isSoundSigningKey, sha256 } from './keys.ts';
import { bytesOf, flag, object, oneOf, uniqueList, type ShapeOf } from './shape.ts';

/**
 * Who may decide on a meeting's key, and whose connectors may be asked about at all. It never changes: the meeting's id is
 * the SHA-256 of its exact bytes, and the id is in every invite link, so a server cannot put another in its place.
 */
const shape = object({
  v: oneOf(1),
  salt: bytesOf(16),
  /** Raw Ed25519 keys, in order: the index is the host's rank. */
  hosts: uniqueList(bytesOf(32), 8),
  /** Thumbprints of operator keys, got from the operators out of band. */
  operators: uniqueList(bytesOf(32), 16),
  policy: object({
    /** The only seal there is in version 1: no fall-back can be agreed on the way. */
    kem: oneOf('x-wing'),
    /** A bridge is always a visible participant. */
    presence: oneOf('visible'),
    /** No bridge at all in this meeting. */
    locked: flag,
    /** What a bridge does when another host takes over: ask that host by itself, or tell its callers and leave. */
    onHostChange: oneOf('ask-again', 'drop'),
    /** One frame key for each who sends, or one for all: then nobody can tell who spoke, and nobody may only speak. */
    keys: oneOf('per-sender', 'shared'),
  }),
});

export type Registration = ShapeOf<typeof shape>;
export type KeyMode = Registration['policy']['keys'];

export interface NewRegistration {
  readonly salt: Uint8Array;
  readonly hosts: readonly Uint8Array[];
  /** base64url thumbprints. */
  readonly operators: readonly string[];
  readonly locked?: boolean;
  readonly onHostChange?: 'ask-again' | 'drop';
  readonly keys?: KeyMode;
}

const maxRegistrationLength = 4_096;

/** Throws where the parts do not make a registration: a bug of the caller. */
export function buildRegistration(parts: NewRegistration): Uint8Array<ArrayBuffer> {
  const bytes = jcsBytes({
    v: 1,
    salt: toBase64url(parts.salt),
    hosts: parts.hosts.map(toBase64url),
    operators: parts.operators,
    policy: {
      kem: 'x-wing',
      presence: 'visible',
      locked: parts.locked ?? false,
      onHostChange: parts.onHostChange ?? 'ask-again',
      keys: parts.keys ?? 'per-sender',
    },
  });
  if (!bytes.ok || !parseRegistration(bytes.value).ok) throw new TypeError('these parts are no registration');
  return bytes.value;
}

export type RegistrationRefusal = 'registration-form' | 'registration-key';

export function parseRegistration(bytes: Uint8Array): Result<Registration, RegistrationRefusal> {
  if (bytes.length > maxRegistrationLength) return refuse('registration-form');
  const value = parseJcs(bytes);
  if (!value.ok || !shape(value.value) || value.value.hosts.length === 0) return refuse('registration-form');
  const sound = value.value.hosts.every((text) =>
    isSoundSigningKey(fromBase64url(text) ?? new Uint8Array(0)),
  );
  return sound ? ok(value.value) : refuse('registration-key');
}

/** For whoever has to know before it has checked anything; of bytes that are no registration it means nothing. */
export function keyModeOf(registration: Uint8Array): KeyMode {
  const parsed = parseRegistration(registration);
  return parsed.ok ? parsed.value.policy.keys : 'per-sender';
}

export async function meetingIdOf(registration: Uint8Array<ArrayBuffer>): Promise<MeetingId> {
  return toBase64url(await sha256(registration)) as MeetingId;
}

/** A host's rank, or -1 for everybody else. */
export function rankOf(registration: Registration, key: Uint8Array): number {
  return registration.hosts.indexOf(toBase64url(key));
}

/** Terms of different hosts never meet: term mod (number of hosts) is the rank of the host that started it. */
export function hostOfTerm(registration: Registration, term: number): Uint8Array<ArrayBuffer> | null {
  return fromBase64url(registration.hosts[term % registration.hosts.length] ?? '*');
}

/** Who may have signed this: the host of the rank that it names, where any host may say it; else the host of its term. */
export function signingHost(
  registration: Registration,
  { rank, term }: { readonly rank?: number; readonly term?: number },
): Uint8Array<ArrayBuffer> | null {
  if (rank !== undefined) return fromBase64url(registration.hosts[rank] ?? '*');
  return term === undefined ? null : hostOfTerm(registration, term);
}

/** The lowest term of this rank above `seen`. */
export function nextTerm(registration: Registration, rank: number, seen: number): number {
  const hosts = registration.hosts.length;
  const floor = seen + 1;
  return floor + ((rank - (floor % hosts) + hosts) % hosts);
}
