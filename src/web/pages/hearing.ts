import type { BridgeView, LegView, MeetingView, MemberView } from '../host/session.ts';

/**
 * Who can hear, and since when: one list that never understates. It follows the session's views one by one, because a
 * view alone forgets who has just left: whoever held a key counts until the keys after it are in use. Pure.
 */
export type Hearer = Subject & { readonly since: Since; readonly fading: boolean };

export interface Since {
  readonly wallMs: number;
  /** This page came later: it may have begun before. */
  readonly orEarlier: boolean;
}

export interface Hearing {
  readonly hearers: readonly Hearer[];
  /** When, on the monotonic clock, somebody drops out without any further news; null: nobody does. */
  readonly nextMonoMs: number | null;
}

export interface HearingBook extends Hearing {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Whether this page has been in the meeting: who turns up from then on began then. */
  readonly settled: boolean;
  /** The keys of the view before, see `keysOf`. */
  readonly keys: string;
}

export type Subject =
  | { readonly kind: 'member'; readonly member: MemberView }
  | { readonly kind: 'bridge'; readonly bridge: BridgeView }
  | { readonly kind: 'leg'; readonly leg: LegView; readonly bridge: BridgeView };

interface Entry {
  readonly subject: Subject;
  readonly since: Since;
  /** Null while the view says that the key is held. */
  readonly fade: Fade | null;
}

interface Fade {
  /** Which keys are still held. */
  readonly keys: string;
  /** Null until others are in use; from then on members need at most ten seconds to change. */
  readonly endMonoMs: number | null;
}

export interface Now {
  readonly wallMs: number;
  readonly monoMs: number;
}

/** After it nobody sends under the epoch before: a sender that has not switched by then stops (protocol, §7). */
const switchBoundMs = 10_000;

export const noHearing: HearingBook = {
  hearers: [],
  nextMonoMs: null,
  entries: new Map(),
  settled: false,
  keys: '',
};

/**
 * A bridge that holds, or may hold, a key that opens what is said: from the grant until the lock-out is complete,
 * whatever it says itself. A talk-only grant seals the key of its own voice and no other.
 */
export function mayHear(bridge: BridgeView): boolean {
  const holds = ['granted', 'holds-key', 'locking-out', 'asked-to-rotate'].includes(bridge.state);
  return holds && bridge.scope?.audio !== 'speak';
}

/** What the view itself says of who holds a key. A leg that ended inside a bridge with the key hears no longer. */
function subjectsOf(meeting: MeetingView): ReadonlyMap<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const member of meeting.members) {
    if (member.holdsKey) subjects.set(`member ${member.identity}`, { kind: 'member', member });
  }
  for (const bridge of meeting.bridges.filter(mayHear)) {
    subjects.set(`bridge ${bridge.identity}`, { kind: 'bridge', bridge });
    for (const leg of bridge.legs) {
      if (leg.state === 'admitted')
        subjects.set(`leg ${bridge.identity} ${leg.legId}`, { kind: 'leg', leg, bridge });
    }
  }
  return subjects;
}

/** Whether the view says of somebody who no longer holds a key that this is complete. */
function isOver(subject: Subject, meeting: MeetingView): boolean {
  if (subject.kind === 'member') return false;
  const bridge = meeting.bridges.find((b) => b.identity === subject.bridge.identity);
  if (bridge?.state === 'locked-out') return true;
  // The bridge itself stands in the list for whatever its calls could still be given.
  return subject.kind === 'leg';
}

/**
 * Which keys are in use, so that others can be told apart. Each start of a meeting counts its epochs from the beginning, so
 * an epoch alone would not do: a reload or a take-over may come to the same number.
 */
function keysOf({ role, history, epoch }: MeetingView): string {
  const starts = history.filter(({ what }) => what === 'started' || what === 'instance-start').length;
  return `${role} ${starts} ${epoch}`;
}

/** What it holds is the key of the view in which it was last seen with one. */
function faded(entry: Entry, book: HearingBook, meeting: MeetingView, now: Now): Entry | null {
  const fade = entry.fade ?? { keys: book.keys, endMonoMs: null };
  const changed = fade.endMonoMs === null && keysOf(meeting) !== fade.keys;
  const endMonoMs = changed ? now.monoMs + switchBoundMs : fade.endMonoMs;
  if (endMonoMs !== null && now.monoMs >= endMonoMs) return null;
  return { ...entry, fade: { keys: fade.keys, endMonoMs } };
}

export function followHearing(book: HearingBook, meeting: MeetingView, now: Now): HearingBook {
  const entries = new Map<string, Entry>();
  const held = subjectsOf(meeting);
  for (const [id, entry] of book.entries) {
    if (held.has(id) || isOver(entry.subject, meeting)) continue;
    const left = faded(entry, book, meeting, now);
    if (left !== null) entries.set(id, left);
  }
  for (const [id, subject] of held) {
    const mine = subject.kind === 'member' && subject.member.isMe;
    const orEarlier = !book.settled && !mine && meeting.role !== 'host';
    const since = book.entries.get(id)?.since ?? { wallMs: now.wallMs, orEarlier };
    entries.set(id, { subject, since, fade: null });
  }
  const ends = [...entries.values()].flatMap(({ fade }) => (fade?.endMonoMs == null ? [] : [fade.endMonoMs]));
  return {
    entries,
    keys: keysOf(meeting),
    settled: book.settled || meeting.phase === 'in-meeting',
    hearers: inOrder(meeting, entries),
    nextMonoMs: ends.length === 0 ? null : Math.min(...ends),
  };
}

/** As the view lists them, legs behind their bridge, and who fades behind those who stay. */
function inOrder(meeting: MeetingView, entries: ReadonlyMap<string, Entry>): readonly Hearer[] {
  const ids = [
    ...meeting.members.map((member) => `member ${member.identity}`),
    ...meeting.bridges.flatMap((bridge) => [
      `bridge ${bridge.identity}`,
      ...bridge.legs.map((leg) => `leg ${bridge.identity} ${leg.legId}`),
    ]),
  ];
  const order = new Set([...ids, ...entries.keys()]);
  const hearers = [...order].flatMap((id) => {
    const entry = entries.get(id);
    return entry === undefined ? [] : [{ ...entry.subject, since: entry.since, fading: entry.fade !== null }];
  });
  return [...hearers.filter((h) => !h.fading), ...hearers.filter((h) => h.fading)];
}

/** Heads, for the sentence on top: a bridge without calls counts as one, because it can hear. */
export function hearingCount(hearers: readonly Hearer[]): {
  readonly people: number;
  readonly phones: number;
} {
  return {
    people: hearers.filter((hearer) => hearer.kind === 'member').length,
    phones: hearers.filter((hearer) => hearer.kind === 'leg').length,
  };
}
