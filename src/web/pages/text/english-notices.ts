import type { Blocked, Ended, Missing, Problem } from '../reasons.ts';

/** What the pages say around a meeting, and of what goes wrong in one. */

type Notice = readonly [title: string, body: string];

const blocked: Readonly<Record<Blocked, Notice>> = {
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

const ended: Readonly<Record<Ended, Notice>> = {
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
  removed: ['You were removed from the meeting', 'Your keys for it are gone from this page.'],
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

const problems: Readonly<Record<Problem, string>> = {
  'answer-failed': 'Your answer was not sent: the request had changed or run out.',
  'revoke-failed': 'The revocation did not go out. Try again, or end the meeting for all.',
  'talk-only-impossible': 'Speaking only is not possible for this bridge now. Nothing was allowed.',
  'ledger-inconsistent': 'The bridge’s record of consent contradicts itself. Nothing was allowed.',
  'change-failed': 'The change did not go through. Try again.',
  'take-over-failed': 'Taking over did not work. Try again, or ask another co-host.',
  'pin-failed': 'No new PIN was made. The one in force stays. Try again in a moment.',
};

/** By the stable names that the host library gives alarms. */
const alarms = {
  'grant-unverified':
    'The host’s list shows a bridge with a key, but without a grant that this page could check. Your sound is held back.',
  'unencrypted-track': 'Somebody sends sound that is not encrypted. It is not played.',
  'plain-frame-stopped': 'Sound that was not encrypted was stopped before it could pass.',
  'identity-changed': 'The meeting server changed who this page is. The microphone was stopped.',
  'two-hosts': 'Two browsers claim to host this meeting. Stop, and check with the host by another way.',
  'key-mismatch': 'Keys in this meeting do not match. Somebody may be interfering. Stop and start again.',
  'term-conflict':
    'Two different meetings claim to be this one. Stop, and check with the host by another way.',
  'no-receipt': 'The bridge took the key without a recorded receipt. It is being locked out.',
  'ledger-mismatch': 'The bridge’s record of consent contradicts itself. Keep the key from it.',
  'ledger-fork':
    'The bridge shows another record of consent than before, or than it shows to others. Keep the key from it.',
  'bridge-changed':
    'A bridge shows a name that you know with a key that you do not know. Ask its operator by another way.',
  'code-mismatch':
    'A bridge could not show the half of its bridge code that it had promised. Keep the key from it.',
  'certificate-revoked':
    'The operator of a bridge has declared it void. It gets no key, and what it had is locked out.',
  'version-mismatch':
    'Somebody here speaks another version of the protocol and is left out. Update the older of the two programs.',
  'bad-signature': 'A message with a false signature arrived. It is ignored.',
};

/** Consent events, by the stable names that the host library gives them. `n`: a name or number from the event. */
const events = {
  started: () => 'Meeting started, keys made',
  'instance-start': () => 'Meeting started, keys made',
  joined: () => 'You joined',
  left: () => 'You left',
  'member-joined': (n: string) => `${n} joined`,
  'member-left': (n: string) => `${n} left`,
  'bridge-joined': (n: string) => `Phone bridge of ${n} is waiting`,
  'bridge-left': (n: string) => `Phone bridge of ${n} left`,
  'bridge-request': (n: string) => `${n} asked for the key`,
  granted: (n: string) => `${n} was allowed`,
  denied: (n: string) => `${n} was denied`,
  expired: (n: string) => `Request of ${n} expired`,
  receipt: (n: string) => `${n} confirmed the key`,
  'receipt-missing': (n: string) => `${n} did not confirm in time`,
  revoked: (n: string) => `Key of ${n} revoked`,
  'locked-out': (n: string) => `${n} locked out`,
  'asked-to-rotate': (n: string) => `${n}: apps were asked to rotate their keys`,
  'callers-admitted': (n: string) => `Another caller by ${n} was let in`,
  knock: (n: string) => `${n} knocks`,
  'member-removed': (n: string) => `${n} was put out`,
  locked: () => 'Meeting locked',
  unlocked: () => 'Meeting unlocked',
  'caller-muted': (n: string) => `A caller by ${n} was muted`,
  'caller-unmuted': (n: string) => `A caller by ${n} may speak again`,
  'caller-ended': (n: string) => `A caller by ${n} was put out`,
  removed: () => 'You were removed',
  refused: () => 'The host did not let you in',
  'no-invite': () => 'The invitation of this link is not valid',
  'taken-over': () => 'Another host has taken over',
  'phone-invited': (n: string) => `${n} was asked to call a phone`,
  'co-host-decided': (n: string) => `${n} decided as a co-host`,
  rekeyed: () => 'New meeting key',
  'host-lost': () => 'Contact with the host lost',
  'host-back': () => 'The host is back',
  ended: () => 'Meeting ended',
};

export const englishNotices = {
  blocked,
  ended,
  missing,
  problems,
  alarms,
  history: {
    title: 'What happened',
    empty: 'Nothing yet.',
    events,
  },
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
    coHostLead:
      'You are a co-host of this meeting: you decide like the host, and you can take over when the host is gone.',
    name: 'Your name',
    nameHint: 'The others see it.',
    nameMissing: 'Enter a name that the others will recognise.',
    hostButton: 'Start the meeting',
    resumeButton: 'Go on',
    memberButton: 'Join the meeting',
    microphoneNote: 'Your browser will ask for the microphone. You can mute at any time.',
    operatorTitle: 'Phone bridge of this server',
    operatorBeside:
      'The operator’s key lies on the bridge itself: whoever takes over that machine takes over the operator.',
    operatorLead:
      'Only a bridge with one of these keys can ever ask to join by phone. Compare with what the operator told you:',
    thumbprint: 'Key thumbprint',
    browsers: 'Needs a current browser: Chrome or Edge 137, Firefox 130, Safari 17.4, or newer.',
    trust:
      'This page comes from whoever runs the phone bridge. Its code sees what you say, so use a server that you trust.',
  },
  coHosts: {
    title: 'Co-hosts',
    lead: (address: string) =>
      `A co-host decides like you and can take over when you are gone. Ask for the code that ${address} shows in the co-host’s browser, and add it before you start.`,
    code: 'Device code of a co-host',
    add: 'Add',
    remove: 'Remove',
    removeCode: (code: string) => `Remove co-host ${code}`,
    invalid: 'This is not a device code. It has 43 letters, digits, hyphens and underscores.',
    known: 'This code is in the list already.',
    hostChange: 'When a co-host takes over',
    askAgain: 'Phone bridges ask again',
    drop: 'Phone calls end',
    pageTitle: 'Your co-host code',
    pageLead:
      'Send this code to the host before the meeting starts. Then open the invitation link in this same browser.',
    copy: 'Copy code',
    pageNote:
      'The code is no secret. It names a key that was made in this browser and cannot leave it; only this browser can use it.',
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
  },
  evidence: {
    save: 'Save the evidence file',
    lead: 'Your signed decisions and the bridge’s receipts, for the verifier. Whoever has the file can check offline who could hear, and when.',
  },
};

export type Notices = typeof englishNotices;
