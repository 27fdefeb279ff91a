import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayWindow } from '../../../src/e2ee/replay-window.ts';

function iv(stream: number, high: number, low: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(stream >>> 0, 0);
  bytes.writeUInt32BE(high >>> 0, 4);
  bytes.writeUInt32BE(low >>> 0, 8);
  return bytes;
}

function offer(window: ReplayWindow, bytes: Buffer): boolean {
  const fresh = window.isFresh(bytes);
  if (fresh) window.accept(bytes);
  return fresh;
}

/** The IVs that livekit-client makes: SSRC, RTP timestamp, timestamp minus a count from a random start. */
function livekitIvs(n: number, from: number): Buffer[] {
  const start = randomInt(0xffff);
  return Array.from({ length: n }, (_, i) => {
    const timestamp = (from + i * 960) >>> 0;
    return iv(0xabcdef01, timestamp, timestamp - ((start + i) % 0xffff));
  });
}

describe.each([
  ['LiveKit’s IVs', livekitIvs(2000, 5)],
  ['LiveKit’s IVs across the wrap of the timestamp', livekitIvs(2000, 2 ** 32 - 960 * 1000)],
  ['our own IVs', Array.from({ length: 2000 }, (_, i) => iv(7, 99, i))],
])('%s', (_name, ivs) => {
  it('are accepted once, and never again, however old', () => {
    const window = new ReplayWindow();
    for (const bytes of ivs) expect(offer(window, bytes)).toBe(true);
    for (const bytes of ivs) expect(window.isFresh(bytes)).toBe(false);
  });

  it('are accepted out of order within the depth, still only once', () => {
    const window = new ReplayWindow({ depth: 32 });
    const shuffled: Buffer[] = [];
    for (let i = 0; i < ivs.length; i += 20) {
      const part = ivs.slice(i, i + 20);
      while (part.length > 0) shuffled.push(...part.splice(randomInt(part.length), 1));
    }
    for (const bytes of shuffled) {
      expect(offer(window, bytes)).toBe(true);
      expect(offer(window, bytes)).toBe(false);
    }
  });
});

it('opens no IV twice whatever the order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 500 }), (order) => {
      const window = new ReplayWindow({ depth: 16 });
      const accepted = order.filter((n) => offer(window, iv(1, 2 ** 32 - 150 + n, 0)));
      expect(new Set(accepted).size).toBe(accepted.length);
    }),
  );
});

it('a frame that was never heard is refused once the depth of later ones has passed', () => {
  const window = new ReplayWindow({ depth: 4 });
  for (const n of [10, 11, 12]) offer(window, iv(1, 0, n));
  expect(window.isFresh(iv(1, 0, 9))).toBe(true);
  offer(window, iv(1, 0, 13));
  expect(window.isFresh(iv(1, 0, 9))).toBe(false);
});

it('looking does not store: only an accepted frame makes a stream', () => {
  const window = new ReplayWindow({ maxStreams: 1 });
  for (let i = 0; i < 100; i++) expect(window.isFresh(iv(i, 0, 0))).toBe(true);
  window.accept(iv(5, 0, 0));
  expect(window.isFresh(iv(6, 0, 0))).toBe(false);
  expect(window.isFresh(iv(5, 0, 1))).toBe(true);
});
