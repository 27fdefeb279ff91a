/** What stands behind an option: nothing (a flag), one of the named words, a path, or other text by the name that the help uses. */
type Value = null | readonly string[] | 'FILE' | 'DIR' | { readonly text: string };

export interface CommandEntry {
  readonly summary: string;
  /** By long name; every one of them is in the command's help. `--help` is left out: all have it. */
  readonly options: Readonly<Record<string, Value>>;
  /** Words behind the command where it has no commands of its own. */
  readonly words?: readonly string[];
  readonly subcommands?: Readonly<Record<string, CommandEntry>>;
  readonly examples: readonly string[];
  /** What each exit code but 2 (usage) says. */
  readonly exits: Readonly<Record<number, string>>;
}

const text = (name: string): { readonly text: string } => ({ text: name });
const done = { 0: 'done', 1: 'failed, with the reason and what to do' } as const;
const ledgerCommon = { data: 'DIR', config: 'FILE', log: text('NAME'), json: null } as const;
const operatorCommon = { dir: 'DIR', 'passphrase-file': 'FILE', json: null } as const;
const verified = { 0: 'verified', 1: 'not verified, with every reason named' } as const;

const ledger: CommandEntry = {
  summary: 'verify the consent ledger and answer when a leg could hear',
  options: {},
  examples: ['latchkey ledger verify', 'latchkey ledger intervals --meeting Zk3'],
  exits: verified,
  subcommands: {
    verify: {
      summary: 'check the whole ledger, offline',
      options: {
        ...ledgerCommon,
        file: 'FILE',
        trust: text('THUMBPRINT'),
        checkpoint: 'FILE',
        evidence: 'FILE',
      },
      examples: [
        'latchkey ledger verify',
        'latchkey ledger verify --file export.jsonl --trust THUMBPRINT --checkpoint kept.txt',
        'latchkey ledger verify --evidence meeting.evidence.json --json',
      ],
      exits: verified,
    },
    intervals: {
      summary: 'when could each caller hear, and why',
      options: {
        ...ledgerCommon,
        file: 'FILE',
        meeting: text('ID'),
        leg: text('ID'),
        trust: text('THUMBPRINT'),
        checkpoint: 'FILE',
      },
      examples: ['latchkey ledger intervals', 'latchkey ledger intervals --meeting Zk3 --json'],
      exits: {
        0: 'computed from a ledger that verifies',
        1: 'it does not verify: then nothing here is proven',
      },
    },
    export: {
      summary: 'write it in a form that other programs read',
      options: {
        ...ledgerCommon,
        format: ['jsonl', 'csv', 'record', 'vcon'],
        out: 'FILE',
        personal: null,
        leg: text('ID'),
        notice: 'FILE',
        address: text('TEXT'),
        contact: text('TEXT'),
        jurisdiction: text('TEXT'),
        trust: text('THUMBPRINT'),
        'accept-draft': null,
        file: 'FILE',
      },
      examples: [
        'latchkey ledger export --out ledger.jsonl',
        'latchkey ledger export --format csv --out ledger.csv',
        'latchkey ledger export --format record --leg Zk3 --contact privacy@example.org --out consent.html',
      ],
      exits: { 0: 'written', 1: 'record, vcon: the ledger does not verify' },
    },
    page: {
      summary: 'the verifier as one HTML file that works offline',
      options: { out: 'FILE', json: null },
      examples: ['latchkey ledger export --out meeting.jsonl', 'latchkey ledger page --out verify.html'],
      exits: done,
    },
    erase: {
      summary: 'remove what it holds about one person',
      options: { ...ledgerCommon, leg: text('ID') },
      examples: ['latchkey ledger erase --leg Zk3'],
      exits: done,
    },
    backup: {
      summary: 'copy it as it is now, while the connector runs',
      options: { ...ledgerCommon, out: 'FILE' },
      examples: ['latchkey ledger backup --config latchkey.json --out ledger.backup'],
      exits: done,
    },
    restore: {
      summary: 'put a back-up in its place, and say so in it',
      options: { ...ledgerCommon, from: 'FILE', checkpoint: 'FILE', force: null },
      examples: ['latchkey ledger restore --config latchkey.json --from ledger.backup'],
      exits: { 0: 'restored', 1: 'refused, with the reason' },
    },
    prune: {
      summary: 'let go of what was kept long enough',
      options: { ...ledgerCommon, keep: text('PURPOSE=TIME'), 'dry-run': null },
      examples: ['latchkey ledger prune --keep label=90d --dry-run', 'latchkey ledger prune'],
      exits: done,
    },
  },
};

const operator: CommandEntry = {
  summary: 'who owns a connector: make an operator, certify, rotate, revoke',
  options: {},
  examples: ['latchkey operator init --dir /media/stick/operator --name "Example Telephony"'],
  exits: done,
  subcommands: {
    init: {
      summary: 'make an operator: a key of its own, kept offline under a passphrase',
      options: { ...operatorCommon, name: text('NAME') },
      examples: ['latchkey operator init --dir /media/stick/operator --name "Example Telephony"'],
      exits: done,
    },
    show: {
      summary: 'thumbprint, certificates given, what was revoked',
      options: { dir: 'DIR', json: null },
      examples: ['latchkey operator show --dir /media/stick/operator'],
      exits: done,
    },
    request: {
      summary: 'on the connector: ask for a certificate',
      options: { config: 'FILE', out: 'FILE', json: null },
      examples: ['latchkey operator request --config latchkey.json --out request.jws'],
      exits: done,
    },
    certify: {
      summary: 'sign that a connector and its ledger are this operator’s',
      options: {
        ...operatorCommon,
        request: 'FILE',
        out: 'FILE',
        days: text('N'),
        check: text('THUMBPRINT'),
      },
      examples: [
        'latchkey operator certify --dir DIR --request request.jws --out certificate.jws --check THUMBPRINT',
      ],
      exits: done,
    },
    rotate: {
      summary: 'go on with a new operator key, and say so with the old one',
      options: { ...operatorCommon, out: 'DIR' },
      examples: ['latchkey operator rotate --dir /media/stick/operator --out certificates'],
      exits: done,
    },
    revoke: {
      summary: 'declare a certificate or a connector void',
      options: { ...operatorCommon, serial: text('S'), key: text('THUMBPRINT'), out: 'FILE' },
      examples: ['latchkey operator revoke --dir DIR --key THUMBPRINT --out revocations.jws'],
      exits: done,
    },
  },
};

/**
 * Every command, its options and examples: what `--help`, the shells' completions and docs/commands.md are made of. A test holds
 * each against what the command really takes and says.
 */
export const commandTable = {
  start: {
    summary: 'run the connector with its embedded SIP server, SFU and pages',
    options: { config: 'FILE', log: ['debug', 'info', 'warn', 'error', 'silent'], 'json-banner': null },
    examples: ['latchkey start', 'latchkey start --config /etc/latchkey/config.json --log info'],
    exits: {
      0: 'ended as asked: callers told, keys destroyed, ledger closed',
      1: 'did not start, or could not go on',
      130: 'a second signal: ended at once',
    },
  },
  doctor: {
    summary: 'look at this machine and its configuration: ports, certificates, keys, ledger, servers',
    options: { config: 'FILE', json: null },
    examples: ['latchkey doctor', 'latchkey doctor --config /etc/latchkey/config.json --json'],
    exits: { 0: 'nothing that keeps it from working; there may be warnings', 1: 'something would fail' },
  },
  config: {
    summary: 'check a configuration, or show it with the defaults merged in',
    words: ['check', 'show'],
    options: { config: 'FILE', json: null },
    examples: ['latchkey config check --config latchkey.json', 'latchkey config show --config latchkey.json'],
    exits: { 0: 'the configuration can be used', 1: 'it cannot, and every reason is named' },
  },
  explain: {
    summary: 'say what would become of a call: trunk, rule, meeting, SIP code, and why',
    options: {
      from: text('WHO'),
      to: text('WHO'),
      source: text('ADDRESS'),
      transport: ['udp', 'tcp', 'tls'],
      media: ['rtp', 'srtp', 'both', 'late'],
      pai: text('WHO'),
      rpid: text('WHO'),
      privacy: text('WORDS'),
      user: text('NAME'),
      'client-name': text('NAME'),
      calls: text('N'),
      config: 'FILE',
      json: null,
    },
    examples: [
      'latchkey explain --from 03012345 --to +49309876 --source 192.0.2.10',
      'latchkey explain --from anonymous --pai +493012345 --privacy id --to 9876 --source 192.0.2.10 --config latchkey.json',
      'latchkey explain --from 4711 --user office --to meet --source 198.51.100.7 --transport tls --media srtp --json',
    ],
    exits: { 0: 'answered, whatever the answer is' },
  },
  ledger,
  operator,
  keys: {
    summary: 'how this connector’s private keys are kept: seal, unseal, show',
    words: ['show', 'init', 'seal', 'unseal', 'new-key-file'],
    options: { config: 'FILE', out: 'FILE', json: null },
    examples: [
      'latchkey keys show --config latchkey.json',
      'latchkey keys new-key-file --out /etc/latchkey/key-file',
      'latchkey keys seal --config latchkey.json',
    ],
    exits: done,
  },
  'admin-key': {
    summary: 'API keys for metrics, REST API and operator page: new, list, revoke',
    words: ['new', 'list', 'revoke'],
    options: {
      config: 'FILE',
      role: ['reader', 'auditor', 'operator'],
      name: text('TEXT'),
      days: text('N'),
      json: null,
    },
    examples: [
      'latchkey admin-key new --role reader --name prometheus',
      'latchkey admin-key new --role operator --name "night shift" --days 90',
      'latchkey admin-key list --config latchkey.json',
    ],
    exits: { 0: 'done', 1: 'the file cannot be used' },
  },
  meeting: {
    summary: 'meetings of the running connector: list, new, close, pin, rotate',
    words: ['list', 'new', 'close', 'pin', 'rotate', 'new-pin'],
    options: {
      ...{ config: 'FILE', url: text('URL'), 'key-file': 'FILE' },
      ...{ meeting: text('NAME'), holder: text('TEXT'), revoke: text('ID') },
      ...{ temporary: null, 'rotate-hours': text('N'), 'rotate-each': null, json: null },
    },
    examples: [
      'latchkey meeting new --meeting board --rotate-each',
      'latchkey meeting pin --meeting board --holder "Anna Berg" --key-file ./admin.key',
      'latchkey meeting list --json',
    ],
    exits: { 0: 'done', 1: 'the connector refused, or does not answer' },
  },
  prompts: {
    summary: 'make the spoken prompts anew from their text table',
    words: ['make'],
    options: {
      ...{ language: text('LANG'), only: text('NAMES'), dir: 'DIR' },
      by: ['flite', 'pico', 'espeak-ng'],
    },
    examples: [
      'latchkey prompts make --language de',
      'latchkey prompts make --language en --only welcome-enter-pin,notice --dir ./my-prompts',
    ],
    exits: done,
  },
  completion: {
    summary: 'print the completion script of a shell',
    words: ['bash', 'zsh', 'fish'],
    options: {},
    examples: [
      'latchkey completion bash > /etc/bash_completion.d/latchkey',
      'latchkey completion zsh > "$HOME/.zfunc/_latchkey"',
      'latchkey completion fish > ~/.config/fish/completions/latchkey.fish',
    ],
    exits: { 0: 'printed' },
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandName = keyof typeof commandTable;

/** The entry of `ledger verify` by these two words; null where there is none. */
export function entryOf(path: readonly string[]): CommandEntry | null {
  let level: Readonly<Record<string, CommandEntry>> | undefined = commandTable;
  let found: CommandEntry | null = null;
  for (const word of path) {
    found = level !== undefined && Object.hasOwn(level, word) ? (level[word] ?? null) : null;
    if (found === null) return null;
    level = found.subcommands;
  }
  return found;
}

/** Every command that has a help text, as the words that name it. */
export function commandPaths(): string[][] {
  const below = (path: string[], entry: CommandEntry): string[][] => [
    path,
    ...Object.entries(entry.subcommands ?? {}).flatMap(([name, child]) => below([...path, name], child)),
  ];
  return Object.entries(commandTable).flatMap(([name, entry]) => below([name], entry));
}

/** The end of a command's help: examples and exit codes. */
export function helpTail(path: string): string {
  const entry = entryOf(path.split(' '));
  if (entry === null) return '';
  const exits = Object.entries(entry.exits).map(([code, meaning]) => `  ${code.padEnd(3)} ${meaning}`);
  const [first, ...rest] = exits;
  const usage = '  2   the command line was not understood';
  const lines =
    entry.exits[1] === undefined ? [first, usage, ...rest] : [first, rest[0], usage, ...rest.slice(1)];
  return `
Examples:
${entry.examples.map((line) => `  ${line}`).join('\n')}

Exit codes:
${lines.join('\n')}
`;
}

/** The commands of a command, one a line, as its help lists them. */
export function summaries(entries: Readonly<Record<string, CommandEntry>>): string {
  const width = Math.max(...Object.keys(entries).map((name) => name.length)) + 2;
  return Object.entries(entries)
    .map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
    .join('\n');
}
