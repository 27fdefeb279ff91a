import type { Blocked, Ended, Missing } from './view.ts';

/** Every word that the pages show, in one table, so that a language is one more table of this shape. */

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const blocked: Readonly<Record<Blocked, readonly [title: string, body: string]>> = {
  'no-claim': [
    'Open the host link first',
    'When Latchkey starts, it prints a one-time host link in its terminal. Open that link: this address alone starts nothing.',
  ],
  'claim-unknown': [
    'This host link is out of date',
    'Each start of Latchkey prints a new host link. Use the newest one from its terminal.',
  ],
  'already-claimed': [
    'This host link was already used',
    'It works once, in one browser. If that was not you, restart Latchkey: it prints a new link, and the old meeting is gone.',
  ],
  'link-incomplete': [
    'This invitation link is incomplete',
    'The part behind the # is missing or damaged. It opens the meeting to you, so ask the host to send the whole link again.',
  ],
  'meeting-unknown': [
    'No meeting at this link',
    'The server knows no meeting by this link. It may have ended. Ask the host for a new invitation.',
  ],
  'meeting-changed': [
    'Do not go on: the meeting does not match your link',
    'The server sent details that do not belong to the meeting in your link. Tell the host, by another way than this page.',
  ],
  'meeting-full': ['The meeting is full', 'Try again when somebody has left.'],
  'server-unreachable': ['The server cannot be reached', 'Check your connection, then try again.'],
  'too-many-requests': ['Too many tries', 'Wait a minute, then try again.'],
  unexpected: ['Something went wrong', 'Nothing was shared. Try again, or reload this page.'],
};

const ended: Readonly<Record<Ended, readonly [title: string, body: string]>> = {
  'you-left': ['You left the meeting', 'Your keys for it are gone from this page.'],
  'you-ended': [
    'You ended the meeting',
    'Everybody was told, every phone call was let go, and the keys are gone from this page.',
  ],
  'host-ended': ['The host ended the meeting', 'Your keys for it are gone from this page.'],
  refused: [
    'You were not let in',
    'The host’s browser refused this page. Use the newest invitation link, or ask the host.',
  ],
  'connection-lost': [
    'The connection was lost',
    'The meeting may go on without you. Join again when you are back online.',
  ],
  'other-tab': ['This meeting is open in another tab', 'Only one tab can host it. This one has stopped.'],
};

const missing: Readonly<Record<Missing, string>> = {
  'secure-context': 'a secure address: https, or localhost on this machine',
  webrtc: 'calls in the browser (WebRTC)',
  'frame-encryption': 'encryption of sound before it leaves the page (encoded transforms)',
  ed25519: 'Ed25519 signatures in Web Crypto',
  storage: 'storage for this site (not available in some private windows)',
  workers: 'background workers',
  microphone: 'access to a microphone',
};

const verification: Readonly<Record<string, string>> = {
  A: 'Number vouched for by the caller’s carrier (A)',
  B: 'Customer known to the carrier, number not checked (B)',
  C: 'Number not checked by the carrier (C)',
  failed: 'Number check failed: it may be forged',
  absent: 'Number not checked: it may be forged',
  none: 'Number not checked: it may be forged',
};

/** `Encrypted` is never said of a phone line without the words on where that ends. */
const transport = {
  plain: 'Phone line not encrypted',
  provider: 'Encrypted as far as the phone provider',
  unknown: 'Encryption of the phone line unknown',
} as const;

/** Consent events, by the stable names that the host library gives them. `n`: a name or number from the event. */
const history: Readonly<Record<string, (n: string) => string>> = {
  started: () => 'Meeting started, keys made',
  'instance-start': () => 'Meeting started, keys made',
  joined: () => 'You joined',
  left: () => 'You left',
  'member-joined': (n) => `${n} joined`,
  'member-left': (n) => `${n} left`,
  'member-refused': (n) => `${n} was refused`,
  'bridge-joined': (n) => `Phone bridge of ${n} is waiting`,
  'bridge-left': (n) => `Phone bridge of ${n} left`,
  'bridge-request': (n) => `${n} asked for the key`,
  asked: (n) => `${n} asked for the key`,
  granted: (n) => `You allowed ${n}`,
  denied: (n) => `${n} was denied`,
  expired: (n) => `Request of ${n} expired`,
  receipt: (n) => `${n} confirmed the key`,
  'receipt-missing': (n) => `${n} did not confirm in time`,
  revoked: (n) => `Key of ${n} revoked`,
  'locked-out': (n) => `${n} locked out`,
  rekeyed: () => 'New meeting key',
  'host-lost': () => 'Contact with the host lost',
  'host-back': () => 'The host is back',
  ended: () => 'Meeting ended',
};

const alarms: Readonly<Record<string, string>> = {
  'grant-unverified':
    'The host’s list shows a bridge with a key, but without a grant that this page could check. Your sound is held back.',
  'unencrypted-track': 'Somebody sends sound that is not encrypted. It is not played.',
  'plain-frame-stopped': 'Sound that was not encrypted was stopped before it could pass.',
  'identity-changed': 'The meeting server changed who this page is. The microphone was stopped.',
  'unexpected-data': 'The server delivers messages that nobody in the meeting signed. They are ignored.',
  'undecryptable-audio': 'Sound arrives that does not open with the meeting key. It is not played.',
  'two-hosts': 'Two browsers claim to host this meeting. Stop, and check with the host by another way.',
  'key-mismatch': 'Keys in this meeting do not match. Somebody may be interfering. Stop and start again.',
  'kcv-mismatch': 'Keys in this meeting do not match. Somebody may be interfering. Stop and start again.',
  'term-conflict':
    'Two different meetings claim to be this one. Stop, and check with the host by another way.',
  'no-receipt': 'The bridge took the key without a recorded receipt. It is being locked out.',
  'ledger-mismatch': 'The bridge’s record of consent contradicts itself. Keep the key from it.',
  'bad-signature': 'A message with a false signature arrived. It is ignored.',
};

const english = {
  product: 'Latchkey',
  you: 'you',
  host: 'host',
  loading: 'One moment…',
  blocked,
  ended,
  alarms,

  start: {
    hostTitle: 'Start the meeting',
    hostLead:
      'The keys are made in this browser and stay in it. Nobody hears anything without one, and you decide who gets one.',
    resumeTitle: 'Go on with your meeting',
    resumeLead:
      'You hosted this meeting from this browser before. Going on makes new keys; everybody still here is let back in, and a phone bridge has to ask again.',
    memberTitle: 'Join the meeting',
    memberLead:
      'Sound is encrypted in this browser before it leaves it. The server in between cannot listen.',
    name: 'Your name',
    nameHint: 'The others see it.',
    nameMissing: 'Enter a name that the others will recognise.',
    hostButton: 'Start the meeting',
    resumeButton: 'Go on',
    memberButton: 'Join the meeting',
    microphoneNote: 'Your browser will ask for the microphone. You can mute at any time.',
    operatorTitle: 'Phone bridge of this server',
    operatorLead:
      'Only a bridge with one of these keys can ever ask to join by phone. Compare with what the operator told you:',
    thumbprint: 'Key thumbprint',
    browsers: 'Needs a current browser: Chrome or Edge 137, Firefox 130, Safari 17.4, or newer.',
    trust:
      'This page comes from whoever runs the phone bridge. Its code sees what you say, so use a server that you trust.',
  },
  connecting: {
    microphone: 'Waiting for the microphone: your browser asks you now',
    keys: 'Making keys in this browser',
    server: 'Connecting to the meeting',
    title: 'Getting you in',
  },
  unsupported: {
    title: 'This browser cannot keep the meeting encrypted',
    lead: 'It lacks:',
    advice: 'Use a current Chrome, Edge, Firefox or Safari, over https.',
    missing,
  },
  again: 'Try again',
  reload: 'Join again',
  reloadHost: 'Open the meeting again',

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
    opening: (operator: string) => `${operator} is being given the key.`,
    locking: (left: number) =>
      left === 0 ? 'Locking the phone bridge out…' : `Locking the phone bridge out: ${left} left`,
    lockingBody: 'Every browser is changing to a key that the bridge never had.',
    noHost: 'The host is not here.',
    noHostBody:
      'Without the host nobody can let a phone in or take a key back, so sound stops until the host returns.',
    waitingForHost: 'Waiting for the host',
    waitingForHostBody: 'You are connected. The meeting starts when the host is here. Nobody hears you yet.',
    joining: 'Waiting for the meeting key',
    joiningBody:
      'The host’s browser is checking your invitation. Nobody hears you yet. If this takes long, ask the host for a new link.',
    alarm: 'Something is wrong in this meeting',
    alarmBody: 'Read the warning before you go on.',
    reconnecting: 'Connection lost. Connecting again…',
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
      denied: 'Denied, without a key',
    },
    explain: {
      waiting:
        'It is in the meeting like a guest in front of the door. It cannot hear, and nobody hears its callers.',
      asking: 'The host has been asked. Until the answer it cannot hear.',
      granted: 'The host said yes. It hears from the moment it opens the key.',
      'holds-key': 'It hears everybody and passes it on to the calls below.',
      'locked-out': 'Nothing that it ever held opens what is said now.',
      denied: 'The host said no. The callers were told. They can ask again after a minute.',
    },
    lockingLeft: (left: number) =>
      left === 0 ? 'Locking out…' : `Locking out: ${count(left, 'browser', 'browsers')} left to change keys`,
    lockedAfter: (seconds: string) => `Locked out after ${seconds} s`,
    revoke: 'Revoke the key',
    revokeHint: 'One click. Every browser changes to a new key at once.',
    review: 'Review the request',
    callers: 'Callers',
    noCallers: 'No call asks to come in now.',
    leg: { waiting: 'waiting, hears nothing', admitted: 'in the meeting', left: 'hung up' },
    verification,
    transport,
    unknownVerification: 'Number not checked: it may be forged',
    unknownCaller: 'Unknown caller',
    unknownOperator: 'an unknown operator',
  },

  prompt: {
    title: 'Let the phone in?',
    lead: (operator: string) => ({
      before: 'You give the meeting key to ',
      operator,
      after:
        ', who promises to connect only the calls listed here, to record nothing, and to forget the key when you revoke it.',
    }),
    titleMore: 'Let another call in?',
    leadMore: (operator: string) => ({
      before: 'The meeting key is already with ',
      operator,
      after: '. The calls listed here wait outside. They come in only if you allow them too.',
    }),
    callers: (n: number) =>
      n === 1 ? 'This call will hear and be heard' : 'These calls will hear and be heard',
    leavesTitle: 'What leaves the encryption',
    leaves: (operator: string) =>
      `Every voice, from Allow until you revoke: it is decrypted on a machine run by ${operator} and goes on over the telephone network, which can listen.`,
    stays: 'What was said before stays sealed. You allow a fresh key that opens nothing older.',
    duration: 'For how long',
    untilRevoked: 'Until I revoke it',
    minutes: (n: number) => (n === 60 ? '1 hour' : `${n} minutes`),
    details: 'Check who is asking',
    operatorKey: 'Operator key',
    connector: 'Bridge',
    suite: 'Sealed with',
    request: 'Request',
    allow: 'Allow',
    allowSoon: 'Allow…',
    deny: 'Deny',
    later: 'Decide later',
    changed: 'The request has changed. Read it again.',
    flash: '(!) The phone asks for the key',
  },

  people: {
    title: 'Who can hear',
    hasKey: 'holds the key',
    noKey: 'has no key yet',
    you: 'You',
    host: 'Host',
    member: 'Member',
    bridge: 'Phone bridge',
    phone: 'Phone call',
    cannotHear: 'Cannot hear',
    thumbprint: (t: string) => `Device key ${t}`,
    empty: 'Nobody else is here yet. Invite people.',
    unnamed: 'No name',
  },

  invite: {
    title: 'Invite',
    phone: 'By phone',
    pin: 'PIN',
    sip: 'SIP address',
    link: 'By browser',
    copyAll: 'Copy invitation',
    copyLink: 'Copy link',
    copied: 'Copied',
    copyFailed: 'Copying did not work. Select the text and copy it yourself.',
    phoneNote: 'A phone waits until you let it in.',
    message: (i: { number: string | null; sip: string; pin: string; link: string }) =>
      [
        'You are invited to an encrypted meeting.',
        '',
        `By browser: ${i.link}`,
        i.number === null ? `By phone: ${i.sip}` : `By phone: ${i.number} (or ${i.sip})`,
        `PIN: ${i.pin}`,
        '',
        'On the phone you wait until the host lets you in. The telephone network is not encrypted.',
      ].join('\n'),
  },

  history: { title: 'What happened', empty: 'Nothing yet.', events: history, other: (what: string) => what },

  security: {
    title: 'Security',
    points: (epoch: number) => [
      'Sound: AES-256-GCM, a key per speaker, made fresh whenever somebody joins or leaves.',
      `Key change number ${epoch} of this meeting is in use.`,
      'Keys are sealed with X-Wing (X25519 with ML-KEM-768) to each person’s browser.',
      'Decisions are signed with a device key that cannot leave its browser.',
    ],
    meeting: 'Meeting',
    yourKey: 'Your device key',
    compare: 'Everybody in this meeting sees the same code. Compare it aloud if in doubt.',
    operators: 'Bridges allowed to ask',
    limits:
      'This page’s code comes from whoever runs the bridge. Anybody who holds the key could let others listen; the encryption keeps out everybody else.',
  },

  controls: {
    label: 'Microphone and meeting',
    mute: 'Mute',
    unmute: 'Unmute',
    muted: 'You are muted',
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

  problems: {
    'answer-failed': 'Your answer was not sent: the request had changed or run out.',
    'revoke-failed': 'The revocation did not go out. Try again, or end the meeting for all.',
    'copy-failed': 'Copying did not work. Select the text and copy it yourself.',
  },

  say: {
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
    hostGone: 'The host is gone. Sound stops until the host returns',
    hostBack: 'The host is here',
    inMeeting: 'You are in the meeting',
    muted: 'Microphone muted',
    unmuted: 'Microphone on',
  },
};

export type Texts = typeof english;

/** The table in use. Other languages choose here, by `navigator.languages`. */
export const text: Texts = english;
