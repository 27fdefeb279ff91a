/** What protects frames and packets, many thousands a second under few keys. A key is copied, and stays its owner's to wipe. */
export interface PacketCrypto {
  readonly name: string;
  /** AES-GCM, 12 bytes of IV, 16 of tag (NIST SP 800-38D). `key`: 16 or 32 bytes. */
  gcm(key: Uint8Array): GcmContext;
  /** AES-128 in counter mode. `key`: 16 bytes. */
  counter(key: Uint8Array): CounterContext;
  hmacSha1(key: Uint8Array): HmacContext;
}

/** All contexts: `free` is idempotent, and every other call throws after it. */
export interface GcmContext {
  /** Writes the ciphertext and, right behind it, the tag to the start of `out`, which may be where `plain` lies. */
  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void;
  /** The plain text, valid until the next call of any context; null where the tag is wrong. */
  open(iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | null;
  free(): void;
}

export interface CounterContext {
  /** Encrypts and decrypts, in place. `first`: the first counter block, 16 bytes. */
  apply(first: Uint8Array, bytes: Uint8Array): void;
  free(): void;
}

export interface HmacContext {
  /** 20 bytes, valid until the next call of any context. */
  digest(...parts: readonly Uint8Array[]): Uint8Array;
  free(): void;
}
