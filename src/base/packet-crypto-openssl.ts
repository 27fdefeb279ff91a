import { createRequire } from 'node:module';
import { wipe } from './bytes.ts';
import type { CounterContext, GcmContext, HmacContext, PacketCrypto } from './packet-crypto.ts';

/**
 * The OpenSSL that is inside Node (or that Node is linked with), called without node:crypto in between. node:crypto makes a cipher
 * object for every frame: JavaScript and C++ objects, a look-up of the algorithm by name, and the key's schedule anew, which together are
 * seven times the work of a frame of speech (docs/media.md). Here one context a key keeps the schedule, and a packet gives it an IV.
 *
 * All bytes pass through one arena, whose address is fixed, so no pointer to an object of the JavaScript heap is ever handed out. A
 * context is native memory: its owner frees it, which overwrites the schedule (EVP_CIPHER_CTX_free, HMAC_CTX_free).
 */
type Native = (...args: readonly number[]) => number;

/** From evp.h. */
const getTag = 0x10;
const setTag = 0x11;
const tagLength = 16;

/** Places in the arena. A datagram is no longer than 64 KiB. */
const place = {
  key: 0,
  iv: 64,
  length: 96,
  tag: 128,
  mac: 192,
  aad: 1_024,
  in: 16_384,
  out: 98_304,
} as const;
const arenaLength = 180_224;
const longestAad = place.in - place.aad;
const longestText = 65_536;

class Library {
  readonly arena = Buffer.alloc(arenaLength);
  readonly base: number;
  readonly cipherNew: Native;
  readonly cipherFree: Native;
  readonly cipherInit: Native;
  readonly cipherUpdate: Native;
  readonly cipherFinal: Native;
  readonly cipherCtrl: Native;
  readonly hmacNew: Native;
  readonly hmacFree: Native;
  readonly hmacInit: Native;
  readonly hmacUpdate: Native;
  readonly hmacFinal: Native;
  readonly algorithms: { readonly gcm128: number; readonly gcm256: number; readonly ctr128: number };
  readonly sha1: number;

  /** @throws Error where a function is missing */
  constructor() {
    const koffi = createRequire(import.meta.url)('koffi') as {
      load(library: null): { func(signature: string): Native };
      address(memory: Uint8Array): bigint;
    };
    const own = koffi.load(null);
    const algorithm = (name: string): number => own.func(`uintptr_t ${name}()`)();
    this.base = Number(koffi.address(this.arena));
    this.cipherNew = own.func('uintptr_t EVP_CIPHER_CTX_new()');
    this.cipherFree = own.func('void EVP_CIPHER_CTX_free(uintptr_t)');
    this.cipherInit = own.func(
      'int EVP_CipherInit_ex(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)',
    );
    this.cipherUpdate = own.func('int EVP_CipherUpdate(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)');
    this.cipherFinal = own.func('int EVP_CipherFinal_ex(uintptr_t, uintptr_t, uintptr_t)');
    this.cipherCtrl = own.func('int EVP_CIPHER_CTX_ctrl(uintptr_t, int, int, uintptr_t)');
    this.hmacNew = own.func('uintptr_t HMAC_CTX_new()');
    this.hmacFree = own.func('void HMAC_CTX_free(uintptr_t)');
    this.hmacInit = own.func('int HMAC_Init_ex(uintptr_t, uintptr_t, int, uintptr_t, uintptr_t)');
    this.hmacUpdate = own.func('int HMAC_Update(uintptr_t, uintptr_t, size_t)');
    this.hmacFinal = own.func('int HMAC_Final(uintptr_t, uintptr_t, uintptr_t)');
    this.algorithms = {
      gcm128: algorithm('EVP_aes_128_gcm'),
      gcm256: algorithm('EVP_aes_256_gcm'),
      ctr128: algorithm('EVP_aes_128_ctr'),
    };
    this.sha1 = algorithm('EVP_sha1');
  }

  /** Copies bytes into the arena and gives their address. @throws RangeError where there is no room for them */
  put(bytes: Uint8Array, at: number, room: number): number {
    if (bytes.length > room) throw new RangeError('more bytes than any packet has');
    this.arena.set(bytes, at);
    return this.base + at;
  }

  at(offset: number): number {
    return this.base + offset;
  }
}

/** One EVP_CIPHER_CTX. */
class Cipher {
  readonly lib: Library;
  #context: number;

  constructor(lib: Library, algorithm: number, key: Uint8Array) {
    this.lib = lib;
    this.#context = lib.cipherNew();
    const keyAt = lib.put(key, place.key, place.iv);
    const done = this.#context !== 0 && lib.cipherInit(this.#context, algorithm, 0, keyAt, 0, 1) === 1;
    wipe(lib.arena.subarray(place.key, place.key + key.length));
    if (!done) throw new Error('OpenSSL did not take the key');
  }

  /** @throws Error after `free` */
  get context(): number {
    if (this.#context === 0) throw new Error('the key is destroyed');
    return this.#context;
  }

  begin(iv: Uint8Array, encrypt: boolean): boolean {
    const { lib, context } = this;
    return lib.cipherInit(context, 0, 0, 0, lib.put(iv, place.iv, tagLength), encrypt ? 1 : 0) === 1;
  }

  /** From the arena's place `in` to its place `out`. */
  update(bytes: Uint8Array): boolean {
    const { lib, context } = this;
    const from = lib.put(bytes, place.in, longestText);
    return (
      lib.cipherUpdate(context, lib.at(place.out), lib.at(place.length), from, bytes.length) === 1 &&
      lib.arena.readInt32LE(place.length) === bytes.length
    );
  }

  free(): void {
    if (this.#context !== 0) this.lib.cipherFree(this.#context);
    this.#context = 0;
  }
}

class Gcm implements GcmContext {
  readonly #lib: Library;
  readonly #cipher: Cipher;

  constructor(lib: Library, key: Uint8Array) {
    this.#lib = lib;
    const { gcm128, gcm256 } = lib.algorithms;
    if (key.length !== 16 && key.length !== 32) throw new RangeError('a key is 16 or 32 bytes');
    this.#cipher = new Cipher(lib, key.length === 32 ? gcm256 : gcm128, key);
  }

  seal(iv: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void {
    const lib = this.#lib;
    const { context } = this.#cipher;
    const done =
      this.#start(iv, aad, true) &&
      this.#cipher.update(plain) &&
      lib.cipherFinal(context, lib.at(place.mac), lib.at(place.length)) === 1 &&
      lib.cipherCtrl(context, getTag, tagLength, lib.at(place.tag)) === 1;
    if (!done) throw new Error('OpenSSL did not seal');
    const { arena } = lib;
    out.set(arena.subarray(place.out, place.out + plain.length));
    out.set(arena.subarray(place.tag, place.tag + tagLength), plain.length);
  }

  open(iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | null {
    const lib = this.#lib;
    const { context } = this.#cipher;
    if (tag.length !== tagLength || ciphertext.length > longestText) return null;
    const done =
      this.#start(iv, aad, false) &&
      this.#cipher.update(ciphertext) &&
      lib.cipherCtrl(context, setTag, tagLength, lib.put(tag, place.tag, tagLength)) === 1 &&
      lib.cipherFinal(context, lib.at(place.mac), lib.at(place.length)) === 1;
    const text = lib.arena.subarray(place.out, place.out + ciphertext.length);
    if (done) return text;
    text.fill(0);
    return null;
  }

  free(): void {
    this.#cipher.free();
  }

  #start(iv: Uint8Array, aad: Uint8Array, encrypt: boolean): boolean {
    const lib = this.#lib;
    if (iv.length !== 12) throw new RangeError('an IV is 12 bytes');
    if (!this.#cipher.begin(iv, encrypt)) return false;
    if (aad.length === 0) return true;
    const aadAt = lib.put(aad, place.aad, longestAad);
    return lib.cipherUpdate(this.#cipher.context, 0, lib.at(place.length), aadAt, aad.length) === 1;
  }
}

class Counter implements CounterContext {
  readonly #lib: Library;
  readonly #cipher: Cipher;

  constructor(lib: Library, key: Uint8Array) {
    this.#lib = lib;
    if (key.length !== 16) throw new RangeError('a key is 16 bytes');
    this.#cipher = new Cipher(lib, lib.algorithms.ctr128, key);
  }

  apply(first: Uint8Array, bytes: Uint8Array): void {
    if (first.length !== 16) throw new RangeError('a counter block is 16 bytes');
    let done = this.#cipher.begin(first, true);
    for (let from = 0; from < bytes.length; from += longestText) {
      const part = bytes.subarray(from, from + longestText);
      done &&= this.#cipher.update(part);
      part.set(this.#lib.arena.subarray(place.out, place.out + part.length));
    }
    if (!done) throw new Error('OpenSSL did not encrypt');
  }

  free(): void {
    this.#cipher.free();
  }
}

class Hmac implements HmacContext {
  readonly #lib: Library;
  #context: number;

  constructor(lib: Library, key: Uint8Array) {
    this.#lib = lib;
    this.#context = lib.hmacNew();
    const keyAt = lib.put(key, place.key, place.iv);
    const done = this.#context !== 0 && lib.hmacInit(this.#context, keyAt, key.length, lib.sha1, 0) === 1;
    wipe(lib.arena.subarray(place.key, place.key + key.length));
    if (!done) throw new Error('OpenSSL did not take the key');
  }

  digest(...parts: readonly Uint8Array[]): Uint8Array {
    const lib = this.#lib;
    const context = this.#context;
    if (context === 0) throw new Error('the key is destroyed');
    let done = lib.hmacInit(context, 0, 0, 0, 0) === 1;
    for (const part of parts)
      for (let from = 0; from < part.length; from += longestText) {
        const some = part.subarray(from, from + longestText);
        done &&= lib.hmacUpdate(context, lib.put(some, place.in, longestText), some.length) === 1;
      }
    if (!done || lib.hmacFinal(context, lib.at(place.mac), lib.at(place.length)) !== 1)
      throw new Error('OpenSSL did not digest');
    return lib.arena.subarray(place.mac, place.mac + 20);
  }

  free(): void {
    if (this.#context !== 0) this.#lib.hmacFree(this.#context);
    this.#context = 0;
  }
}

/** @throws Error where it cannot be called */
export function opensslPacketCrypto(): PacketCrypto {
  const lib = new Library();
  return {
    name: 'openssl',
    gcm: (key) => new Gcm(lib, key),
    counter: (key) => new Counter(lib, key),
    hmacSha1: (key) => new Hmac(lib, key),
  };
}
