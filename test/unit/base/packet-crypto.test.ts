import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packetCrypto } from '../../../src/base/packet-crypto-loader.ts';
import { nodePacketCrypto } from '../../../src/base/packet-crypto-node.ts';
import { opensslPacketCrypto } from '../../../src/base/packet-crypto-openssl.ts';
import type { PacketCrypto } from '../../../src/base/packet-crypto.ts';

const openssl = opensslPacketCrypto();
const implementations: Readonly<Record<string, PacketCrypto>> = { openssl, node: nodePacketCrypto };

it('OpenSSL is called directly, because that works here', () => {
  expect(packetCrypto().name).toBe('openssl');
});

const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });

it('both make the same of any packets under one key', () => {
  const packets = fc.array(fc.tuple(bytes(12, 12), bytes(0, 80), bytes(0, 1_500)), { maxLength: 4 });
  fc.assert(
    fc.property(fc.oneof(bytes(16, 16), bytes(32, 32)), packets, (key, all) => {
      const [a, b] = [openssl.gcm(key), nodePacketCrypto.gcm(key)];
      for (const [iv, aad, plain] of all) {
        const [sealed, same] = [Buffer.alloc(plain.length + 16), Buffer.alloc(plain.length + 16)];
        a.seal(iv, aad, plain, sealed);
        b.seal(iv, aad, plain, same);
        expect(sealed.equals(same)).toBe(true);
        const [text, tag] = [sealed.subarray(0, plain.length), sealed.subarray(plain.length)];
        expect(Buffer.from(a.open(iv, aad, text, tag)!).equals(plain)).toBe(true);
        expect(Buffer.from(b.open(iv, aad, text, tag)!).equals(plain)).toBe(true);
      }
      a.free();
      b.free();
    }),
    { numRuns: 100 },
  );
});

it('both make the same key streams and digests', () => {
  fc.assert(
    fc.property(bytes(16, 16), bytes(14, 14), bytes(0, 1_500), (key, start, packet) => {
      // SRTP leaves the last 16 bits to the blocks of a packet (RFC 3711 §4.1.1).
      const first = Uint8Array.from([...start, 0, 0]);
      const [a, b] = [openssl.counter(key), nodePacketCrypto.counter(key)];
      const [one, other] = [Buffer.from(packet), Buffer.from(packet)];
      a.apply(first, one);
      b.apply(first, other);
      expect(one.equals(other)).toBe(true);
      a.apply(first, one);
      expect(one.equals(packet)).toBe(true);
      const [mac, same] = [openssl.hmacSha1(key), nodePacketCrypto.hmacSha1(key)];
      for (const part of [packet, first])
        expect(Buffer.from(mac.digest(part, first)).equals(same.digest(part, first))).toBe(true);
      for (const context of [a, b, mac, same]) context.free();
    }),
    { numRuns: 100 },
  );
});

describe.each(Object.entries(implementations))('%s', (_name, crypto) => {
  const [iv, none] = [randomBytes(12), new Uint8Array(0)];

  it('seals in place', () => {
    const context = crypto.gcm(randomBytes(32));
    const packet = Buffer.concat([Buffer.from('header'), Buffer.from('speech'), Buffer.alloc(16)]);
    context.seal(iv, packet.subarray(0, 6), packet.subarray(6, 12), packet.subarray(6));
    const opened = context.open(iv, packet.subarray(0, 6), packet.subarray(6, 12), packet.subarray(12));
    expect(Buffer.from(opened!).toString()).toBe('speech');
    context.free();
  });

  it('keeps copies of its keys, and does nothing any more once they are freed', () => {
    const key = randomBytes(16);
    const [gcm, counter, mac] = [crypto.gcm(key), crypto.counter(key), crypto.hmacSha1(key)];
    const before = Buffer.from(mac.digest(iv));
    key.fill(0);
    expect(Buffer.from(mac.digest(iv)).equals(before)).toBe(true);
    for (const context of [gcm, counter, mac]) {
      context.free();
      context.free();
    }
    expect(() => gcm.seal(iv, none, none, Buffer.alloc(16))).toThrow('destroyed');
    expect(() => gcm.open(iv, none, none, Buffer.alloc(16))).toThrow('destroyed');
    expect(() => counter.apply(randomBytes(16), Buffer.alloc(4))).toThrow('destroyed');
    expect(() => mac.digest(iv)).toThrow('destroyed');
  });

  it('refuses keys of another length', () => {
    for (const length of [0, 15, 24, 33])
      expect(() => crypto.gcm(new Uint8Array(length)).seal(iv, none, none, Buffer.alloc(16))).toThrow();
    expect(() => crypto.counter(new Uint8Array(32))).toThrow();
  });
});

it('what is longer than any packet is refused, not written beyond the end', () => {
  const gcm = openssl.gcm(randomBytes(32));
  const [iv, long] = [randomBytes(12), new Uint8Array(65_537)];
  const none = new Uint8Array(0);
  expect(() => gcm.seal(iv, none, long, Buffer.alloc(70_000))).toThrow(RangeError);
  expect(() => gcm.seal(iv, long, none, Buffer.alloc(70_000))).toThrow(RangeError);
  expect(gcm.open(iv, none, long, new Uint8Array(16))).toBeNull();
  expect(gcm.open(iv, none, none, new Uint8Array(15))).toBeNull();
  expect(() => openssl.hmacSha1(new Uint8Array(65))).toThrow(RangeError);
  gcm.free();
});
