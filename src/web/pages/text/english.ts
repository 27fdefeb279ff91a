import { englishDial } from './english-dial.ts';
import { englishNotices } from './english-notices.ts';
import { counter } from './plural.ts';

const count = counter('en');

const verification = {
  A: 'Number vouched for by the caller’s carrier (A)',
  B: 'Customer known to the carrier, number not checked (B)',
  C: 'Number not checked by the carrier (C)',
  failed: 'Number check failed: it may be forged',
  absent: 'Number not checked: it may be forged',
};

/** `Encrypted` is never said of a phone line without the words on where that ends. */
const transport = {
  plain: 'Phone line not encrypted',
  provider: 'Encrypted as far as the phone provider',
  unknown: 'Encryption of the phone line unknown',
};

export const english = {
  ...englishNotices,
  product: 'Latchkey',
  titleHost: 'Host · Latchkey',
  titleMember: 'Meeting · Latchkey',
  language: 'Language',
  loading: 'One moment…',
  again: 'Try again',
  reload: 'Join again',
  reloadHost: 'Open the meeting again',
  copied: 'Copied',
  copyFailed: 'Copying did not work. Select the text and copy it yourself.',

  truth: {
    sealed: (people: number) => `${count(people, 'person', 'people')} can hear. No phone.`,
    sealedAlone: 'Only you are here. No phone.',
    sealedBody: 'Everything said here is encrypted from browser to browser.',
    waiting: (people: number) => `${count(people, 'person', 'people')} can hear. A phone is waiting outside.`,
    waitingBody: 'The phone bridge is in the meeting without a key: it cannot hear and cannot be heard.',
    asks: 'A phone bridge asks for the meeting key.',
    asksBody: 'It hears nothing until the host allows it.',
    open: (people: number, phones: number) =>
      `${count(people, 'person', 'people')} and ${count(phones, 'phone', 'phones')} can hear.`,
    openBridge: (people: number) => `${count(people, 'person', 'people')} and the phone bridge can hear.`,
    openBody: (operator: string) =>
      `The phone bridge of ${operator} holds the key. What is said here leaves the encryption there.`,
    speaks: (people: number, phones: number) =>
      `${count(people, 'person', 'people')} can hear. ${count(phones, 'phone', 'phones')} can speak only.`,
    speaksBody: (operator: string) =>
      `The phone bridge of ${operator} holds only the key of its own voice. It cannot open the others’.`,
    opening: (operator: string) => `${operator} is being given the key.`,
    locking: (left: number) =>
      left === 0 ? 'Locking the phone bridge out…' : `Locking the phone bridge out: ${left} left`,
    lockingBody: 'Every browser is changing to a key that the bridge never had.',
    noHost: 'The host is not here.',
    noHostBody:
      'Without the host nobody can let a phone in or take a key back, so sound stops until the host returns.',
    noHostCoHost:
      'Sound stops until the host returns, or until you take over. Then new keys are made and every phone bridge loses its own.',
    waitingForHost: 'Waiting for the host',
    waitingForHostBody: 'You are connected. The meeting starts when the host is here. Nobody hears you yet.',
    joining: 'Waiting for the meeting key',
    joiningBody:
      'The host’s browser is checking your invitation; in a locked meeting, or after a key was revoked, the host lets you in by hand. Nobody hears you yet.',
    alarm: 'Something is wrong in this meeting',
    alarmBody: 'Read the warning before you go on.',
    reconnecting: 'Connection lost. Connecting again…',
    locked: 'Locked',
    takeOver: 'Take over',
    takeOverAsk: 'Take over as host?',
    takeOverYes: 'Take over now',
    takeOverNo: 'Wait',
  },

  bridge: {
    title: 'Phone bridge',
    none: 'No phone has called. When somebody calls and knows the PIN, the bridge appears here and waits.',
    noneMember: 'No phone has called.',
    operatedBy: (operator: string) => `Operated by ${operator}`,
    state: {
      waiting: 'Waiting, without a key',
      asking: 'Asks for the key',
      granted: 'Allowed, taking the key',
      'holds-key': 'Holds the key',
      'locking-out': 'Being locked out',
      'locked-out': 'Locked out',
      'asked-to-rotate': 'Key taken back, apps asked to rotate',
      denied: 'Denied, without a key',
    },
    explain: {
      waiting:
        'It is in the meeting like a guest in front of the door. It cannot hear, and nobody hears its callers.',
      asking: 'The host has been asked. Until the answer it cannot hear.',
      granted: 'The host said yes. It hears from the moment it opens the key.',
      'holds-key': 'It hears everybody and passes it on to the calls below.',
      'locked-out': 'Nothing that it ever held opens what is said now.',
      'asked-to-rotate':
        'The app was asked to rotate its key, and does not confirm that it did. No lock-out is claimed.',
      denied: 'The host said no. The callers were told. They can ask again after a minute.',
    },
    explainListen: 'It hears everybody and passes it on to the calls below. Browsers drop what it sends.',
    explainSpeak:
      'It passes the calls below on to the meeting. It holds no key that opens the others’ voices.',
    lockingLeft: (left: number) =>
      left === 0 ? 'Locking out…' : `Locking out: ${count(left, 'browser', 'browsers')} left to change keys`,
    lockedAfter: (seconds: string) => `Locked out after ${seconds} s`,
    revoke: 'Revoke the key',
    revokeHint: 'One click. Every browser changes to a new key at once.',
    review: 'Review the request',
    callers: 'Callers',
    noCallers: 'No call asks to come in now.',
    leg: { waiting: 'waiting, hears nothing', admitted: 'in the meeting', left: 'hung up' },
    legMuted: 'muted',
    mute: 'Mute',
    unmute: 'Unmute',
    muteCaller: (caller: string) => `Mute ${caller}`,
    unmuteCaller: (caller: string) => `Unmute ${caller}`,
    end: 'Hang up',
    endCaller: (caller: string) => `Hang up ${caller}`,
    verification,
    transport,
    withheld: 'Number withheld',
    unknownCaller: 'Unknown caller',
    unknownOperator: 'an unknown operator',
    scope: 'Allowed',
    audio: { both: 'hears and speaks', listen: 'listens only', speak: 'speaks only' },
    until: 'Until',
    untilEnd: 'the end of the meeting',
    untilAt: (time: string, left: string) => `${time} (${left} left)`,
    later: 'Later callers',
    laterEach: 'each one asks',
    laterNext: (n: number) => `the next ${n} come in without asking`,
    laterAny: 'come in without asking',
    suite: 'Sealed with',
    code: 'Bridge code',
    codeSame: 'The bridge speaks the same digits to its callers.',
    identity: { 'first-use': 'New to this browser', changed: 'Identity changed' },
    ledger: 'Record of consent',
    ledgerState: {
      'first-seen': 'seen for the first time',
      consistent: 'continues what was seen before',
      fork: 'contradicts what was seen before',
    },
  },

  prompt: {
    title: 'Let the phone in?',
    lead: (operator: string) => ({
      before: 'You give the meeting key to ',
      operator,
      after:
        ', who promises to connect only the calls that you allow, to record nothing, and to forget the key when you revoke it.',
    }),
    titleMore: 'Let another call in?',
    leadMore: (operator: string) => ({
      before: 'The meeting key is already with ',
      operator,
      after: '. The calls listed here wait outside. They come in only if you allow them too.',
    }),
    reason: {
      'identity-changed': 'The key of this bridge is not the one that you allowed before.',
      'version-changed': 'The software of this bridge has changed since you last allowed it.',
      'scope-growth': 'It asks for more than you allowed before.',
      again: 'It had the key before and asks again.',
    },
    changedTitle: 'This is not the bridge that you know',
    changedBody: (previous: string) =>
      `Until now this bridge was run by ${previous} with another key. Allow it only if the operator told you of the change by another way than this page.`,
    changedBodyUnnamed:
      'Until now this bridge had another key. Allow it only if the operator told you of the change by another way than this page.',
    firstUseTitle: 'New to this browser',
    firstUseBody: 'You have not allowed this bridge from here before.',
    codeBody: 'Ask a caller which code the bridge reads out, and compare:',
    code: 'Bridge code',
    codeWaiting: 'The code is on its way…',
    codeNote:
      'Equal digits show that you and the caller are on the same bridge. They do not show who runs it.',
    ledgerWaiting:
      'The bridge still has to prove that its record of consent only grew. Until then it cannot be allowed.',
    forkTitle: 'Its record of consent contradicts itself',
    forkBody:
      'What this bridge shows now does not continue the record that this browser kept of it: entries may have been removed or changed. It cannot be allowed.',
    callers: (n: number): string =>
      n === 1 ? 'This call waits for your answer' : 'These calls wait for your answer',
    chooseCallers: 'Who comes in',
    chooseNone: 'Choose at least one caller, or deny.',
    merged: (n: number) =>
      `Your answer also counts for ${count(n, 'further request', 'further requests')} of this bridge.`,
    leavesTitle: 'What leaves the encryption',
    leaves: (operator: string) =>
      `Every voice, from Allow until you revoke: it is decrypted on a machine run by ${operator} and goes on over the telephone network, which can listen.`,
    leavesSpeak: (operator: string) =>
      `Nothing of the meeting. The callers’ own voices pass a machine run by ${operator} and the telephone network, which can listen.`,
    stays: 'What was said before stays sealed. You allow a fresh key that opens nothing older.',
    audio: 'What callers may do',
    audioBoth: 'Hear and speak',
    audioListen: 'Listen only',
    audioSpeak: 'Speak only',
    wants: {
      both: 'The bridge asks to hear and to speak.',
      listen: 'The bridge asks to listen only.',
      speak: 'The bridge asks to speak only.',
    },
    speakImpossible:
      'Speaking only is not possible now: it takes a key of its own for each voice, and no other grant for this bridge.',
    duration: 'For how long',
    untilRevoked: 'Until I revoke it',
    minutes: (n: number) => (n === 60 ? '1 hour' : `${n} minutes`),
    laterTitle: 'Later callers',
    laterEach: 'Each one asks me',
    laterNext: (n: number) => `Let the next ${n} in`,
    laterAny: 'Let anybody in',
    details: 'Check who is asking',
    operatorKey: 'Operator key',
    bridgeKey: 'Bridge key',
    connector: 'Bridge',
    suite: 'Sealed with',
    request: 'Request',
    allow: 'Allow',
    allowSoon: 'Allow…',
    allowNot: 'Cannot be allowed',
    deny: 'Deny',
    later: 'Decide later',
    changed: 'The request has changed. Read it again.',
    flash: '(!) The phone asks for the key',
  },

  people: {
    title: 'Who can hear',
    hasKey: 'holds the key',
    noKey: 'has no key yet',
    speaksOnly: 'holds the key of its own voice only',
    you: 'You',
    host: 'Host',
    coHost: 'Co-host',
    bridge: 'Phone bridge',
    phone: 'Phone call',
    cannotHear: 'Cannot hear',
    thumbprint: (t: string) => `Device key ${t}`,
    empty: 'Nobody else is here yet. Invite people.',
    unnamed: 'No name',
    since: (time: string) => `since ${time}`,
    sinceEarlier: (time: string) => `since ${time} or earlier`,
    leaving: 'left, keys are changing',
    lockingOut: 'being locked out',
    removeName: (name: string) => `Remove ${name}`,
    removeAsk: (name: string) => `Remove ${name} from the meeting?`,
    removeYes: 'Remove',
    removeNo: 'Keep',
    lock: 'Lock the meeting',
    lockHint: 'No new bridge and no new call. New members need your click.',
    lockedNote: 'The meeting is locked: no new bridge, no new call, members by the host’s click only.',
  },

  dial: englishDial,

  knock: {
    title: (n: number) => `${count(n, 'person asks', 'people ask')} to come in`,
    why: {
      locked: 'The meeting is locked',
      'after-revocation': 'New since a key was revoked',
      'no-invite': 'Without a valid invitation',
    },
    admit: 'Let in',
    refuse: 'Refuse',
    admitName: (name: string) => `Let in ${name}`,
    refuseName: (name: string) => `Refuse ${name}`,
    note: 'Names are what people typed. Let in only whom you expect, and compare the key if in doubt.',
  },

  invite: {
    title: 'Invite',
    phone: 'By phone',
    pin: 'PIN',
    code: 'Meeting code, if asked for',
    sip: 'SIP address',
    link: 'By browser',
    copyAll: 'Copy invitation',
    copyLink: 'Copy link',
    phoneNote: 'A phone waits until you let it in.',
    pinNew: 'This PIN is new. The one before opens nothing any more.',
    pinReplaced:
      'Replaced. This connector does not know by what: whoever runs the bridge may. Or have a new one made; the present one then opens nothing any more.',
    drawPin: 'Make a new PIN',
    message: (link: string, phone: string, digits: string) =>
      [
        'You are invited to an encrypted meeting.',
        '',
        `By browser: ${link}`,
        `By phone: ${phone}`,
        digits,
        '',
        'On the phone you wait until the host lets you in. The telephone network is not encrypted.',
      ].join('\n'),
    codeLine: (code: string) => `Meeting code, if asked for: ${code}`,
    pinLine: (pin: string) => `PIN: ${pin}`,
    or: (number: string, sip: string) => `${number} (or ${sip})`,
  },

  security: {
    title: 'Security',
    points: (epoch: number) => [
      'Sound: AES-256-GCM, a key per speaker, made fresh whenever somebody joins or leaves.',
      `Key change number ${epoch} of this meeting is in use.`,
      'Keys are sealed with X-Wing (X25519 with ML-KEM-768) to each person’s browser.',
      'Decisions are signed with a device key that cannot leave its browser.',
    ],
    code: 'Security code',
    yourKey: 'Your device key',
    compare: 'Everybody in this meeting sees the same security code. Compare it aloud if in doubt.',
    operators: 'Bridges allowed to ask',
    limits:
      'This page’s code comes from whoever runs the bridge. Anybody who holds the key could let others listen; the encryption keeps out everybody else.',
  },

  controls: {
    label: 'Microphone and meeting',
    mute: 'Mute',
    unmute: 'Unmute',
    microphone: 'Microphone',
    defaultMicrophone: 'Default microphone',
    leave: 'Leave',
    end: 'End for all',
    endAsk: 'End the meeting for everybody?',
    endYes: 'End it',
    endNo: 'Go on',
    denied:
      'The browser blocks the microphone. You can listen. To speak, allow it in the address bar, then try again.',
    missing: 'No microphone found. You can listen. Plug one in, then try again.',
    failed: 'The microphone does not answer. Another program may be using it.',
    off: 'Microphone off',
    listen: 'Hear the meeting',
    listenNote: 'Your browser wants a click before it plays sound.',
  },

  say: {
    dial: (name: string, how: string) => `${name}: ${how}`,
    joined: (name: string) => `${name} joined`,
    left: (name: string) => `${name} left`,
    bridgeWaiting: (operator: string) => `A phone bridge, operated by ${operator}, waits without a key`,
    bridgeAsks: (operator: string) => `${operator} asks for the meeting key`,
    bridgeHolds: (operator: string) => `${operator} now holds the meeting key`,
    bridgeDenied: (operator: string) => `${operator} was denied`,
    bridgeLocking: 'Locking the phone bridge out',
    bridgeLocked: (seconds: string) => `The phone bridge is locked out after ${seconds} seconds`,
    bridgeLockedPlain: 'The phone bridge is locked out',
    bridgeGone: 'The phone bridge left',
    callerIn: (caller: string) => `${caller} is in the meeting`,
    callerOut: (caller: string) => `${caller} hung up`,
    callerMuted: (caller: string) => `${caller} is muted`,
    callerUnmuted: (caller: string) => `${caller} is no longer muted`,
    knocks: (name: string) => `${name} asks to come in`,
    locked: 'The meeting is locked',
    unlocked: 'The meeting is no longer locked',
    hostGone: 'The host is gone. Sound stops until the host returns',
    hostBack: 'The host is here',
    youHost: 'You are the host now',
    inMeeting: 'You are in the meeting',
    muted: 'Microphone muted',
    unmuted: 'Microphone on',
  },
};

/** The shape of every language's table. The compiler finds what one lacks; a test finds a placeholder that one lost. */
export type Texts = typeof english;
