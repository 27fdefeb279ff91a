/** What an error puts an end to: one request, one leg, one bridge, or the whole process. */
export type Ends = 'request' | 'leg' | 'bridge' | 'process';

/**
 * Every error that leaves a module, by its stable code. `docs/errors.md` is checked against this table by a test.
 * `remedy` is what an operator does about it.
 */
export const errorTable = {
  'config-invalid': { ends: 'process', remedy: 'Correct the named key in the configuration file.' },
  'port-busy': { ends: 'process', remedy: 'Stop what listens there, or change the named setting.' },
  'tls-files': {
    ends: 'process',
    remedy:
      'Look at the named file of sip.tls or of a trunk’s tls: PEM, readable, the key fitting the certificate.',
  },
  'child-failed': {
    ends: 'process',
    remedy: 'Read the log lines of the named child process above this one.',
  },
  'data-dir': { ends: 'process', remedy: 'Make dataDir a folder that the process owns and can write.' },
  'meetings-invalid': {
    ends: 'process',
    remedy: 'Restore meetings.json in dataDir from a back-up, or remove it: its meetings are then gone.',
  },
  'key-secret': {
    ends: 'process',
    remedy: 'Look at the named file: one line, readable by its owner alone.',
  },
  'key-sealed': {
    ends: 'process',
    remedy: 'Look at keys.protect and keys.secretFile; docs/keys.md tells how keys are sealed and restored.',
  },
  'key-token': {
    ends: 'process',
    remedy: 'Look at keys.token: module, label and PIN file; docs/keys.md has the set-up.',
  },
  'certificate-invalid': {
    ends: 'process',
    remedy: 'Ask the operator for a certificate: docs/keys.md has the way from request to certificate.',
  },
  'ledger-unavailable': {
    ends: 'bridge',
    remedy: 'No key is opened without a ledger: look at disk space and rights.',
  },
  'ledger-in-use': {
    ends: 'process',
    remedy: 'Another process writes this ledger: stop it, or give this one another dataDir.',
  },
  'sharing-unavailable': {
    ends: 'bridge',
    remedy:
      'Look at sharing.url and the database: without it no meeting is served where several connectors share them.',
  },
  'restore-refused': {
    ends: 'request',
    remedy: 'Use a newer or sound back-up; --force goes back all the same, and the ledger says so for good.',
  },
  'admin-keys': {
    ends: 'request',
    remedy:
      'Look at admin.keysFile; “latchkey admin-key list” reads it, “latchkey admin-key new” makes keys.',
  },
  'admin-refused': {
    ends: 'request',
    remedy:
      'Look at address, key and role: “latchkey admin-key list” has the roles, docs/operating.md the API.',
  },
  'meeting-unreachable': { ends: 'bridge', remedy: 'Check meeting.url and that the meeting server runs.' },
  'meeting-unknown': { ends: 'request', remedy: 'No meeting is registered by that id or PIN.' },
  'already-claimed': {
    ends: 'request',
    remedy: 'The one-time host link was used: restart for a new meeting.',
  },
  'sip-unreachable': { ends: 'process', remedy: 'Check sip.drachtio: address, port and secret.' },
  'rtp-ports-exhausted': { ends: 'leg', remedy: 'Widen media.rtpPorts or lower sip.maxCalls.' },
  'worker-lost': {
    ends: 'bridge',
    remedy: 'The media worker ended: its legs are told and closed; see its last log lines.',
  },
  usage: { ends: 'process', remedy: 'Run the command with --help.' },
} as const satisfies Record<string, { ends: Ends; remedy: string }>;

export type ErrorCode = keyof typeof errorTable;

export class LatchkeyError extends Error {
  readonly code: ErrorCode;

  /** `message` names what was wrong in a sentence and holds no secret, PIN, number or token. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LatchkeyError';
    this.code = code;
  }

  get ends(): Ends {
    return errorTable[this.code].ends;
  }

  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}
