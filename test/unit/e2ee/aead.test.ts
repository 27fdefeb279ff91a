import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directAead } from '../../../src/e2ee/aead-direct.ts';
import { nobleAead, nodeAead, type FrameKey, type Sealed } from '../../../src/e2ee/aead.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const implementations = { openssl: directAead, 'node:crypto': nodeAead, '@noble/ciphers': nobleAead };

/** McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 4 (128-bit key) and 16 (256-bit key). */
const vectors = [
  {
    key: 'feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
];
const plain = hex(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
);
const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
const iv = hex('cafebabefacedbaddecaf888');

function sealedBy(key: FrameKey, nonce: Uint8Array, toc: Uint8Array, opus: Uint8Array): Sealed {
  const out = Buffer.alloc(opus.length + 16);
  key.seal(nonce, toc, opus, out);
  return { ciphertext: out.subarray(0, opus.length), tag: out.subarray(opus.length) };
}

describe.each(Object.entries(implementations))('%s', (_name, aead) => {
  it.each(vectors)('meets the published vector ($tag)', ({ key, ciphertext, tag }) => {
    const sealed = sealedBy(aead.key(hex(key)), iv, aad, plain);
    expect(Buffer.from(sealed.ciphertext).toString('hex')).toBe(ciphertext);
    expect(Buffer.from(sealed.tag).toString('hex')).toBe(tag);
    expect(Buffer.from(aead.key(hex(key)).open(iv, aad, sealed) ?? []).equals(plain)).toBe(true);
  });

  it('opens nothing when any single bit of key, IV, additional data, ciphertext or tag differs', () => {
    const key = randomBytes(32);
    const sealed = sealedBy(aead.key(key), iv, aad, plain);
    const flip = (bytes: Uint8Array): Buffer => {
      const copy = Buffer.from(bytes);
      copy[copy.length - 1]! ^= 1;
      return copy;
    };
    expect(aead.key(flip(key)).open(iv, aad, sealed)).toBeNull();
    expect(aead.key(key).open(flip(iv), aad, sealed)).toBeNull();
    expect(aead.key(key).open(iv, flip(aad), sealed)).toBeNull();
    expect(aead.key(key).open(iv, aad, { ...sealed, ciphertext: flip(sealed.ciphertext) })).toBeNull();
    expect(aead.key(key).open(iv, aad, { ...sealed, tag: flip(sealed.tag) })).toBeNull();
  });

  it('keeps a copy of its own, and neither seals nor opens once it is destroyed', () => {
    const bytes = randomBytes(32);
    const key = aead.key(bytes);
    const sealed = sealedBy(key, iv, aad, plain);
    bytes.fill(0);
    expect(Buffer.from(key.open(iv, aad, sealed) ?? []).equals(plain)).toBe(true);
    key.destroy();
    expect(() => sealedBy(key, iv, aad, plain)).toThrow('destroyed');
    expect(() => key.open(iv, aad, sealed)).toThrow('destroyed');
  });
});

it('all implementations give the same bytes for any input, and open what another sealed', () => {
  const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: min, maxLength: max });
  fc.assert(
    fc.property(
      fc.oneof(bytes(16, 16), bytes(32, 32)),
      bytes(12, 12),
      bytes(1, 1),
      bytes(0, 300),
      (key, nonce, toc, opus) => {
        const keys = Object.values(implementations).map((aead) => aead.key(key));
        const sealed = keys.map((one) => sealedBy(one, nonce, toc, opus));
        for (const [i, one] of keys.entries()) {
          const other = sealed[(i + 1) % sealed.length]!;
          expect(Buffer.from(sealed[i]!.ciphertext).equals(other.ciphertext)).toBe(true);
          expect(Buffer.from(sealed[i]!.tag).equals(other.tag)).toBe(true);
          expect(Buffer.from(one.open(nonce, toc, other)!).equals(opus)).toBe(true);
          one.destroy();
        }
      },
    ),
    { numRuns: 200 },
  );
});
