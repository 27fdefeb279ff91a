import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type CipherGCMTypes,
  type KeyObject,
} from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';

/**
 * AES-GCM with a 96-bit IV and a 128-bit tag (NIST SP 800-38D), behind one interface: node:crypto on the hot path, and @noble/ciphers
 * as a second implementation that shares no code with it and checks it (docs/media.md has both speeds). A key is 16 or 32 bytes,
 * copied, and stays its owner's to wipe.
 */
export interface FrameAead {
  readonly name: string;
  key(bytes: Uint8Array): FrameKey;
}

export interface FrameKey {
  /** Writes the ciphertext and behind it the tag to `out`, which has as many bytes. */
  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void;
  /** Null where the tag does not verify: nothing of the plain text leaves this function then. */
  open(iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array | null;
  /** After this it throws. What node:crypto holds of it is unreferenced then, and cleared when it is collected. */
  destroy(): void;
}

export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export const tagLength = 16;
export const ivLength = 12;

/** Handed raw bytes, node:crypto makes such an object for every frame: five times the work, and a copy of the key each time. */
class NodeKey implements FrameKey {
  readonly #algorithm: CipherGCMTypes;
  #key: KeyObject | null;

  constructor(bytes: Uint8Array) {
    this.#algorithm = bytes.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    this.#key = createSecretKey(bytes);
  }

  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void {
    const cipher = createCipheriv(this.#algorithm, held(this.#key), iv, { authTagLength: tagLength });
    cipher.setAAD(aad);
    out.set(cipher.update(plain));
    cipher.final();
    out.set(cipher.getAuthTag(), plain.length);
  }

  open(iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array | null {
    const decipher = createDecipheriv(this.#algorithm, held(this.#key), iv, { authTagLength: tagLength });
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.tag);
    const plain = decipher.update(sealed.ciphertext);
    try {
      decipher.final();
    } catch {
      plain.fill(0);
      return null;
    }
    return plain;
  }

  destroy(): void {
    this.#key = null;
  }
}

class NobleKey implements FrameKey {
  #key: Uint8Array | null;

  constructor(bytes: Uint8Array) {
    this.#key = Uint8Array.from(bytes);
  }

  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void {
    out.set(gcm(held(this.#key), iv, aad).encrypt(plain));
  }

  open(iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array | null {
    const key = held(this.#key);
    const joined = new Uint8Array(sealed.ciphertext.length + tagLength);
    joined.set(sealed.ciphertext);
    joined.set(sealed.tag, sealed.ciphertext.length);
    try {
      return gcm(key, iv, aad).decrypt(joined);
    } catch {
      return null;
    }
  }

  destroy(): void {
    this.#key?.fill(0);
    this.#key = null;
  }
}

function held<K>(key: K | null): K {
  if (key === null) throw new Error('the key is destroyed');
  return key;
}

export const nodeAead: FrameAead = { name: 'node:crypto', key: (bytes) => new NodeKey(bytes) };
export const nobleAead: FrameAead = { name: '@noble/ciphers', key: (bytes) => new NobleKey(bytes) };
