import type { LedgerEntry, LedgerEventType } from './event.ts';

/**
 * What a leaf of each type must hold and may hold. The writer refuses what does not fit, so that a leaf is never free text:
 * every member is a hash, an id, a count, a flag or a word of the program. `docs/schemas/ledger-leaf.schema.json` is made
 * from this table (leaf-schema.ts).
 *
 * Members that are not named here may be there as well, where they are opaque: a later version adds facts, and an earlier
 * reader of the log goes on. Opaque counts are too short for a phone number; longer ones have to be named.
 */
export const patterns = {
  /** 32 bytes in base64url: a hash, a key, a meeting. */
  hash: '^[A-Za-z0-9_-]{43}$',
  /** 16 random bytes in base64url: a leg, a bridge, a run. */
  id: '^[A-Za-z0-9_-]{22}$',
  /** A word of the program, such as a reason. */
  word: '^(?=.{1,40}$)[a-z]+[0-9]*(-[a-z0-9]+)*$',
  none: '^$',
  /** RFC 5646: the language of a prompt. */
  language: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
  /** Name and version of what wrote the log, or of a cipher suite. */
  software: '^[A-Za-z][A-Za-z0-9 .,/+_-]{0,99}$',
  /** First and last position, both included. */
  range: '^[0-9]{1,15}-[0-9]{1,15}$',
  /** A bridge or leg of a meeting. */
  place: '^[A-Za-z0-9_-]{43}/[A-Za-z0-9_-]{22}$',
  bytes: '^[A-Za-z0-9_-]{1,8192}$',
  /** What the API calls a meeting or a PIN. */
  name: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$',
  /** Of a connector's log in a database. */
  logName: '^[A-Za-z0-9._-]{1,64}$',
  /** The name of a key (C2SP signed-note). */
  keyName: '^[A-Za-z0-9][A-Za-z0-9./:_-]{0,255}$',
  /** A checkpoint with its signature lines (C2SP tlog-checkpoint, signed-note). */
  note: '^[!-~]{1,256}\n[0-9]{1,15}\n[A-Za-z0-9+/]{43}=\n\n(— [!-~]{1,256} [A-Za-z0-9+/]{8,200}={0,2}\n){1,16}$',
} as const;

export const itemKinds = {
  hashes: 'hash',
  ids: 'id',
  words: 'word',
  ranges: 'range',
  places: 'place',
  chunks: 'bytes',
} as const satisfies Record<string, keyof typeof patterns>;

export type Kind = keyof typeof patterns | keyof typeof itemKinds | 'count' | 'flag' | 'few';

export interface EventRule {
  /** Which ids have to be there. */
  readonly about: readonly ('meeting' | 'bridge' | 'leg')[];
  readonly jws: 'required' | 'optional' | 'none';
  /** Members of `data`: name, with `?` where it may be missing, and what it is. */
  readonly data: Readonly<Record<string, Kind | readonly Kind[]>>;
}

/** What a member that no rule names may be. */
export const opaqueKinds: readonly Kind[] = ['hash', 'id', 'word', 'few', 'flag', 'hashes', 'ids', 'words'];
export const maxFew = 999_999;
export const maxItems = 512;

const keyTime = { term: 'count', epoch: 'count' } as const;
const bridge = ['meeting', 'bridge'] as const;
const leg = ['meeting', 'bridge', 'leg'] as const;

export const eventRules: Readonly<Record<LedgerEventType, EventRule>> = {
  start: { about: [], jws: 'required', data: { 'software?': 'software' } },
  stop: { about: [], jws: 'none', data: {} },
  recovered: {
    about: [],
    jws: 'none',
    data: { lastRun: ['id', 'none'], lastSeq: 'count', keys: 'places', legs: 'places' },
  },
  'registration-seen': {
    about: ['meeting'],
    jws: 'none',
    data: { registration: ['bytes', 'chunks'], 'hosts?': 'hashes', 'operators?': 'hashes' },
  },
  /** `after`: whose lease ran out, by the name of its log. */
  'meeting-taken': { about: ['meeting'], jws: 'none', data: { lease: 'count', 'after?': 'logName' } },
  'instance-start': { about: bridge, jws: 'required', data: { instance: 'id', term: 'count' } },
  'instance-end': { about: bridge, jws: 'required', data: { instance: 'id', term: 'count', reason: 'word' } },
  request: { about: bridge, jws: 'required', data: { request: 'hash', 'term?': 'count', 'legs?': 'ids' } },
  grant: { about: bridge, jws: 'required', data: { request: 'hash', 'grant?': 'hash', ...keyTime } },
  denial: { about: bridge, jws: 'required', data: { request: 'hash', 'denial?': 'hash', 'term?': 'count' } },
  decision: { about: bridge, jws: 'required', data: { what: 'word', decision: 'hash' } },
  expired: { about: bridge, jws: 'none', data: { request: 'hash' } },
  'leg-asked': { about: bridge, jws: 'optional', data: { request: 'hash' } },
  'leg-admitted': { about: leg, jws: 'optional', data: { grant: 'hash' } },
  'leg-refused': { about: leg, jws: 'optional', data: { reason: 'word' } },
  'leg-joined': { about: leg, jws: 'none', data: { 'grant?': 'hash' } },
  'leg-left': { about: leg, jws: 'none', data: { 'grant?': 'hash', 'reason?': 'word' } },
  'leg-muted': { about: leg, jws: 'optional', data: { 'reason?': 'word' } },
  'notice-answered': {
    about: ['leg'],
    jws: 'none',
    data: { textHash: 'hash', language: 'language', accepted: 'flag' },
  },
  'call-ended': { about: ['leg'], jws: 'none', data: { reason: 'word' } },
  'pin-refused': { about: ['leg'], jws: 'none', data: { verdict: 'word' } },
  'pin-replaced': { about: ['meeting'], jws: 'none', data: { by: 'word' } },
  'key-opened': { about: bridge, jws: 'none', data: { grant: 'hash', ...keyTime, suite: 'software' } },
  rekeyed: { about: bridge, jws: 'required', data: { grant: 'hash', ...keyTime } },
  'key-destroyed': { about: bridge, jws: 'none', data: { 'epoch?': 'count', reason: 'word' } },
  receipt: { about: bridge, jws: 'required', data: { answers: 'hash', did: 'word' } },
  revoked: { about: bridge, jws: 'required', data: keyTime },
  'gate-closed': { about: bridge, jws: 'none', data: { reason: 'word', 'epoch?': 'count' } },
  'heartbeat-lost': { about: bridge, jws: 'none', data: { forMs: 'count' } },
  roster: { about: ['meeting'], jws: 'required', data: { ...keyTime, hash: 'hash', 'holds?': 'flag' } },
  switched: { about: ['meeting'], jws: 'required', data: { epoch: 'count', 'by?': 'hash' } },
  refused: { about: [], jws: 'optional', data: { what: 'word', reason: 'word' } },
  drain: { about: [], jws: 'none', data: { 'legs?': 'count' } },
  witnessed: { about: ['meeting'], jws: 'required', data: { size: 'count', by: 'hash' } },
  cosigned: {
    about: [],
    jws: 'none',
    data: { size: 'count', witness: 'keyName', key: 'hash', note: 'note' },
  },
  /** `by`: the id of an API key, or a commitment to a person. */
  'admin-action': {
    about: [],
    jws: 'none',
    data: { action: 'word', role: 'word', by: ['id', 'hash'], 'target?': 'name' },
  },
  'dial-requested': { about: leg, jws: 'required', data: { hash: 'hash' } },
  'dial-ended': { about: leg, jws: 'none', data: { outcome: 'word' } },
  'operator-action': {
    about: [],
    jws: 'optional',
    data: {
      action: 'word',
      'values?': 'count',
      'leaves?': 'count',
      'before?': 'count',
      'purpose?': 'word',
      'ranges?': 'ranges',
      'size?': 'count',
      'lost?': 'count',
      'forced?': 'flag',
    },
  },
};

type Test = (value: unknown) => boolean;

const isCount: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

function testOf(kind: Kind): Test {
  if (kind === 'count') return isCount;
  if (kind === 'few') return (value) => isCount(value) && (value as number) <= maxFew;
  if (kind === 'flag') return (value) => typeof value === 'boolean';
  if (kind in itemKinds) {
    const item = testOf(itemKinds[kind as keyof typeof itemKinds]);
    return (value) => Array.isArray(value) && value.length <= maxItems && value.every(item);
  }
  const pattern = new RegExp(patterns[kind as keyof typeof patterns]);
  return (value) => typeof value === 'string' && pattern.test(value);
}

const anyOf = (kinds: readonly Kind[]): Test => {
  const tests = kinds.map(testOf);
  return (value) => tests.some((test) => test(value));
};

const isOpaque = anyOf(opaqueKinds);
const isHash = testOf('hash');
const isId = testOf('id');

interface ReadyRule {
  readonly about: EventRule['about'];
  readonly jws: EventRule['jws'];
  readonly required: readonly string[];
  readonly tests: ReadonlyMap<string, Test>;
}

/** Made once: every append goes through it. */
const ready: ReadonlyMap<string, ReadyRule> = new Map(
  Object.entries(eventRules).map(([type, { about, jws, data }]) => {
    const names = Object.keys(data);
    const tests = Object.entries(data).map(
      ([name, kinds]) =>
        [name.replace('?', ''), typeof kinds === 'string' ? testOf(kinds) : anyOf(kinds)] as const,
    );
    const required = names.filter((name) => !name.endsWith('?'));
    return [type, { about, jws, required, tests: new Map(tests) }];
  }),
);

/** Whether an entry is one of its type. What every leaf has in common is for `entryBytes` to check. */
export function fitsItsType(entry: LedgerEntry): boolean {
  const rule = ready.get(entry.type);
  if (rule === undefined || !isId(entry.run) || !hasIds(entry, rule)) return false;
  if (rule.jws === (entry.jws === undefined ? 'required' : 'none')) return false;
  const data: Readonly<Record<string, unknown>> = entry.data ?? {};
  for (const name of rule.required) if (data[name] === undefined) return false;
  for (const name of Object.keys(data)) if (!(rule.tests.get(name) ?? isOpaque)(data[name])) return false;
  return true;
}

function hasIds({ meeting, bridge: join, leg: caller }: LedgerEntry, { about }: ReadyRule): boolean {
  const present = { meeting, bridge: join, leg: caller };
  return (
    about.every((name) => present[name] !== undefined) &&
    (meeting === undefined || isHash(meeting)) &&
    (join === undefined || isId(join)) &&
    (caller === undefined || isId(caller))
  );
}
