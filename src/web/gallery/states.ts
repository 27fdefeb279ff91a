import type { MeetingView, MemberView } from '../host/session.ts';
import { followHearing, noHearing } from '../pages/hearing.ts';
import type { Invitation, MicrophoneView, PageView, Role } from '../pages/view.ts';
import { wordsOf } from '../pages/words.ts';
import {
  ada,
  admitted,
  asked,
  ben,
  bridge,
  caller,
  dial,
  chi,
  event,
  knocks,
  later,
  me,
  open,
  operator,
  prompt,
  scope,
  second,
  wallMs,
} from './cast.ts';

/** Every state of the pages, as data. */

const people = (role: MeetingView['role']): readonly MemberView[] => {
  if (role === 'host') return [me(ada), ben, chi];
  return role === 'co-host' ? [ada, me({ ...ben, isCoHost: true }), chi] : [ada, me(ben), chi];
};

function meeting(role: MeetingView['role'], extra: Partial<MeetingView> = {}): MeetingView {
  return {
    meetingId: 'TWVldGluZ0lkMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG0',
    role,
    phase: 'in-meeting',
    hostPresent: true,
    epoch: 4,
    members: people(role),
    bridges: [],
    prompt: null,
    dials: [],
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

const operators = [
  { name: 'Northgate Telecom', thumbprint: prompt.operatorThumbprint, kept: 'beside' as const },
];

/** Who can hear, as a page knows it that was there from the beginning of the state. */
const hearingOf = (meeting: MeetingView | null): PageView['hearing'] =>
  meeting === null ? noHearing : followHearing(noHearing, meeting, { wallMs: wallMs + 31_000, monoMs: 0 });

function page(role: Role, extra: Partial<PageView> = {}): PageView {
  const shown = extra.meeting === undefined ? meeting(role) : extra.meeting;
  return {
    role,
    stage: { kind: 'meeting' },
    meeting: shown,
    hearing: hearingOf(shown),
    microphone,
    connection: 'connected',
    playbackBlocked: false,
    invitation: {
      link: 'https://meet.northgate.example/join/TWVldGluZ0lkMDEy…#c2VjcmV0MTI4Yml0cw',
      number: '+49 30 5550 100',
      sip: 'sip:meet@northgate.example',
      code: role === 'host' ? '207446' : null,
      pin: role === 'host' ? '482913' : null,
      pinChange: 'none',
    },
    operators,
    evidence: false,
    problem: null,
    words: wordsOf('en', ['en-GB']),
    ...extra,
  };
}

/** The host's page after its room PIN was replaced. */
function withPin(change: Pick<Invitation, 'pin' | 'pinChange'>): PageView {
  const shown = page('host');
  return { ...shown, invitation: shown.invitation === null ? null : { ...shown.invitation, ...change } };
}

const inMeeting = (role: Role, view: Partial<MeetingView>, extra: Partial<PageView> = {}): PageView =>
  page(role, { meeting: meeting(role, view), ...extra });

const asCoHost = (view: Partial<MeetingView>): PageView =>
  page('member', { meeting: meeting('co-host', view) });

const start = (role: Role, extra: Partial<Extract<PageView['stage'], { kind: 'start' }>> = {}): PageView =>
  page(role, {
    meeting: null,
    invitation: null,
    stage: {
      kind: 'start',
      name: '',
      resumes: false,
      operators: role === 'host' ? operators : [],
      coHostPage: role === 'host' ? 'https://meet.northgate.example/cohost' : null,
      coHost: false,
      ...extra,
    },
  });

const notice = (role: Role, stage: PageView['stage']): PageView => page(role, { meeting: null, stage });

const limited = scope({ untilWallMs: wallMs + 15 * 60_000, next: 3 });
const holding = bridge('holds-key', { legs: [admitted(caller), second], scope: limited });
const asking = (extra: Partial<typeof prompt> = {}): Partial<MeetingView> => ({
  bridges: [bridge('asking', { legs: [caller, second], ...changedOf(extra) })],
  prompt: { ...prompt, ...extra },
  history: asked,
});
/** What a prompt says of the bridge stands on its card too. */
const changedOf = ({
  identityState,
  ledger,
  code,
}: Partial<typeof prompt>): Parameters<typeof bridge>[1] => ({
  ...(identityState === undefined ? {} : { identityState }),
  ...(ledger === undefined ? {} : { ledger }),
  ...(code === undefined ? {} : { code }),
});

export const states: Readonly<Record<string, PageView>> = {
  'host-start': start('host'),
  'host-resume': start('host', { name: 'Ada Osei', resumes: true, coHostPage: null }),
  'host-no-claim': notice('host', { kind: 'blocked', why: 'no-claim', retry: false }),
  'host-already-claimed': notice('host', { kind: 'blocked', why: 'already-claimed', retry: false }),
  'host-connecting': notice('host', { kind: 'connecting', step: 'keys' }),
  'host-alone': inMeeting('host', { members: [me(ada)], history: [event(0, 'started')], epoch: 1 }),
  'host-people': inMeeting('host', {}),
  'host-waiting': inMeeting('host', { bridges: [bridge('waiting')], history: asked.slice(0, 4) }),
  'host-prompt': inMeeting('host', asking()),
  'host-prompt-first-use': inMeeting('host', asking({ identityState: 'first-use', code: '48120937' })),
  'host-prompt-code-on-its-way': inMeeting(
    'host',
    asking({ identityState: 'first-use', ledger: 'first-seen' }),
  ),
  'host-prompt-changed': inMeeting(
    'host',
    asking({
      identityState: 'changed',
      reason: 'identity-changed',
      previousOperator: 'Southgate Networks',
      code: '48120937',
    }),
  ),
  'host-prompt-unproven': inMeeting('host', asking({ ledger: 'none', liveFromMonoMs: Infinity })),
  'host-prompt-fork': inMeeting('host', asking({ ledger: 'fork' })),
  'host-prompt-again': inMeeting('host', asking({ reason: 'scope-growth', merged: 3, callers: [caller] })),
  'host-prompt-speak': inMeeting('host', asking({ scope: { audio: 'speak' }, canTalkOnly: false })),
  'host-granted': inMeeting('host', { bridges: [bridge('granted')], history: open.slice(0, 6), epoch: 5 }),
  'host-open': inMeeting('host', { bridges: [holding], history: open, epoch: 5 }),
  'host-open-listen': inMeeting('host', {
    bridges: [
      bridge('holds-key', { legs: [admitted(caller)], scope: scope({ audio: 'listen', legs: 'any' }) }),
    ],
    history: open,
  }),
  'host-open-speak': inMeeting('host', {
    bridges: [bridge('holds-key', { legs: [admitted(caller)], scope: scope({ audio: 'speak' }) })],
    history: open,
  }),
  'host-caller-muted': inMeeting('host', {
    bridges: [{ ...holding, legs: [{ ...admitted(caller), muted: true }, admitted(second)] }],
    history: open,
  }),
  'host-two-bridges': inMeeting('host', {
    bridges: [
      holding,
      bridge('holds-key', {
        identity: 'p-bridge-2',
        thumbprint: 'U2Vjb25kQnJpZGdlS2V5MDEyMzQ1Njc4OWFiY2RlZmc',
        operator: 'Southgate Networks',
        legs: [{ ...admitted(second), legId: 'leg-3' }],
        scope: scope(),
        identityState: 'first-use',
        ledger: 'first-seen',
      }),
    ],
    history: open,
  }),
  'host-another-call': inMeeting('host', {
    bridges: [holding],
    prompt: { ...prompt, kind: 'callers', callers: [second] },
    history: open,
    epoch: 5,
  }),
  'host-more-calls': inMeeting('host', {
    bridges: [{ ...holding, legs: [admitted(caller), second, { ...second, legId: 'leg-3' }] }],
    prompt: {
      ...prompt,
      kind: 'callers',
      callers: [second, { ...second, legId: 'leg-3', display: '+1 415 ···· 0188', verification: 'failed' }],
    },
    history: open,
    epoch: 5,
  }),
  'host-dial': inMeeting('host', {
    bridges: [bridge('waiting', { canDial: true, legs: [] })],
    dials: [
      { ...dial, dialId: 'dial-1', number: '+···· 417', state: 'refused', reason: 'not-allowed' },
      { ...dial, dialId: 'dial-2', number: '+···· 902', state: 'ringing' },
    ],
  }),
  'member-dial': inMeeting('member', {
    bridges: [bridge('waiting', { canDial: true, legs: [] })],
    dials: [{ ...dial, dialId: 'dial-2', mine: false, state: 'answered' }],
  }),
  'host-door': inMeeting('host', { locked: true, knocking: knocks }),
  'host-co-hosts': inMeeting('host', { members: [me(ada), { ...ben, isCoHost: true }, chi] }),
  'host-evidence': inMeeting('host', { bridges: [holding], history: open }, { evidence: true }),
  'host-problem': inMeeting('host', {}, { problem: 'change-failed' }),
  'host-pin-replaced': withPin({ pin: null, pinChange: 'replaced' }),
  'host-pin-new': withPin({ pin: '305816', pinChange: 'new' }),
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
  'host-asked-to-rotate': inMeeting('host', {
    bridges: [bridge('asked-to-rotate', { legs: [caller] })],
    history: [...open, event(133, 'revoked', operator)],
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
  'host-ended-evidence': page('host', {
    meeting: null,
    stage: { kind: 'ended', why: 'you-ended' },
    evidence: true,
  }),

  'co-host-code': notice('member', {
    kind: 'co-host-code',
    code: 'mZ0yqUqVnA0f4mYyTz8Wc1m6Rr3V9kQd2s5Lw7Xb1Ec',
  }),
  'co-host-start': start('member', { name: 'Benedikt Lang', coHost: true }),
  'co-host-prompt': asCoHost(asking()),
  'co-host-open': asCoHost({ bridges: [holding], history: open, knocking: knocks.slice(1) }),
  'co-host-host-left': asCoHost({
    hostPresent: false,
    members: people('co-host').slice(1),
    history: [...later, event(200, 'host-lost')],
  }),

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
  'member-locked-meeting': inMeeting('member', { locked: true }),
  'member-removed': notice('member', { kind: 'ended', why: 'removed' }),
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
