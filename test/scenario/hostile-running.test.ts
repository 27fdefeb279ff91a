import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningCases } from '../hostile/running/cases.ts';
import { playRunning } from '../hostile/running/play.ts';
import { startRunningStage, type RunningStage } from '../hostile/running/stage.ts';

/** Of the cases against the running connector one that is over soon; `npm run test:hostile` plays all of them. */
const sample = 'passes sound in the clear as the host’s, on a track that is flagged as encrypted';

let stage: RunningStage;
beforeAll(async () => {
  stage = await startRunningStage();
});
afterAll(() => stage.close());

describe('a hostile server with the running connector', () => {
  it.each(runningCases.filter(({ name }) => name === sample))('$name', async (one) => {
    expect(await playRunning(stage, one, { last: true })).toEqual([]);
    // Cases in which the server does nothing are faults: it says so itself.
    const { bites } = await stage.server.behave('honest');
    expect(bites).toBe(0);
  });

  it('is played in cases with names of their own', () => {
    const names = runningCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain(sample);
  });
});
