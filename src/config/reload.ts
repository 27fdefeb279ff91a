import { callerLanguages } from './languages.ts';
import { ruleFaults } from './rules.ts';
import type { Config } from './schema.ts';

/**
 * Keys that a reload takes up. A call keeps what it began with: these are read where a call, or the process of a meeting, begins. All
 * others are read once, at the start.
 */
const reloaded: readonly string[] = [
  'logLevel',
  'sip.maxCalls',
  'media.echo',
  'media.language',
  'lobby.languages',
  'lobby.notice',
  'lobby.pinTries',
  'lobby.lockoutFailures',
  'lobby.meetingLockoutFailures',
  'lobby.lockoutSeconds',
  'lobby.noInputSeconds',
  'lobby.maxWaitSeconds',
  'lobby.stillWaitingSeconds',
  'lobby.maxCallMinutes',
  'lobby.redialMinutes',
  'lobby.askAgainSeconds',
  'callers.pinRotation.hours',
  'callers.pinRotation.eachMeeting',
  'callers.announce',
];
/** By what the calls of a trunk are let in. What it registers with, asks by OPTIONS, or reads from files is made at the start. */
const reloadedOfTrunk: readonly string[] = [
  'sources',
  'transports',
  'codecs',
  'srtp',
  'numbers',
  'trusted',
  'callerId',
  'called',
  'language',
  'maxCalls',
  'whenFull',
];

/** Whether this key, by its dotted path, changes without a restart: `trunks[].called` as in the docs, or `trunks[NAME].called`. */
export function isReloaded(path: string): boolean {
  const ofTrunk = /^trunks\[[^\]]*\]\.([A-Za-z0-9]+)/.exec(path)?.[1];
  return ofTrunk === undefined ? reloaded.includes(path) : reloadedOfTrunk.includes(ofTrunk);
}

/** Names of keys, in the order of the schema; never what stands there. */
export interface ConfigChanges {
  /** In force from now on. */
  readonly changed: readonly string[];
  /** Different in the file, and as before until the next start. */
  readonly needRestart: readonly string[];
}

/** What is in force, as it was at the start but for the keys that may change. */
export class LiveConfig {
  /** Languages whose prompts were read at the start. */
  readonly #spoken: ReadonlySet<string>;
  #now: Config;

  constructor(first: Config) {
    this.#now = first;
    this.#spoken = new Set(callerLanguages(first));
  }

  get now(): Config {
    return this.#now;
  }

  /** What a file that was read and checked would change. */
  changes(file: Config): ConfigChanges {
    const differing = differences(this.#now, file, '');
    const taken = new Set(this.#taken(file, differing));
    return {
      changed: differing.filter((path) => taken.has(path)),
      needRestart: differing.filter((path) => !taken.has(path)),
    };
  }

  take(file: Config): void {
    this.#now = withKeys(this.#now, file, this.changes(file).changed);
  }

  /**
   * A trunk is taken as a whole or stays as it is: half of a change could let in what neither file does. So do all trunks and languages
   * where what would be in force breaks a rule that neither of the two files breaks.
   */
  #taken(file: Config, differing: readonly string[]): readonly string[] {
    const fixed = (path: string): boolean => !isReloaded(path) || this.#bound(path, file);
    const heldBack = new Set(
      differing
        .filter(fixed)
        .map(trunkOf)
        .filter((name) => name !== null),
    );
    const taken = differing.filter((path) => !fixed(path) && !heldBack.has(trunkOf(path) ?? ''));
    const [fault] = ruleFaults(withKeys(this.#now, file, taken));
    return fault === undefined ? taken : taken.filter((path) => trunkOf(path) === null && !speaks(path));
  }

  /** Whether something that was made at the start depends on this key. */
  #bound(path: string, file: Config): boolean {
    if (speaks(path)) return callerLanguages(file).some((language) => !this.#spoken.has(language));
    const name = trunkOf(path);
    const trunk = this.#now.trunks.find((each) => each.name === name);
    const { sip, outbound } = this.#now;
    // The SIP server is silent to other sources, or asks those of this trunk for a certificate.
    if (path.endsWith('].sources'))
      return (sip.unknownSource === 'drop' && sip.drachtio === null) || trunk?.tls?.clientNames !== undefined;
    return path.endsWith('].numbers') && outbound?.trunk === name;
  }
}

const speaks = (path: string): boolean =>
  path === 'media.language' || path === 'lobby.languages' || /^trunks\[.*\]\.(called|language)$/.test(path);

const trunkOf = (path: string): string | null => /^trunks\[(.*?)\]/.exec(path)?.[1] ?? null;

/** `now` with these keys as in `file`. */
function withKeys(now: Config, file: Config, paths: readonly string[]): Config {
  const next = structuredClone(now) as unknown as Tree;
  for (const path of paths) {
    const name = trunkOf(path);
    const [from, to] = name === null ? [file, next] : [file, next].map((tree) => trunkNamed(tree, name));
    const keys = (name === null ? path : path.slice(path.lastIndexOf('.') + 1)).split('.');
    copyKey(from as Tree, to as Tree, keys);
  }
  return next as unknown as Config;
}

const trunkNamed = (tree: unknown, name: string): unknown =>
  (tree as Config).trunks.find((trunk) => trunk.name === name);

function copyKey(from: Tree, to: Tree, [key = '', ...below]: readonly string[]): void {
  if (below.length > 0) copyKey(from[key] as Tree, to[key] as Tree, below);
  else if (key in from) to[key] = from[key];
  else Reflect.deleteProperty(to, key);
}

/** Dotted paths of what differs: of trunks key by key where both have the same ones; another list, or something in place of nothing, as a whole. */
function differences(before: unknown, after: unknown, path: string): string[] {
  if (path === 'trunks') return trunkDifferences(before as Config['trunks'], after as Config['trunks']);
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return same(before, after) ? [] : [path];
}

function trunkDifferences(before: Config['trunks'], after: Config['trunks']): string[] {
  const names = ({ name }: Config['trunks'][number]): string => name;
  if (!same(before.map(names), after.map(names))) return ['trunks'];
  return before.flatMap((one, at) => {
    const [old, young] = [treeOf(one), treeOf(after[at])];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(young)])];
    return keys.filter((key) => !same(old[key], young[key])).map((key) => `trunks[${one.name}].${key}`);
  });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

type Tree = Record<string, unknown>;
const treeOf = (value: unknown): Readonly<Tree> => (isTree(value) ? value : {});
const isTree = (value: unknown): value is Readonly<Tree> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
