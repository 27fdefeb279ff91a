import type { RunningCase } from './cases.ts';
import type { RunningSeen, RunningStage } from './stage.ts';

const parties = ['host', 'member', 'connector', 'caller'] as const;
/** How long what is to be seen may take to be seen. */
const soonMs = 12_000;

function differences(sees: RunningSeen, wanted: RunningSeen): string[] {
  return parties
    .filter((who) => sees[who] !== wanted[who])
    .map((who) => `${who}: sees “${sees[who]}”, should see “${wanted[who]}”`);
}

/**
 * Plays one case in the running meeting; what is wrong comes back in words. The meeting works again afterwards, or that is wrong;
 * `last`: the meeting is not needed any more, and nobody waits for that.
 */
export async function playRunning(
  stage: RunningStage,
  one: RunningCase,
  { last = false }: { readonly last?: boolean } = {},
): Promise<readonly string[]> {
  const faults: string[] = [];
  stage.begin(one.tailMs ?? 1_500);
  try {
    if (one.early !== undefined) await stage.server.behave(one.early);
    await stage.call();
    await one.play(stage);
    for (let left = soonMs; left > 0 && differences(stage.seen(), one.sees).length > 0; left -= 250) {
      await stage.wait(250);
    }
    faults.push(...differences(stage.seen(), one.sees));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error), JSON.stringify(stage.seen()));
  }
  faults.push(...(await stage.broken()));
  if (!last && !(await stage.recovers())) faults.push(`afterwards: ${JSON.stringify(stage.seen())}`);
  return faults;
}
