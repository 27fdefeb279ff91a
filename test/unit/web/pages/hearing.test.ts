import { describe, expect, it } from 'vitest';
import { bridge, caller, scope } from '../../../../src/web/gallery/cast.ts';
import { states } from '../../../../src/web/gallery/states.ts';
import type { BridgeView, MeetingView, MemberView } from '../../../../src/web/host/session.ts';
import {
  followHearing,
  hearingCount,
  noHearing,
  type HearingBook,
} from '../../../../src/web/pages/hearing.ts';

/** The list of who can hear never understates: these are the ways in which a view alone would. */

const host = states['host-people']!.meeting!;
const member = states['member-people']!.meeting!;
const open: BridgeView = bridge('holds-key', { legs: [{ ...caller, state: 'admitted' }], scope: scope() });

/** Views one after the other, each with its time in seconds. */
function follow(...steps: readonly (readonly [seconds: number, view: MeetingView])[]): HearingBook {
  return steps.reduce(
    (book, [seconds, view]) =>
      followHearing(book, view, { wallMs: 1_000_000 + seconds * 1000, monoMs: seconds * 1000 }),
    noHearing,
  );
}
const named = (book: HearingBook): readonly string[] =>
  book.hearers.map((hearer) => {
    const name =
      hearer.kind === 'member'
        ? hearer.member.name
        : hearer.kind === 'bridge'
          ? hearer.bridge.operator
          : hearer.leg.display;
    return hearer.fading ? `${name} (fading)` : name;
  });
const without = (view: MeetingView, gone: MemberView | undefined): MeetingView => ({
  ...view,
  members: view.members.filter((m) => m.identity !== gone?.identity),
});
const everybody = ['Ada Osei', 'Benedikt Lang', 'Chiara Rossi'];

describe('who is in the list', () => {
  it('every member with a key, every bridge that may hear, every call behind it', () => {
    const keyless = { ...host.members[2]!, identity: 'p-new', holdsKey: false };
    const book = follow([0, { ...host, members: [...host.members, keyless], bridges: [open] }]);
    expect(named(book)).toEqual([...everybody, 'Northgate Telecom', '+49 30 ···· 417']);
    expect(hearingCount(book.hearers)).toEqual({ people: 3, phones: 1 });
  });

  it.each(['granted', 'holds-key', 'locking-out', 'asked-to-rotate'] as const)(
    'a bridge that is %s',
    (state) => {
      expect(named(follow([0, { ...host, bridges: [bridge(state, { legs: [] })] }]))).toContain(
        'Northgate Telecom',
      );
    },
  );

  it.each(['waiting', 'asking', 'denied', 'locked-out'] as const)('no bridge that is %s', (state) => {
    expect(named(follow([0, { ...host, bridges: [bridge(state)] }]))).toEqual(everybody);
  });

  it('no talk-only bridge: it holds the key of its own voice alone', () => {
    const speaking = { ...open, scope: scope({ audio: 'speak' }) };
    expect(named(follow([0, { ...host, bridges: [speaking] }]))).toEqual(everybody);
  });
});

describe('who has left', () => {
  const chiara = host.members[2];

  it('counts until the next keys are in use by all: ten seconds after the new epoch', () => {
    const gone = without(host, chiara);
    const rotated = { ...gone, epoch: host.epoch + 1 };
    const fading = [...everybody.slice(0, 2), 'Chiara Rossi (fading)'];
    expect(named(follow([0, host], [5, gone]))).toEqual(fading);
    // However long it takes until the new epoch begins.
    expect(named(follow([0, host], [5, gone], [600, gone]))).toEqual(fading);
    expect(named(follow([0, host], [5, gone], [6, rotated], [15.9, rotated]))).toEqual(fading);
    expect(named(follow([0, host], [5, gone], [6, rotated], [16, rotated]))).toEqual(everybody.slice(0, 2));
    expect(follow([0, host], [5, gone], [6, rotated]).nextMonoMs).toBe(16_000);
  });

  it('counts the same when one view says both: gone, and a new epoch', () => {
    const rotated = { ...without(host, chiara), epoch: host.epoch + 1 };
    expect(named(follow([0, host], [5, rotated]))).toHaveLength(3);
    expect(named(follow([0, host], [5, rotated], [15, rotated]))).toHaveLength(2);
  });

  it('and a new instance that has come to the same epoch ends it too', () => {
    const other = {
      ...without(host, chiara),
      history: [...host.history, { atWallMs: 0, what: 'instance-start', detail: {} }],
    };
    expect(named(follow([0, host], [5, other], [15, other]))).toHaveLength(2);
  });

  it('is a bridge that vanished with the key; a lock-out that is complete ends it at once', () => {
    const openView = { ...host, bridges: [open] };
    expect(named(follow([0, openView], [5, host]))).toEqual([...everybody, 'Northgate Telecom (fading)']);
    const lockedOut = { ...host, epoch: 9, bridges: [bridge('locked-out')] };
    expect(named(follow([0, openView], [5, lockedOut]))).toEqual(everybody);
    const asksAgain = { ...host, bridges: [bridge('asking')] };
    expect(named(follow([0, openView], [5, asksAgain]))).toContain('Northgate Telecom (fading)');
  });

  it('comes back as somebody who holds a key, not as two', () => {
    const gone = without(host, chiara);
    const back = follow([0, host], [5, gone], [6, { ...host, epoch: 9 }]);
    expect(named(back)).toEqual(everybody);
    expect(back.hearers[2]?.since.wallMs).toBe(1_000_000);
  });
});

describe('since when', () => {
  it('a host knows of everybody; a page that came later says so', () => {
    expect(follow([0, host]).hearers.every((h) => !h.since.orEarlier)).toBe(true);
    const seen = follow([0, member], [9, { ...member, bridges: [open] }]);
    const since = seen.hearers.map((h) => [(h.since.wallMs - 1_000_000) / 1000, h.since.orEarlier]);
    expect(since).toEqual([
      [0, true],
      [0, false],
      [0, true],
      [9, false],
      [9, false],
    ]);
  });

  it('is not moved by anything that changes later', () => {
    const muted = { ...open, legs: open.legs.map((leg) => ({ ...leg, muted: true })) };
    const locking = { ...muted, state: 'locking-out' as const };
    const book = follow(
      [0, { ...host, bridges: [open] }],
      [5, { ...host, bridges: [muted] }],
      [7, { ...host, epoch: 9, bridges: [locking] }],
    );
    expect(book.hearers.every((h) => h.since.wallMs === 1_000_000)).toBe(true);
  });
});
