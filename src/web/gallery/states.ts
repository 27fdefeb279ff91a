import type { BridgeView, HistoryItem, LegView, MeetingView, MemberView, Prompt } from '../host/session.ts';
import { wordsOf } from '../pages/words.ts';
import type { MicrophoneView, PageView, Role } from '../pages/view.ts';

/** Every state of the pages, as data. The people, numbers and keys are made up. */

const wallMs = Date.UTC(2026, 4, 18, 9, 30, 0);

const person = (name: string, key: string, extra: Partial<MemberView> = {}): MemberView => ({
  identity: `p-${key}`,
  name,
  thumbprint: `${key}7hQ2vXc0rN4mTzKp1sWbYeUoLgA9dJfR3i6x8`.slice(0, 43),
  isHost: false,
  isMe: false,
  isCoHost: false,
  holdsKey: true,
  ...extra,
});

const ada = person('Ada Osei', 'Zm9vQk1x', { isHost: true });
const ben = person('Benedikt Lang', 'R2ludFhs');
const chi = person('Chiara Rossi', 'TGF0Y2g5');
const me = (member: MemberView): MemberView => ({ ...member, isMe: true });

const caller: LegView = {
  legId: 'leg-1',
  display: '+49 30 ···· 417',
  verification: 'absent',
  transport: 'udp+rtp',
  state: 'waiting',
  muted: false,
};
const second: LegView = {
  legId: 'leg-2',
  display: 'Withheld number',
  verification: 'absent',
  transport: 'tls+srtp',
  state: 'waiting',
  muted: false,
};
const admitted = (leg: LegView): LegView => ({ ...leg, state: 'admitted' });

const bridge = (state: BridgeView['state'], extra: Partial<BridgeView> = {}): BridgeView => ({
  identity: 'p-bridge',
  thumbprint: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  operator: 'Northgate Telecom',
  connector: 'bridge-01.northgate.example',
  state,
  legs: [caller],
  switchesLeft: 0,
  lockedOutAfterMs: null,
  scope: null,
  suite: 'X-Wing, HKDF-SHA256, AES-256-GCM',
  identityState: 'first-use',
  code: null,
  ledger: 'none',
  ...extra,
});

const prompt: Prompt = {
  kind: 'key',
  bridgeThumbprint: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  scope: { audio: 'both' },
  canTalkOnly: false,
  reason: 'new',
  identityState: 'first-use',
  previousOperator: null,
  code: null,
  ledger: 'none',
  merged: 0,
  requestHash: 'c2lnbmVkLXJlcXVlc3QtaGFzaC1vZi10aGUtZ2FsbGVyeQ',
  bridge: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  operator: 'Northgate Telecom',
  connector: 'bridge-01.northgate.example',
  operatorThumbprint: 'T3BlcmF0b3JLZXlUaHVtYnByaW50MDEyMzQ1Njc4OWE',
  suite: 'X-Wing, HKDF-SHA256, AES-256-GCM',
  callers: [caller, second],
  liveFromMonoMs: 0,
};

const event = (second_: number, what: string, detail: HistoryItem['detail'] = {}): HistoryItem => ({
  atWallMs: wallMs + second_ * 1000,
  what,
  detail,
});
const early = [event(0, 'started'), event(14, 'member-joined', { name: ben.name })];
const later = [...early, event(31, 'member-joined', { name: chi.name })];
const operator = { operator: 'Northgate Telecom' };
const asked = [...later, event(64, 'bridge-joined', operator), event(70, 'bridge-request', operator)];
const open = [...asked, event(76, 'granted', operator), event(77, 'receipt', operator)];

const people = (role: Role): readonly MemberView[] =>
  role === 'host' ? [me(ada), ben, chi] : [ada, me(ben), chi];

function meeting(role: Role, extra: Partial<MeetingView> = {}): MeetingView {
  return {
    meetingId: 'TWVldGluZ0lkMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG0',
    role,
    phase: 'in-meeting',
    hostPresent: true,
    epoch: 4,
    members: people(role),
    bridges: [],
    prompt: null,
    history: later,
    alarms: [],
    locked: false,
    knocking: [],
    onHostChange: 'ask-again',
    ...extra,
  };
}

const microphone: MicrophoneView = {
  state: 'on',
  devices: [
    { id: 'default', label: 'Built-in microphone' },
    { id: 'usb', label: 'USB headset' },
  ],
  deviceId: 'default',
};

const operators = [{ name: 'Northgate Telecom', thumbprint: prompt.operatorThumbprint }];

function page(role: Role, extra: Partial<PageView> = {}): PageView {
  return {
    role,
    stage: { kind: 'meeting' },
    meeting: meeting(role),
    microphone,
    connection: 'connected',
    playbackBlocked: false,
    invitation: {
      link: 'https://meet.northgate.example/join/TWVldGluZ0lkMDEy…#c2VjcmV0MTI4Yml0cw',
      number: '+49 30 5550 100',
      sip: 'sip:meet@northgate.example',
      pin: role === 'host' ? '482913' : null,
    },
    operators,
    problem: null,
    words: wordsOf('en', ['en-GB']),
    ...extra,
  };
}

const inMeeting = (role: Role, view: Partial<MeetingView>, extra: Partial<PageView> = {}): PageView =>
  page(role, { meeting: meeting(role, view), ...extra });

const start = (role: Role, extra: Partial<Extract<PageView['stage'], { kind: 'start' }>> = {}): PageView =>
  page(role, {
    meeting: null,
    invitation: null,
    stage: { kind: 'start', name: '', resumes: false, operators: role === 'host' ? operators : [], ...extra },
  });

const notice = (role: Role, stage: PageView['stage']): PageView => page(role, { meeting: null, stage });

const holding = bridge('holds-key', { legs: [admitted(caller), second] });

export const states: Readonly<Record<string, PageView>> = {
  'host-start': start('host'),
  'host-resume': start('host', { name: 'Ada Osei', resumes: true }),
  'host-no-claim': notice('host', { kind: 'blocked', why: 'no-claim', retry: false }),
  'host-already-claimed': notice('host', { kind: 'blocked', why: 'already-claimed', retry: false }),
  'host-connecting': notice('host', { kind: 'connecting', step: 'keys' }),
  'host-alone': inMeeting('host', { members: [me(ada)], history: [event(0, 'started')], epoch: 1 }),
  'host-people': inMeeting('host', {}),
  'host-waiting': inMeeting('host', { bridges: [bridge('waiting')], history: asked.slice(0, 4) }),
  'host-prompt': inMeeting('host', {
    bridges: [bridge('asking', { legs: [caller, second] })],
    prompt,
    history: asked,
  }),
  'host-granted': inMeeting('host', { bridges: [bridge('granted')], history: open.slice(0, 6), epoch: 5 }),
  'host-open': inMeeting('host', { bridges: [holding], history: open, epoch: 5 }),
  'host-another-call': inMeeting('host', {
    bridges: [holding],
    prompt: { ...prompt, callers: [second] },
    history: open,
    epoch: 5,
  }),
  'host-locking': inMeeting('host', {
    bridges: [bridge('locking-out', { switchesLeft: 2, legs: [caller] })],
    history: [...open, event(133, 'revoked', operator)],
    epoch: 6,
  }),
  'host-locked': inMeeting('host', {
    bridges: [bridge('locked-out', { lockedOutAfterMs: 412, legs: [caller] })],
    history: [...open, event(133, 'revoked', operator), event(134, 'locked-out', operator)],
    epoch: 6,
  }),
  'host-denied': inMeeting('host', {
    bridges: [bridge('denied')],
    history: [...asked, event(80, 'denied', operator)],
  }),
  'host-alarm': inMeeting('host', {
    alarms: [event(90, 'unencrypted-track')],
  }),
  'host-mic-denied': inMeeting('host', {}, { microphone: { state: 'denied', devices: [], deviceId: null } }),
  'host-ended': notice('host', { kind: 'ended', why: 'you-ended' }),

  'member-start': start('member'),
  'member-link-incomplete': notice('member', { kind: 'blocked', why: 'link-incomplete', retry: false }),
  'member-connecting': notice('member', { kind: 'connecting', step: 'microphone' }),
  'member-joining': inMeeting('member', {
    phase: 'joining',
    members: [{ ...me(ben), holdsKey: false }],
    history: [],
    epoch: 0,
  }),
  'member-waiting-for-host': inMeeting('member', {
    phase: 'waiting-for-host',
    hostPresent: false,
    members: [{ ...me(ben), holdsKey: false }],
    history: [],
    epoch: 0,
  }),
  'member-people': inMeeting('member', {}),
  'member-host-left': inMeeting('member', {
    hostPresent: false,
    members: [me(ben), chi],
    history: [...later, event(200, 'host-lost')],
  }),
  'member-waiting': inMeeting('member', { bridges: [bridge('waiting')], history: asked.slice(0, 4) }),
  'member-prompt': inMeeting('member', { bridges: [bridge('asking')], history: asked }),
  'member-open': inMeeting('member', { bridges: [holding], history: open, epoch: 5 }),
  'member-locking': inMeeting('member', {
    bridges: [bridge('locking-out', { switchesLeft: 1 })],
    history: [...open, event(133, 'revoked', operator)],
    epoch: 6,
  }),
  'member-locked': inMeeting('member', {
    bridges: [bridge('locked-out', { lockedOutAfterMs: 412 })],
    history: [...open, event(133, 'revoked', operator), event(134, 'locked-out', operator)],
    epoch: 6,
  }),
  'member-alarm': inMeeting('member', { alarms: [event(90, 'key-mismatch')] }),
  'member-muted': inMeeting('member', {}, { microphone: { ...microphone, state: 'muted' } }),
  'member-mic-denied': inMeeting(
    'member',
    {},
    { microphone: { state: 'denied', devices: [], deviceId: null } },
  ),
  'member-playback-blocked': inMeeting('member', {}, { playbackBlocked: true }),
  'member-reconnecting': inMeeting('member', {}, { connection: 'reconnecting' }),
  'member-refused': notice('member', { kind: 'ended', why: 'refused' }),
  'member-ended': notice('member', { kind: 'ended', why: 'host-ended' }),
  'member-unsupported': notice('member', { kind: 'unsupported', missing: ['secure-context', 'ed25519'] }),
};
