import { counter } from '../../pages/text/plural.ts';

const n = counter('en');

/** Every word of the verifier's page in English. Findings stand in the words of the verifier itself. */
export const english = {
  title: 'Check a consent ledger · Latchkey',
  language: 'Language',
  offline: 'Nothing leaves this page',

  start: {
    title: 'Check a consent ledger',
    lead: 'A Latchkey ledger says who gave the key of a meeting to a phone bridge, when it was taken back, and which caller could hear in between. This page checks every signature and every hash in it, here in your browser.',
    drop: 'Drop an export here',
    checking: (name: string) => `Checking ${name}`,
    made: ['Made with ', ': one file in JSON lines.'],
    kept: 'Add what you kept yourself, if you have it: the evidence file of a host, a checkpoint that was noted before. They are held against the export; evidence can be checked by itself, too.',
    choose: 'Choose files',
    notesLabel: 'What this page does',
    notes: [
      [
        'It needs nobody’s word',
        'Hosts and members signed what they decided. The page computes from that, not from what the bridge says.',
      ],
      ['It works offline', 'It connects to nothing and keeps nothing. Pull the plug first, if you like.'],
      [
        'It finds what was changed',
        'A byte, an event, an order, a date, a key: what does not hold is named, with its place.',
      ],
    ],
  },

  faults: {
    unreadable: (name: string, why: string) => `“${name}” cannot be read: ${why}.`,
    empty: 'the file is empty',
    'not-an-export':
      'it is neither a ledger export of version 1, nor the evidence of a host, nor a checkpoint',
    'not-a-record': (line: number) => `line ${line} of the export is no record`,
    'too-long': 'it is longer, or has a longer line, than any such file',
    'not-text': 'it is not text in UTF-8',
    'ledger-itself':
      'it is the ledger itself, not an export of it: write one with “latchkey ledger export --out FILE”',
    'bad-evidence': 'it is no evidence file of version 1',
    browser: 'this browser does not let the page have it',
    'checkpoint-alone': 'A checkpoint alone proves nothing: add the export that it is to be held against.',
  },

  verdict: {
    good: 'The ledger verifies',
    bad: 'The ledger does not verify',
    evidenceGood: 'The evidence verifies',
    evidenceBad: 'The evidence does not verify',
    broken:
      'Something in it was changed, left out or made up. What follows is what it says, not what is proven.',
    trusted: 'Every signature and hash holds, under a key that you trust.',
    consistent:
      'Every signature and hash holds. Whoever wrote it could still have made it up as a whole: give a thumbprint that you have from elsewhere.',
    evidenceAlone:
      'What the host signed is one chain, and what was proven to it holds. Whether the ledger still says so needs its export, too.',
    events: (count: number) => n(count, 'event', 'events'),
    messages: (count: number) => n(count, 'signed message', 'signed messages'),
    other: 'Check another',
  },

  findings: {
    title: 'Findings',
    none: 'Nothing to report: no gap, no change, no signature that does not hold.',
    more: (count: string) => `… and ${count} more.`,
    event: (seq: number) => `Event ${seq}: `,
    line: (line: number) => `Evidence, line ${line}: `,
    severity: { broken: 'Broken', warning: 'Warning', note: 'Note' },
  },

  unchecked: {
    title: 'What this could not check',
    untrusted: 'Whose ledger it is: no thumbprint was given that you have from elsewhere.',
    unremembered:
      'Whether all of it was written anew: neither evidence nor a checkpoint that somebody kept was given.',
    unwitnessed: 'Whether others were shown the same ledger: nobody cosigned it.',
    cosignedTo: (size: number, all: number) =>
      `The last ${n(all - size, 'event', 'events')} are cosigned by nobody: only the connector says that nothing was left out behind event ${size - 1}.`,
    withoutExport: 'Whether the ledger still holds what was proven to the host: its export was not given.',
    pruned: (count: number) =>
      `What stood in ${n(count, 'pruned event', 'pruned events')}: only hashes are left of it.`,
    erased: (count: number) =>
      `${n(count, 'recorded erasure', 'recorded erasures')} of personal values: who was called so cannot be shown any more.`,
    noLabels:
      'Who the callers are: the ledger holds hashes of their labels, and the export was made without the labels.',
    claimed: (count: number) =>
      `${n(count, 'end', 'ends')} of what a caller could hear: only the connector’s own word is recorded, so the longest time is shown.`,
    lasting: (count: number) =>
      `${n(count, 'time has', 'times have')} no end in this ledger: what came later is not in it.`,
    cut: 'The later part of the meeting: the evidence file was full before its end.',
    leftOut: (count: number) =>
      `${n(count, 'number', 'numbers')} of the host’s chain: heartbeats are not in an evidence file.`,
    otherMeetings: (count: number) =>
      `${n(count, 'other meeting', 'other meetings')} of this ledger: the evidence is about one meeting.`,
    clock: 'The time of day: it is the connector’s own clock. Order and distances are what the proofs bind.',
    people: 'Who sat at a phone or a browser: keys sign, not people. What was said is nowhere recorded.',
  },

  trust: {
    title: 'A key that you trust',
    label: 'Thumbprint',
    help: 'Of the operator’s or the ledger’s key, from the operator’s web site, a contract, or your own notes.',
    check: 'Check against it',
  },

  kept: {
    title: 'What you kept yourself',
    none: 'Nothing given. The evidence of a host, or a checkpoint that was noted before, shows whether the ledger was written anew since.',
    evidence: 'Evidence of a host',
    checkpoint: 'Remembered checkpoint',
    add: 'Add files',
    remove: (name: string) => `Remove ${name}`,
  },

  evidence: {
    title: 'The host’s evidence',
    meeting: 'Meeting',
    hosts: 'Keys of its hosts',
    operators: 'Operators that were met',
    rotated: (from: string) => `goes on for ${from}`,
    messages: 'Signed messages',
    proven: 'Proven to be in the ledger',
    provenText: (count: number) => n(count, 'grant or key', 'grants and keys'),
    decisions: 'Decided by co-hosts',
    cosigned: 'Cosigned by',
    keys: (count: number) => n(count, 'key', 'keys'),
    none: 'none',
  },

  ledger: {
    title: 'Whose ledger it is',
    operator: 'Operator',
    operatorKey: 'Operator key',
    connector: 'Connector',
    ledgerKey: 'Ledger key',
    root: 'Root of the tree',
    noRoot: 'none that holds',
    witnesses: 'Witnesses',
    noWitness: 'nobody cosigned it',
    cosigned: (count: number) => `${n(count, 'independent key', 'independent keys')} cosigned it`,
    notStated: 'not stated',
  },

  meetings: {
    title: 'Meetings',
    none: 'No bridge asked for a key in this ledger.',
    meeting: 'Meeting',
    choice: (number: number, all: number, id: string) => `${number} of ${all} · ${id}`,
    leftOut: (count: number) =>
      `${n(count, 'later event', 'later events')} checked and not shown: “latchkey ledger intervals” shows all.`,
  },

  timeline: {
    title: 'Who heard whom, and when',
    label: (day: string, from: string, to: string, lanes: string) =>
      `${day}, ${from} to ${to} UTC: ${lanes}. The tables below say the same in words.`,
    bridge: 'Bridge',
    numberedBridge: (number: number) => `Bridge ${number}`,
    caller: (number: number) => `Caller ${number}`,
    held: 'held the key',
    could: { both: 'could hear and speak', hear: 'could hear only', speak: 'could speak only' },
    neverKey: 'never had the key',
    neverHeard: 'never heard, never spoke',
    during: (what: string, duration: string) => `${what} for ${duration}`,
    noEnd: (said: string) => `${said}, with no end recorded`,
    span: (what: string, from: string, to: string, end: string) => `${what}, ${from} to ${to}. ${end}`,
    mark: (seq: number, at: string, what: string) => `Event ${seq}, ${at}: ${what}`,
    legend: 'Legend',
    bridgeHeld: 'bridge held the key',
    onTheLine: 'on the line, the connector says',
    marks: {
      request: 'asked',
      grant: 'granted or let in',
      no: 'refused, or no answer',
      revoked: 'taken back or ended',
      crash: 'host lost',
    },
  },

  intervals: {
    title: 'What each caller could hear and say',
    none: 'No caller could hear or speak in this meeting.',
    caller: 'Caller',
    could: 'Could',
    from: 'From',
    until: 'Until',
    duration: 'For',
    word: 'By whose word',
    able: { both: 'hear and speak', hear: 'hear only', speak: 'speak only' },
    reason: (seq: number, why: string) => `Event ${seq}: ${why}.`,
    grant: 'Grant',
    list: 'Host’s list',
    byHost: 'by host key',
    end: {
      proven: 'Ended by what host and members signed.',
      claimed: 'Ended by the connector’s own word only.',
      lasting: 'No end is recorded.',
    },
    witnesses: (count: number) => `${n(count, 'witness', 'witnesses')} up to the end.`,
  },

  events: {
    title: 'Everything that is recorded',
    event: 'Event',
    when: 'When',
    what: 'What',
    whom: 'Of whom',
  },

  duration: { s: 's', min: 'min', h: 'h' },

  /** What each event is called. One that the table does not know is shown by its stable name. */
  types: {
    start: 'The connector started',
    stop: 'The connector stopped',
    recovered: 'The connector came back after a crash',
    drain: 'The connector began to shut down',
    'registration-seen': 'The meeting was registered',
    'meeting-taken': 'This connector took the meeting among several',
    'instance-start': 'The host opened the meeting',
    'instance-end': 'The host ended the meeting',
    request: 'The bridge asked for the key',
    grant: 'The host granted the key',
    denial: 'The host said no',
    decision: 'A co-host decided',
    expired: 'Nobody answered the bridge',
    'leg-asked': 'The bridge asked to let callers in',
    'leg-admitted': 'The host let the caller in',
    'dial-requested': 'A host asked for a phone to be called',
    'dial-ended': 'The call to that phone ended, or its callee accepted',
    'leg-refused': 'The caller’s wait ended without a yes',
    'leg-joined': 'The caller joined the room',
    'leg-left': 'The caller left the room',
    'leg-muted': 'The host ended or muted the caller',
    'notice-answered': 'The caller answered the notice',
    'call-ended': 'The call ended',
    'pin-refused': 'A PIN was refused',
    'pin-replaced': 'The host had a new room PIN drawn',
    'key-opened': 'The bridge opened the key',
    rekeyed: 'The host gave the bridge the next key',
    'key-destroyed': 'The bridge destroyed its key',
    receipt: 'The bridge signed a receipt',
    revoked: 'The host took the key back',
    'gate-closed': 'The bridge closed its gate',
    'heartbeat-lost': 'The bridge lost sight of the host',
    refused: 'A message was refused',
    'operator-action': 'The operator did something',
    'admin-action': 'An operator asked for something',
  },
};

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer A) => unknown
    ? (...args: A) => string
    : T extends readonly (infer U)[]
      ? readonly Widen<U>[]
      : { readonly [K in keyof T]: Widen<T[K]> };

/** What another language has to have. */
export type Texts = Widen<typeof english>;
