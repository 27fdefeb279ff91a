import { packetCrypto } from '../base/packet-crypto-loader.ts';
import type { GcmContext } from '../base/packet-crypto.ts';
import type { FrameAead, FrameKey, Sealed } from './aead.ts';

/**
 * Frames of a worker, of which there are thousands a second: with the context of a key kept (base/packet-crypto-openssl.ts). A file of its own,
 * because what runs in a page or in a member's own process has no use for it.
 */
class DirectKey implements FrameKey {
  readonly #context: GcmContext;

  constructor(bytes: Uint8Array) {
    this.#context = packetCrypto().gcm(bytes);
  }

  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void {
    this.#context.seal(iv, aad, plain, out);
  }

  open(iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array | null {
    const plain = this.#context.open(iv, aad, sealed.ciphertext, sealed.tag);
    return plain === null ? null : Buffer.from(plain);
  }

  destroy(): void {
    this.#context.free();
  }
}

export const directAead: FrameAead = { name: 'openssl', key: (bytes) => new DirectKey(bytes) };
