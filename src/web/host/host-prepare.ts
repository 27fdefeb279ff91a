import { sendWelcome } from './host-epochs.ts';
import type { HostState } from './host-state.ts';

/**
 * Makes the next epoch while a person still reads the question, and once a grant has settled: one member at a time, when
 * nothing else is to be done, so that a click waits for one seal at the most.
 */
export function prepareNext(state: HostState): void {
  void state.queue.idle(async () => {
    if (await prepareOne(state)) prepareNext(state);
  });
}

/** True where there may be more to do. */
async function prepareOne(state: HostState): Promise<boolean> {
  if (!isNextWanted(state)) return false;
  const next = await state.next.prepare();
  if (next === null) return false;
  const { epoch, mk, kcv, sealedTo } = next;
  const person = state.people.others().find((one) => !sealedTo.has(one));
  if (person !== undefined) {
    sealedTo.add(person);
    await sendWelcome(state, { epoch, mk, kcv }, person);
    return true;
  }
  if (!state.keys.has(epoch)) {
    state.keys.hold(state.instance, epoch, mk.slice(), { ahead: true });
    await state.keys.loadAhead(epoch, state.people.roster());
  }
  return false;
}

/** A bridge that asks may be let in, and one that is in locked out, by a click: other rotations have time. */
function isNextWanted({ bridges, people, epoch }: HostState): boolean {
  const clicked = [...bridges.values()].some(({ holds, ask }) => holds || ask?.kind === 'key');
  // Whoever has not switched yet is busy with the epoch before.
  return clicked && people.all().every(({ switched }) => switched >= epoch);
}
