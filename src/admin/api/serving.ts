import type { Holder, HoldersOf } from '../../call/ownership.ts';
import type { MeetingServing } from './wire.ts';

/** Who serves these meetings, asked once. Where the database is away, meetings are shown all the same, and their holders are not known. */
export async function servingOf(
  holders: HoldersOf | null,
  names: readonly string[],
): Promise<(name: string) => MeetingServing> {
  if (holders === null) return () => ({ state: 'not-shared', holder: null });
  let known: ReadonlyMap<string, Holder>;
  try {
    known = await holders(names);
  } catch {
    // Told by readiness, `sharing_up` and the log; this is a list of meetings.
    return () => ({ state: 'unknown', holder: null });
  }
  return (name) => {
    const holder = known.get(name);
    return holder === undefined
      ? { state: 'nobody', holder: null }
      : { state: 'held', holder: { ...holder } };
  };
}
