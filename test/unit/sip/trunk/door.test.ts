import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../../../src/base/log.ts';
import { createDoor } from '../../../../src/sip/trunk/door.ts';
import { planTrunks, type TrunkSettings } from '../../../../src/sip/trunk/trunk.ts';
import { manualClock } from '../../../support/clock.ts';

const sip = { unknownSource: 'forbid', drachtio: null } as const;
const planOf = (...trunks: readonly TrunkSettings[]) => planTrunks({ trunks, sip });

it('lets in by another plan from one call to the next, and forgets nothing of those that are inside', () => {
  const door = createDoor({
    plan: planOf({ name: 'carrier', sources: ['192.0.2.7'], maxCalls: 2 }),
    realms: new Map(),
    hasMeeting: () => false,
    clock: manualClock(),
    log: createLog('test', 'silent'),
    random: randomBytes,
  });
  expect([door.knows('192.0.2.7', null), door.knows('192.0.2.8', null)]).toEqual([true, false]);
  const inside = door.onPlace('carrier');
  if (inside === null) throw new Error('full');
  door.replan(planOf({ name: 'carrier', sources: ['192.0.2.8'], maxCalls: 1 }));
  expect([door.knows('192.0.2.7', null), door.knows('192.0.2.8', null)]).toEqual([false, true]);
  // A dialog of before keeps the trunk that it came in by.
  expect(door.knows('192.0.2.7', planOf({ name: 'carrier', sources: ['192.0.2.7'] }).trunks[0]!)).toBe(true);
  expect(door.state.trunks).toMatchObject([{ name: 'carrier', calls: 1, accepted: 1 }]);
  expect(door.onPlace('carrier')).toBeNull();
  inside.leave();
  expect(door.onPlace('carrier')).not.toBeNull();
});
