import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js';
import { concat, secretBytes, wipe } from '../../base/bytes.ts';
import type { Bytes } from './key-schedule.ts';

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem-09): ML-KEM-768 (FIPS 203) and X25519 (RFC 7748), one secret of both. ML-KEM by a library;
 * X25519 by the platform's WebCrypto, which is some thirty times as fast as JavaScript and does not take different times for
 * different secrets. A meeting of twenty opens twenty seals at every change of the key, before anybody hears anything.
 *
 * All lengths in bytes.
 */
export const xWing = {
  id: 0x647a,
  seed: 32,
  publicKey: 1216,
  encapsulation: 1120,
  encapsulationSeed: 64,
} as const;

const mlKemPublicKey = 1184;
const mlKemCiphertext = 1088;
/** `\.//^\`, §5.3. */
const label = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

type PlatformKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface XWingKeyPair {
  readonly publicKey: Bytes;
  /**
   * The 32-byte secret of an encapsulation (1,120 bytes); the caller wipes it. As ML-KEM rejects implicitly, an altered
   * encapsulation mostly gives another secret, not an error.
   *
   * @throws where the encapsulation is no pair of ciphertext and point
   */
  decapsulate(encapsulation: Bytes): Promise<Bytes>;
  /** Overwrites what is ours of the private key and lets go of the platform's; nothing opens afterwards. */
  destroy(): void;
}

/** §5.2: all of the private key comes from the 32-byte `seed`, which is not kept. */
export async function xWingKeyPair(seed: Bytes): Promise<XWingKeyPair> {
  const expanded = shake256(seed, { dkLen: 96 });
  const mlKemSeed = expanded.slice(0, 64);
  const scalar = expanded.slice(64);
  try {
    const { publicKey: mlKemPublic, secretKey: mlKemPrivate } = mlKem.keygen(mlKemSeed);
    let own: PlatformKey | null = await importScalar(scalar);
    const point = await publicPoint(own);
    const publicKey = Uint8Array.from(concat(mlKemPublic, point));
    return {
      publicKey,
      async decapsulate(encapsulation) {
        if (own === null) throw new Error('the key is destroyed');
        const peer = encapsulation.slice(mlKemCiphertext);
        const ofPoint = await agree(own, peer);
        const ofMlKem = mlKem.decapsulate(encapsulation.slice(0, mlKemCiphertext), mlKemPrivate);
        return combine(ofMlKem, ofPoint, peer, point);
      },
      destroy() {
        own = null;
        wipe(mlKemPrivate);
      },
    };
  } finally {
    for (const part of [expanded, mlKemSeed, scalar]) wipe(part);
  }
}

/**
 * §5.4.1, with the 64 random bytes `seed`, which are not kept. The caller wipes `secret`.
 *
 * @throws where `publicKey` is none: another length, coefficients out of range (FIPS 203 §7.2), or a point of small order
 */
export async function xWingEncapsulate(
  publicKey: Bytes,
  seed: Bytes,
): Promise<{ readonly encapsulation: Bytes; readonly secret: Bytes }> {
  if (publicKey.length !== xWing.publicKey) throw new Error('no X-Wing public key');
  const mlKemSeed = seed.slice(0, 32);
  const scalar = seed.slice(32);
  try {
    const peer = publicKey.slice(mlKemPublicKey);
    const own = await importScalar(scalar);
    const point = await publicPoint(own);
    const ofPoint = await agree(own, peer);
    const { cipherText, sharedSecret } = mlKem.encapsulate(publicKey.slice(0, mlKemPublicKey), mlKemSeed);
    const encapsulation = Uint8Array.from(concat(cipherText, point));
    return { encapsulation, secret: combine(sharedSecret, ofPoint, point, peer) };
  } finally {
    for (const part of [mlKemSeed, scalar]) wipe(part);
  }
}

/** §5.3. Takes ownership of both secrets. */
function combine(ofMlKem: Uint8Array, ofPoint: Bytes, encapsulated: Bytes, own: Bytes): Bytes {
  const secret = secretBytes(32);
  const both = secretBytes(64);
  both.set(ofMlKem);
  both.set(ofPoint, 32);
  sha3_256.create().update(both).update(encapsulated).update(own).update(label).digestInto(secret);
  for (const part of [both, ofMlKem, ofPoint]) wipe(part);
  return secret;
}

/** PKCS#8 around a raw scalar (RFC 8410 §7): WebCrypto takes no raw private key. */
const pkcs8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

async function importScalar(scalar: Uint8Array): Promise<PlatformKey> {
  const der = secretBytes(pkcs8.length + scalar.length);
  der.set(pkcs8);
  der.set(scalar, pkcs8.length);
  try {
    return await crypto.subtle.importKey('pkcs8', der, 'X25519', false, ['deriveBits']);
  } finally {
    wipe(der);
  }
}

/** RFC 7748 §6.1: the platform refuses an all-zero result, which points of small order give. */
async function agree(own: PlatformKey, peer: Bytes): Promise<Bytes> {
  const publicKey = await crypto.subtle.importKey('raw', peer, 'X25519', true, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: publicKey }, own, 256));
}

const basePoint = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 9 : 0));
/** WebCrypto gives no public key for a private one that was imported; what it agrees on with the base point is it. */
const publicPoint = (own: PlatformKey): Promise<Bytes> => agree(own, basePoint);
