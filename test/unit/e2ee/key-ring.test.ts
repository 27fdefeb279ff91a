import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleAead } from '../../../src/e2ee/aead.ts';
import { frameOverhead, parseFrame, unsealedFrame } from '../../../src/e2ee/frame.ts';
import { IvSequence } from '../../../src/e2ee/iv-sequence.ts';
import { KeyRing } from '../../../src/e2ee/key-ring.ts';
import type { KeySink } from '../../../src/web/host/session.ts';

const opus = Buffer.concat([Buffer.from([0x78]), randomBytes(60)]);

async function pair(slot = 1): Promise<{ alice: KeyRing; bob: KeyRing; key: Buffer }> {
  const key = randomBytes(32);
  const alice = new KeyRing();
  const bob = new KeyRing();
  await alice.setKey('alice', slot, key);
  await bob.setKey('alice', slot, key);
  return { alice, bob, key };
}

describe('a sealed frame', () => {
  it('opens at a receiver with the same sender key, and only there', async () => {
    const { alice, bob } = await pair();
    const sealer = alice.sealer('alice');
    const frame = sealer.seal(opus)!;
    expect(frame.length).toBe(opus.length + frameOverhead);
    const opened = bob.open('alice', frame);
    expect(opened.ok && opened.value.equals(opus)).toBe(true);
    await bob.setKey('mallory', 1, randomBytes(32));
    expect(bob.open('mallory', sealer.seal(opus)!)).toEqual({ ok: false, reason: 'bad-tag' });
    expect(bob.open('nobody', sealer.seal(opus)!)).toEqual({ ok: false, reason: 'no-key' });
    expect(bob.counters).toMatchObject({ opened: 1, badTag: 1, noKey: 1 });
  });

  it('is LiveKit’s format: HKDF key, TOC byte as additional data, IV and slot at the end', async () => {
    const { alice, key } = await pair(7);
    const frame = alice.sealer('alice').seal(opus)!;
    const aes = Buffer.from(hkdfSync('sha256', key, 'LKFrameEncryptionKey', Buffer.alloc(128), 32));
    const n = frame.length;
    expect([frame[0], frame[n - 2], frame[n - 1]]).toEqual([opus[0], 12, 7]);
    const decipher = createDecipheriv('aes-256-gcm', aes, frame.subarray(n - 14, n - 2));
    decipher.setAAD(frame.subarray(0, 1));
    decipher.setAuthTag(frame.subarray(n - 30, n - 14));
    const plain = Buffer.concat([decipher.update(frame.subarray(1, n - 30)), decipher.final()]);
    expect(plain.equals(opus.subarray(1))).toBe(true);
  });

  it('crosses between the two AEAD implementations, also with 128-bit keys', async () => {
    const key = randomBytes(32);
    const [a, b] = [new KeyRing({ keyBits: 128 }), new KeyRing({ keyBits: 128, aead: nobleAead })];
    await a.setKey('x', 0, key);
    await b.setKey('x', 0, key);
    expect(b.open('x', a.sealer('x').seal(opus)!).ok).toBe(true);
    expect(a.open('x', b.sealer('x').seal(opus)!).ok).toBe(true);
  });
});

describe('without a key nothing passes', () => {
  it('seals nothing before a key, after an overwrite, and after destroy', async () => {
    const ring = new KeyRing();
    const sealer = ring.sealer('me');
    expect(sealer.seal(opus)).toBeNull();
    await ring.setKey('me', 1, randomBytes(32));
    expect(sealer.seal(opus)).not.toBeNull();
    await ring.overwrite('me', 1);
    expect(sealer.seal(opus)).toBeNull();
    await ring.setKey('me', 2, randomBytes(32));
    ring.destroy();
    expect(sealer.seal(opus)).toBeNull();
    await expect(ring.setKey('me', 3, randomBytes(32))).rejects.toThrow();
    expect(ring.counters.notSealed).toBe(3);
  });

  it('never gives out a frame that was not encrypted', async () => {
    const { bob } = await pair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(bob.open('alice', Buffer.from(noise)).ok).toBe(false);
      }),
    );
    expect(bob.open('alice', Buffer.alloc(0))).toEqual({ ok: false, reason: 'empty' });
    expect(bob.open('alice', opus.fill(0xfe, 50))).toEqual({ ok: false, reason: 'malformed' });
    expect(bob.counters.plaintext).toBeGreaterThan(0);
  });

  it('forgets every key of a participant who left', async () => {
    const { alice, bob } = await pair();
    bob.forget('alice');
    expect(bob.holds('alice', 1)).toBe(false);
    expect(bob.open('alice', alice.sealer('alice').seal(opus)!)).toEqual({ ok: false, reason: 'no-key' });
  });

  it('refuses keys and slots of a wrong size', async () => {
    const ring = new KeyRing();
    await expect(ring.setKey('a', 256, randomBytes(32))).rejects.toThrow();
    await expect(ring.setKey('a', 1, randomBytes(16))).rejects.toThrow();
  });
});

describe('switching keys', () => {
  it('seals with the key set last, and both epochs open while both are held', async () => {
    const { alice, bob } = await pair(1);
    const sealer = alice.sealer('alice');
    const before = sealer.seal(opus)!;
    const next = randomBytes(32);
    await bob.setKey('alice', 2, next);
    await alice.setKey('alice', 2, next);
    const after = sealer.seal(opus)!;
    expect([before.at(-1), after.at(-1)]).toEqual([1, 2]);
    expect(bob.open('alice', after).ok).toBe(true);
    expect(bob.open('alice', before).ok).toBe(true);
    await bob.overwrite('alice', 1);
    expect(bob.open('alice', before)).toEqual({ ok: false, reason: 'no-key' });
  });

  it('leaves the caller’s key bytes alone, and fits the host library’s key sink', async () => {
    const key = randomBytes(32);
    const copy = Buffer.from(key);
    const sink: KeySink = new KeyRing();
    await sink.setKey('a', 1, key);
    await sink.overwrite('a', 1);
    expect(key.equals(copy)).toBe(true);
  });

  it('setting the same key again does not open old frames again', async () => {
    const { alice, bob, key } = await pair();
    const frame = alice.sealer('alice').seal(opus)!;
    expect(bob.open('alice', frame).ok).toBe(true);
    await bob.setKey('alice', 1, key);
    expect(bob.open('alice', frame)).toEqual({ ok: false, reason: 'replayed' });
  });
});

describe('IVs', () => {
  it('never repeat across frames, tracks and keys', async () => {
    const { alice } = await pair();
    const seen = new Set<string>();
    const sealers = [alice.sealer('alice'), alice.sealer('alice'), alice.sealer('alice')];
    for (let i = 0; i < 300; i++) {
      if (i === 150) await alice.setKey('alice', 2, randomBytes(32));
      for (const sealer of sealers) seen.add(sealer.seal(opus)!.subarray(-14, -2).toString('hex'));
    }
    expect(seen.size).toBe(900);
  });

  it('end instead of starting again', () => {
    const ivs = new IvSequence(randomBytes(8), 0xfffffffe);
    expect(ivs.next()?.readUInt32BE(8)).toBe(0xfffffffe);
    expect(ivs.next()?.readUInt32BE(8)).toBe(0xffffffff);
    expect(ivs.next()).toBeNull();
    expect(ivs.next()).toBeNull();
  });
});

it('parse and write are inverse, and parse is total', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseFrame(Buffer.from(bytes));
      if (parsed.ok) {
        const { toc, ciphertext, tag, iv, slot } = parsed.value;
        const { frame, sealed } = unsealedFrame(Buffer.concat([toc, ciphertext]), iv, slot);
        sealed.set(Buffer.concat([ciphertext, tag]));
        expect(frame.equals(bytes)).toBe(true);
      } else expect(parsed.reason).toBe('malformed');
    }),
  );
  const frame = Buffer.alloc(31);
  frame[29] = 12;
  expect(parseFrame(frame).ok).toBe(true);
  expect(parseFrame(frame.subarray(1)).ok).toBe(false);
});
