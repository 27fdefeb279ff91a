import { expect, it } from 'vitest';
import { nodeAead, type FrameAead } from '../../../src/e2ee/aead.ts';
import { KeyRing } from '../../../src/e2ee/key-ring.ts';

/** A ring whose ciphers say when they are destroyed, and show the very bytes that the ring keeps. */
async function watched() {
  const kept: { readonly bytes: Uint8Array; readonly was: string; destroyed: boolean }[] = [];
  const aead: FrameAead = {
    name: 'watched',
    key(bytes) {
      const one = { bytes, was: Buffer.from(bytes).toString('hex'), destroyed: false };
      kept.push(one);
      const key = nodeAead.key(bytes);
      return {
        seal: (...a) => key.seal(...a),
        open: (...a) => key.open(...a),
        destroy: () => {
          one.destroyed = true;
          key.destroy();
        },
      };
    },
  };
  const ring = new KeyRing({ aead });
  await ring.setKey('ann', 1, new Uint8Array(32).fill(7));
  return { ring, kept };
}

it.each([
  ['its slot is overwritten', (ring: KeyRing) => ring.overwrite('ann', 1)],
  ['its slot gets another key', (ring: KeyRing) => ring.setKey('ann', 1, new Uint8Array(32).fill(8))],
  [
    'its sender is forgotten',
    (ring: KeyRing): Promise<void> => {
      ring.forget('ann');
      return Promise.resolve();
    },
  ],
  [
    'the ring is destroyed',
    (ring: KeyRing): Promise<void> => {
      ring.destroy();
      return Promise.resolve();
    },
  ],
])('a key is gone from our memory and its cipher destroyed where %s', async (_when, act) => {
  const { ring, kept } = await watched();
  await act(ring);
  expect(kept[0]!.destroyed).toBe(true);
  expect(Buffer.from(kept[0]!.bytes).toString('hex')).not.toBe(kept[0]!.was);
});
