import { expect, test } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { Attempts } from '../../../src/call/attempts.ts';
import { MeetingBook } from '../../../src/call/meeting-book.ts';
import { soleOwnership } from '../../../src/call/ownership.ts';
import { PinDesk, pinRules } from '../../../src/call/pin-desk.ts';
import { Redials } from '../../../src/call/redials.ts';
import { Switchboard, type SwitchboardOptions } from '../../../src/call/switchboard.ts';
import { manualClock } from '../../support/clock.ts';

const switchboard = (
  clock: ReturnType<typeof manualClock>,
  append: SwitchboardOptions['append'],
): Switchboard =>
  new Switchboard({
    observe: () => undefined,
    clock,
    log: createLog('test', 'silent'),
    rules: {
      ...{ pinTries: 3, notice: 'full', noInputMs: 8_000, maxWaitMs: 60_000 },
      ...{ stillWaitingMs: 45_000, askAgainMs: 60_000, maxCallMs: null },
    },
    maxCalls: 1,
    deadLegMs: 0,
    dialling: null,
    meetingsPerWorker: 1,
    pins: new PinDesk({
      clock,
      counts: new Attempts(clock, pinRules(3, 60, 60_000)),
      book: new MeetingBook({ clock, store: null, onFault: () => undefined }),
    }),
    roomNamed: () => null,
    soleMeeting: () => null,
    worker: {
      logLevel: 'silent',
      promptsDir: '',
      languages: ['en'],
      announce: { by: 'off', language: 'en' },
      echo: true,
      traceRtp: false,
      rtp: { host: '127.0.0.1', portMin: 1, portMax: 2 },
    },
    redials: new Redials(clock, () => 0),
    ownership: soleOwnership,
    redirects: false,
    speech: { language: 'en', choices: [], notice: () => '' },
    append,
  });

const settled = async (done: Promise<void>): Promise<boolean> =>
  Promise.race([done.then(() => true), new Promise<false>((no) => setImmediate(() => no(false)))]);

test('a drain is recorded before anything else happens', async () => {
  const clock = manualClock();
  const written: string[] = [];
  let acknowledge: () => void = () => undefined;
  const draining = switchboard(clock, (entries) => {
    written.push(...entries.map(({ type }) => type));
    return new Promise((resolve) => (acknowledge = resolve));
  }).drain(10_000);
  expect(written).toEqual(['drain']);
  expect(await settled(draining)).toBe(false);
  acknowledge();
  expect(await settled(draining)).toBe(true);
});

test('a vault that hangs loses the record, and holds no drain', async () => {
  const clock = manualClock();
  const draining = switchboard(clock, () => new Promise(() => undefined)).drain(10_000);
  clock.advance(2_999);
  expect(await settled(draining)).toBe(false);
  clock.advance(1);
  expect(await settled(draining)).toBe(true);
});

test('a ledger that is gone holds no drain either', async () => {
  const draining = switchboard(manualClock(), () => Promise.reject(new Error('gone'))).drain(10_000);
  expect(await settled(draining)).toBe(true);
});
