import { expect, it } from 'vitest';
import { createCallWatch } from '../../../src/admin-start.ts';
import type { LegId } from '../../../src/base/ids.ts';
import type { Log } from '../../../src/base/log.ts';
import type { CallEvent } from '../../../src/call/call-events.ts';
import { manualClock } from '../../support/clock.ts';

it('a call that is over is one line of the log: what it was, how long and why it ended, and no number', () => {
  const clock = manualClock();
  const lines: unknown[] = [];
  const watch = createCallWatch(clock, {
    info: (about: unknown, text?: unknown) => void lines.push([text, about]),
  } as Pick<Log, 'info'>);
  const leg = 'AAAAAAAAAAAAAAAAAAAAAA' as LegId;
  watch.observe({
    ...{
      kind: 'call-answered',
      direction: 'in',
      leg,
      call: 'a84b4c76e66710',
      trunk: 'carrier',
      transport: 'udp',
      srtp: false,
    },
    ...{ codec: 'pcmu', setupMs: 120 },
    label: { display: '···· 345', verification: 'absent' },
  } as unknown as CallEvent);
  watch.observe({ kind: 'leg-moved', leg, to: 'meeting' });
  for (const [mos, lossIn, jitterMs] of [
    [4.3, 0, 10],
    [2.1, 0.3, 40],
    [4.1, 0, 10.03],
  ] as const)
    watch.observe({
      ...{ kind: 'leg-quality', leg, counts: {} },
      quality: { mos, lossIn, lossOut: null, jitterMs, roundTripMs: null, echoDb: null },
    } as unknown as CallEvent);
  expect(watch.live.calls[0]?.quality).toBeNull();
  clock.advance(61_400);
  expect(lines).toEqual([]);
  watch.observe({ kind: 'leg-ended', leg, reason: 'bye' });
  watch.observe({ kind: 'leg-ended', leg: 'unknown' as LegId, reason: 'bye' });
  expect(lines).toEqual([
    [
      'call record',
      {
        ...{ call: 'a84b4c76e66710', leg, trunk: 'carrier', transport: 'udp', meeting: null, admitted: true },
        ...{ direction: 'in', codec: 'pcmu', srtp: false, started: '2023-11-14T22:13:19.880Z' },
        quality: { mos: 3.5, lowestMos: 2.1, lossIn: 0.1, jitterMs: 20, reports: 3 },
        ...{ answered: '2023-11-14T22:13:20.000Z', ended: '2023-11-14T22:14:21.400Z', seconds: 61 },
        ...{ setupMs: 120, reason: 'bye' },
      },
    ],
  ]);
  // The API has the other end too, masked.
  expect(watch.live.calls).toMatchObject([{ caller: '···· 345', reason: 'bye', quality: { reports: 3 } }]);
});
