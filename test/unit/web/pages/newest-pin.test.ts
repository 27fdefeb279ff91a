import { expect, it, vi } from 'vitest';
import { ok, refuse } from '../../../../src/base/result.ts';
import type { RoomPin } from '../../../../src/web/pages/api.ts';
import { drawPin, pinNews, watchPin } from '../../../../src/web/pages/newest-pin.ts';
import { manualClock } from '../../../support/clock.ts';

const settle = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};
const known = { pin: '482913', pinId: 'first' };

it('says what an answer means to a page that knows a PIN', () => {
  expect(pinNews(known, { pinId: 'first', pin: null })).toEqual({ kind: 'same', known });
  expect(pinNews(known, { pinId: 'second', pin: '771204' })).toEqual({
    kind: 'new',
    known: { pin: '771204', pinId: 'second' },
  });
  expect(pinNews(known, { pinId: 'second', pin: null })).toEqual({ kind: 'replaced' });
  const before = { pin: '482913', pinId: null };
  expect(pinNews(before, { pinId: 'first', pin: null })).toEqual({ kind: 'same', known });
  expect(pinNews(before, { pinId: 'first', pin: '482913' })).toEqual({ kind: 'same', known });
  expect(pinNews(before, { pinId: 'second', pin: '771204' }).kind).toBe('new');
});

it('asks at once and once a minute with a signature of the challenge, and what is refused tells nothing', async () => {
  const clock = manualClock();
  const signed: Uint8Array[] = [];
  const told: RoomPin[] = [];
  const answers = [
    ok({ pinId: 'second', pin: '771204' }),
    refuse('unexpected' as const),
    ok({ pinId: 'third', pin: null }),
  ];
  let asked = 0;
  const stop = watchPin({
    api: {
      newPin: () => Promise.reject(new Error('not asked for')),
      pinChallenge: () => Promise.resolve(ok(new Uint8Array(40).fill(asked))),
      pin: (meetingId, challenge, signature) => {
        expect(meetingId).toBe('meeting');
        expect(challenge[0]).toBe(asked);
        expect(signature).toEqual(new Uint8Array(64).fill(asked));
        return Promise.resolve(answers[asked++] ?? refuse('unexpected'));
      },
    },
    device: {
      publicKey: new Uint8Array(32),
      sign: (bytes) => {
        signed.push(bytes);
        return Promise.resolve(new Uint8Array(64).fill(asked));
      },
    },
    ...{ meetingId: 'meeting', clock, onPin: (pin: RoomPin) => told.push(pin) },
  });
  await vi.waitFor(() => expect(asked).toBe(1), 8_000);
  clock.advance(59_999);
  await settle();
  expect(asked).toBe(1);
  clock.advance(1);
  await vi.waitFor(() => expect(asked).toBe(2), 8_000);
  await settle();
  clock.advance(60_000);
  await vi.waitFor(() =>
    expect(told).toEqual([
      { pinId: 'second', pin: '771204' },
      { pinId: 'third', pin: null },
    ]),
  );
  expect(new TextDecoder('latin1').decode(signed[0])).toContain('latchkey/1/pin-ask');
  stop();
  clock.advance(60_000);
  await settle();
  expect(asked).toBe(3);
});

it('has another one drawn in place of the one in force, by a signature of its own; one that is known after all is told instead', async () => {
  const told: RoomPin[] = [];
  const drawn: string[] = [];
  const signed: string[] = [];
  let inForce: RoomPin = { pinId: 'second', pin: null };
  let ledger = false;
  const draw = () =>
    drawPin({
      api: {
        pinChallenge: () => Promise.resolve(ok(new Uint8Array(40))),
        pin: () => Promise.resolve(ok(inForce)),
        newPin: (_meeting, { replaces }) => {
          if (!ledger) return Promise.resolve(refuse('unexpected' as const));
          drawn.push(replaces);
          inForce = { pinId: 'third', pin: '305816' };
          return Promise.resolve(ok(inForce));
        },
      },
      device: {
        publicKey: new Uint8Array(32),
        sign: (bytes) => {
          signed.push(new TextDecoder('latin1').decode(bytes));
          return Promise.resolve(new Uint8Array(64));
        },
      },
      ...{ meetingId: 'meeting', onPin: (pin: RoomPin) => told.push(pin) },
    });
  expect(await draw()).toBe(false);
  expect(told).toEqual([]);
  ledger = true;
  expect(await draw()).toBe(true);
  expect([drawn, told]).toEqual([['second'], [inForce]]);
  expect(signed.at(-1)).toContain('latchkey/1/pin-draw');
  expect(signed.at(-1)).toContain('second');
  expect(await draw()).toBe(true);
  expect(drawn).toEqual(['second']);
  expect(told).toEqual([inForce, inForce]);
});
