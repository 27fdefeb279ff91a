import { hash } from 'node:crypto';
import { ok, refuse, type Result } from '../base/result.ts';

/** An external witness as its operator publishes it. */
export interface WitnessKey {
  /** Names the key in signature lines; a URL without its scheme, usually. */
  readonly name: string;
  /** Raw Ed25519, 32 bytes. */
  readonly key: Uint8Array;
}

/** C2SP tlog-cosignature: Ed25519 with a time. */
const cosignatureAlgorithm = 0x04;

/**
 * A verifier key (C2SP signed-note): `<name>+<key id, 8 hex digits>+<base64(algorithm || key)>`. The key id is checked, so a
 * mistyped key is found here and not by a witness that never counts.
 */
export function parseWitnessKey(
  text: string,
): Result<WitnessKey, 'vkey-form' | 'vkey-algorithm' | 'vkey-id'> {
  const [, name, id, encoded] = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return refuse('vkey-form');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded || bytes.length !== 33) return refuse('vkey-form');
  if (bytes[0] !== cosignatureAlgorithm) return refuse('vkey-algorithm');
  const computed = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), bytes]), 'buffer');
  if (computed.toString('hex', 0, 4) !== id) return refuse('vkey-id');
  return ok({ name, key: Uint8Array.from(bytes.subarray(1)) });
}
