import type { ChildProcess } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Child } from '../../../src/base/child.ts';
import { createLog } from '../../../src/base/log.ts';
import { supervise } from '../../../src/base/supervise.ts';
import { manualClock } from '../../support/clock.ts';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

it('a child that dies at once each time is started ever more slowly, and one that ran for a while at once again', async () => {
  const clock = manualClock();
  let die: () => void = () => undefined;
  const starts: number[] = [];
  const child: Child<object> = {
    info: {},
    process: Object.create(null) as ChildProcess,
    send: () => undefined,
    stop: () => Promise.resolve(),
  };
  const supervised = await supervise<object>({
    ...{ name: 'child', clock, log: createLog('test', 'silent') },
    start: (_info, onExit) => {
      starts.push(clock.monoMs());
      die = onExit;
      return Promise.resolve(child);
    },
  });
  const dieAndWait = async (ms: number): Promise<number> => {
    const before = starts.length;
    die();
    clock.advance(ms);
    await turn();
    return starts.length - before;
  };
  for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
    expect(await dieAndWait(waitMs - 1), `before ${waitMs} ms`).toBe(0);
    expect(supervised.running).toBe(false);
    clock.advance(1);
    await turn();
    expect(supervised.running, `after ${waitMs} ms`).toBe(true);
  }
  clock.advance(30_000);
  expect(await dieAndWait(500)).toBe(1);
  await supervised.stop();
  expect(await dieAndWait(60_000)).toBe(0);
});
