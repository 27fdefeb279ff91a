import { every, type Clock, type Timer } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';
import type { KeyRing, KeyRingCounters } from '../e2ee/key-ring.ts';
import type { MeetingReport } from './protocol.ts';

const everyMs = 5_000;

export interface MeetingReporter {
  /** At once, and not only when it is due. */
  now(): void;
  stop(): void;
}

/** Tells control how many keys the meeting's worker holds, and what became of frames since the report before. */
export function reportMeeting(options: {
  readonly meetingId: MeetingId;
  readonly keys: Pick<KeyRing, 'counters' | 'held'>;
  readonly clock: Clock;
  send(report: MeetingReport): void;
}): MeetingReporter {
  const { meetingId, keys, clock } = options;
  let told = keys.counters;
  const now = (): void => {
    const before = told;
    told = keys.counters;
    options.send({
      kind: 'meeting-report',
      meetingId,
      keysHeld: keys.held,
      frames: difference(told, before),
    });
  };
  const timer: Timer = every(clock, everyMs, now);
  return { now, stop: () => timer.cancel() };
}

const difference = (now: KeyRingCounters, before: KeyRingCounters): KeyRingCounters => ({
  opened: now.opened - before.opened,
  sealed: now.sealed - before.sealed,
  noKey: now.noKey - before.noKey,
  badTag: now.badTag - before.badTag,
  replayed: now.replayed - before.replayed,
  plaintext: now.plaintext - before.plaintext,
  notSealed: now.notSealed - before.notSealed,
});
