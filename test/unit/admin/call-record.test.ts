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
  clock.advance(61_400);
  expect(lines).toEqual([]);
  watch.observe({ kind: 'leg-ended', leg, reason: 'bye' });
  watch.observe({ kind: 'leg-ended', leg: 'unknown' as LegId, reason: 'bye' });
  expect(lines).toEqual([
    [
      'call record',
      {
        ...{ call: 'a84b4c76e66710', leg, trunk: 'carrier', transport: 'udp', meeting: null, admitted: true },
        ...{ answered: '2023-11-14T22:13:20.000Z', ended: '2023-11-14T22:14:21.400Z', seconds: 61 },
        ...{ setupMs: 120, reason: 'bye' },
      },
    ],
  ]);
});
