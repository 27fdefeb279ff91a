import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type Cipheriv,
  type KeyObject,
} from 'node:crypto';
import type { CounterContext, GcmContext, HmacContext, PacketCrypto } from './packet-crypto.ts';

/** With node:crypto: a cipher object a packet. Keys are KeyObjects: handed raw bytes, Node would make one for every packet. */
const tagLength = 16;
const blockLength = 16;

class Gcm implements GcmContext {
  readonly #algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  #key: KeyObject | null;

  constructor(key: Uint8Array) {
    this.#algorithm = key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    this.#key = createSecretKey(key);
  }

  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void {
    const cipher = createCipheriv(this.#algorithm, held(this.#key), iv, { authTagLength: tagLength });
    cipher.setAAD(aad);
    const { length } = plain;
    out.set(cipher.update(plain));
    cipher.final();
    out.set(cipher.getAuthTag(), length);
  }

  open(iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | null {
    const decipher = createDecipheriv(this.#algorithm, held(this.#key), iv, { authTagLength: tagLength });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    const plain = decipher.update(ciphertext);
    try {
      decipher.final();
      return plain;
    } catch {
      plain.fill(0);
      return null;
    }
  }

  free(): void {
    this.#key = null;
  }
}

/** Counter mode by hand on one cipher that is kept: a cipher object a packet would cost more than the packet. */
class Counter implements CounterContext {
  #cipher: Cipheriv | null;
  #blocks = new Uint8Array(16 * blockLength);

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  apply(first: Uint8Array, bytes: Uint8Array): void {
    const cipher = held(this.#cipher);
    const length = Math.ceil(bytes.length / blockLength) * blockLength;
    if (length > this.#blocks.length) this.#blocks = new Uint8Array(length);
    const blocks = this.#blocks;
    const count = new DataView(blocks.buffer);
    const firstCount = new DataView(first.buffer, first.byteOffset).getUint32(12);
    for (let at = 0, n = 0; at < length; at += blockLength, n++) {
      blocks.set(first, at);
      // Packets are far shorter than what would carry beyond these 32 bits: SRTP leaves 16 bits for the blocks of one.
      count.setUint32(at + 12, firstCount + n);
    }
    const stream = cipher.update(blocks.subarray(0, length));
    for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
    stream.fill(0);
  }

  free(): void {
    this.#cipher = null;
  }
}

class Hmac implements HmacContext {
  #key: KeyObject | null;

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  digest(...parts: readonly Uint8Array[]): Uint8Array {
    const mac = createHmac('sha1', held(this.#key));
    for (const part of parts) mac.update(part);
    return mac.digest();
  }

  free(): void {
    this.#key = null;
  }
}

function held<K>(key: K | null): K {
  if (key === null) throw new Error('the key is destroyed');
  return key;
}

export const nodePacketCrypto: PacketCrypto = {
  name: 'node:crypto',
  gcm: (key) => new Gcm(key),
  counter: (key) => new Counter(key),
  hmacSha1: (key) => new Hmac(key),
};
