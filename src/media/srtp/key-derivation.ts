import { createCipheriv } from 'node:crypto';
import { secretBytes, wipe } from '../../base/bytes.ts';
import type { SuiteShape } from './suite.ts';

/** RFC 3711 §4.3.2: what a session key is for. */
export const label = {
  rtpCipher: 0,
  rtpAuth: 1,
  rtpSalt: 2,
  rtcpCipher: 3,
  rtcpAuth: 4,
  rtcpSalt: 5,
} as const;

/** Of SHA-1 as a MAC (RFC 3711 §5.2). */
const authKeyLength = 20;
const saltRoom = 14;
const labelAt = 7;

/**
 * AES-CM as a pseudorandom function (RFC 3711 §4.3.3; with a key of 256 bits RFC 6188 §3), key derivation rate 0. The
 * master salt of the AEAD suites has 12 bytes and is padded with zeros on the right to the 14 of RFC 3711 (RFC 7714 §11).
 */
export function derive(masterKey: Uint8Array, masterSalt: Uint8Array, use: number, length: number) {
  const iv = secretBytes(16);
  iv.set(masterSalt.subarray(0, saltRoom));
  iv[labelAt] = (iv[labelAt] ?? 0) ^ use;
  const cipher = createCipheriv(masterKey.length === 32 ? 'aes-256-ctr' : 'aes-128-ctr', masterKey, iv);
  const made = cipher.update(new Uint8Array(length));
  const out = secretBytes(length);
  out.set(made);
  wipe(made);
  wipe(iv);
  return out;
}

/** One direction's session keys for SRTP or SRTCP. Whoever holds them wipes them. */
export interface SessionKeys {
  readonly cipher: Uint8Array;
  readonly salt: Uint8Array;
  /** Empty with AEAD. */
  readonly auth: Uint8Array;
}

export interface DirectionKeys {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
}

/** `master`: key and salt, key first, as long as the suite says. */
export function deriveKeys(shape: SuiteShape, master: Uint8Array): DirectionKeys {
  const key = master.subarray(0, shape.keyLength);
  const salt = master.subarray(shape.keyLength, shape.keyLength + shape.saltLength);
  const authLength = shape.transform === 'cm' ? authKeyLength : 0;
  const keysOf = (cipherUse: number, authUse: number, saltUse: number): SessionKeys => ({
    cipher: derive(key, salt, cipherUse, shape.keyLength),
    auth: authLength === 0 ? secretBytes(0) : derive(key, salt, authUse, authLength),
    salt: derive(key, salt, saltUse, shape.saltLength),
  });
  return {
    rtp: keysOf(label.rtpCipher, label.rtpAuth, label.rtpSalt),
    rtcp: keysOf(label.rtcpCipher, label.rtcpAuth, label.rtcpSalt),
  };
}
