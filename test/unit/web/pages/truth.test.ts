import { describe, expect, it } from 'vitest';
import { states } from '../../../../src/web/gallery/states.ts';
import type { BridgeView, MeetingView } from '../../../../src/web/host/session.ts';
import { announcements } from '../../../../src/web/pages/announce.ts';
import { createFormat, groupedPin, shortThumbprint, shownName } from '../../../../src/web/pages/format.ts';
import { english as text } from '../../../../src/web/pages/text/english.ts';
import { followHearing, mayHear, noHearing } from '../../../../src/web/pages/hearing.ts';
import { truthOf, type Truth } from '../../../../src/web/pages/truth.ts';
import { wordsOf } from '../../../../src/web/pages/words.ts';

function meetingOf(name: string): MeetingView {
  const meeting = states[name]?.meeting;
  if (meeting == null) throw new Error(`no meeting in ${name}`);
  return meeting;
}
/** As a page says it that has seen this view alone. */
function truth(meeting: MeetingView): Truth {
  return truthOf(meeting, followHearing(noHearing, meeting, { wallMs: 0, monoMs: 0 }).hearers, text);
}
const bridgeStates: readonly BridgeView['state'][] = [
  'waiting',
  'asking',
  'granted',
  'holds-key',
  'locking-out',
  'locked-out',
  'asked-to-rotate',
  'denied',
];
const withBridges = (...list: readonly BridgeView['state'][]): MeetingView => {
  const meeting = meetingOf('host-open');
  const bridge = meeting.bridges[0];
  if (bridge === undefined) throw new Error('no bridge');
  return {
    ...meeting,
    bridges: list.map((state, i) => ({ ...bridge, identity: `p-${i}`, thumbprint: `t${i}`, state })),
  };
};

describe('the one sentence', () => {
  it.each([
    ['host-alone', 'sealed', 'Only you are here. No phone.'],
    ['host-people', 'sealed', '3 people can hear. No phone.'],
    ['host-waiting', 'waiting', '3 people can hear. A phone is waiting outside.'],
    ['host-prompt', 'ask', 'A phone bridge asks for the meeting key.'],
    ['host-open', 'open', '3 people and 1 phone can hear.'],
    ['host-locking', 'locking', 'Locking the phone bridge out: 2 left'],
    ['host-asked-to-rotate', 'locking', text.bridge.state['asked-to-rotate']],
    ['host-alarm', 'alarm', '3 people can hear. No phone.'],
    ['member-host-left', 'stopped', 'The host is not here.'],
    ['member-waiting-for-host', 'waiting', 'Waiting for the host'],
    ['member-joining', 'waiting', 'Waiting for the meeting key'],
  ])('%s', (name, tone, title) => {
    expect(truth(meetingOf(name))).toMatchObject({ tone, title });
  });

  it('says that a phone can hear from the grant on, whatever the bridge says itself', () => {
    expect(bridgeStates.filter((state) => mayHear(withBridges(state).bridges[0]!))).toEqual([
      'granted',
      'holds-key',
      'locking-out',
      'asked-to-rotate',
    ]);
    expect(truth(withBridges('granted')).tone).toBe('open');
  });

  it('never looks sealed while any bridge may hear', () => {
    for (const a of bridgeStates) {
      for (const b of bridgeStates) {
        const meeting = withBridges(a, b);
        const { tone } = truth(meeting);
        if (meeting.bridges.some(mayHear)) expect(['open', 'locking']).toContain(tone);
        if (a === 'holds-key' || b === 'holds-key') expect(tone).toBe('open');
      }
    }
  });

  it('says of a talk-only bridge that it speaks and does not hear, and still offers to revoke', () => {
    const said = truth(meetingOf('host-open-speak'));
    expect(said).toMatchObject({ tone: 'waiting', title: '3 people can hear. 1 phone can speak only.' });
    expect(said.revocable).toHaveLength(1);
  });

  it('is not sealed while a bridge that left with its key could still hear', () => {
    const open = meetingOf('host-open');
    const book = followHearing(noHearing, open, { wallMs: 0, monoMs: 0 });
    const gone = { ...open, bridges: [] };
    const { hearers } = followHearing(book, gone, { wallMs: 1, monoMs: 1 });
    expect(truthOf(gone, hearers, text).tone).toBe('locking');
  });

  it('counts a bridge that holds the key though no call is admitted', () => {
    const meeting = withBridges('holds-key');
    const bridges = meeting.bridges.map((bridge) => ({ ...bridge, legs: [] }));
    expect(truth({ ...meeting, bridges }).title).toBe('3 people and the phone bridge can hear.');
  });

  it('offers to revoke exactly the bridges that hold a key or were given one', () => {
    const revocable = truth(withBridges(...bridgeStates)).revocable.map((bridge) => bridge.state);
    expect(revocable).toEqual(['granted', 'holds-key']);
  });
});

describe('what a screen reader hears', () => {
  it.each([
    ['host-people', 'host-waiting', ['A phone bridge, operated by Northgate Telecom, waits without a key']],
    ['host-waiting', 'host-prompt', ['Northgate Telecom asks for the meeting key']],
    [
      'host-granted',
      'host-open',
      ['Northgate Telecom now holds the meeting key', '+49 30 ···· 417 is in the meeting'],
    ],
    ['host-open', 'host-caller-muted', ['+49 30 ···· 417 is muted', '+44 20 ···· 9902 is in the meeting']],
    [
      'host-people',
      'host-door',
      ['The meeting is locked', 'Daniel Weiß asks to come in', 'Evelyn Mbeki asks to come in'],
    ],
    ['co-host-host-left', 'host-alone', ['You are the host now', 'Chiara Rossi left']],
    ['host-open', 'host-locking', ['Locking the phone bridge out']],
    ['host-locking', 'host-locked', ['The phone bridge is locked out after 0.4 seconds']],
    ['host-locked', 'host-people', ['The phone bridge left']],
    ['host-alone', 'host-people', ['Benedikt Lang joined', 'Chiara Rossi joined']],
    [
      'member-people',
      'member-host-left',
      ['The host is gone. Sound stops until the host returns', 'Ada Osei left'],
    ],
    ['member-joining', 'member-people', ['You are in the meeting', 'Ada Osei joined', 'Chiara Rossi joined']],
    ['host-people', 'host-people', []],
  ])('%s to %s', (before, now, said) => {
    expect(announcements(meetingOf(before), meetingOf(now), wordsOf('en', []))).toEqual(said);
  });
});

describe('how values are written', () => {
  it('shows names in one line without control or direction characters', () => {
    expect(shownName('  Ada\u202e \n Osei\u0000\u200f ')).toBe('Ada Osei');
    expect(shownName('\u2066\u200b')).toBe('');
    expect(Array.from(shownName('ü'.repeat(100)))).toHaveLength(64);
  });

  it('writes numbers and times as the language does', () => {
    const english = createFormat('en-GB');
    expect([412, 9_940, 9_960, -1].map((ms) => english.seconds(ms))).toEqual(['0.4', '9.9', '10', '0.0']);
    expect(createFormat('de').seconds(412)).toBe('0,4');
    expect([59_000, 60_000, 60_001, 899_000, -5].map((ms) => english.left(ms))).toEqual([
      '59 secs',
      '60 secs',
      '2 mins',
      '15 mins',
      '0 secs',
    ]);
    expect(createFormat('de').left(899_000)).toBe('15 Min.');
    const at = new Date(2026, 4, 18, 14, 30, 5).getTime();
    expect(createFormat('de').time(at)).toBe('14:30:05');
    expect(createFormat('de').shortTime(at)).toBe('14:30');
    expect(createFormat('en-US').shortTime(at)).toMatch(/^2:30\sPM$/);
  });

  it('groups what is read out', () => {
    expect([groupedPin('482913'), groupedPin('48291'), groupedPin('48291375')]).toEqual([
      '482 913',
      '482 91',
      '482 913 75',
    ]);
    expect(shortThumbprint('abcdefghijklmnopqrstuvwxyz')).toBe('abcd efgh ijkl mnop');
  });
});
