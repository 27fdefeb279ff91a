import type { Config } from './schema.ts';

/**
 * Keys that a reload takes up. A call keeps what it began with: these are read where a call, or the process of a meeting, begins. All
 * others are read once, at the start.
 */
const reloaded: readonly string[] = [
  'logLevel',
  'sip.maxCalls',
  'lobby.pinTries',
  'lobby.notice',
  'lobby.noInputSeconds',
  'lobby.maxWaitSeconds',
  'lobby.stillWaitingSeconds',
  'lobby.askAgainSeconds',
  'lobby.maxCallMinutes',
];

/** Whether this key, by its dotted path, changes without a restart. */
export const isReloaded = (path: string): boolean => reloaded.includes(path);

/** Names of keys, in the order of the schema; never what stands there. */
export interface ConfigChanges {
  /** In force from now on. */
  readonly changed: readonly string[];
  /** Different in the file, and as before until the next start. */
  readonly needRestart: readonly string[];
}

/** What is in force, as it was at the start but for the keys that may change. */
export class LiveConfig {
  #now: Config;

  constructor(first: Config) {
    this.#now = first;
  }

  get now(): Config {
    return this.#now;
  }

  /** What a file that was read and checked would change. */
  changes(file: Config): ConfigChanges {
    const differing = differences(this.#now, file, '');
    return {
      changed: differing.filter(isReloaded),
      needRestart: differing.filter((path) => !isReloaded(path)),
    };
  }

  take(file: Config): void {
    const { sip, lobby } = this.#now;
    const { pinTries, notice, noInputSeconds, maxWaitSeconds } = file.lobby;
    const { stillWaitingSeconds, askAgainSeconds, maxCallMinutes } = file.lobby;
    this.#now = {
      ...this.#now,
      logLevel: file.logLevel,
      sip: { ...sip, maxCalls: file.sip.maxCalls },
      lobby: {
        ...{ ...lobby, pinTries, notice, noInputSeconds, maxWaitSeconds },
        ...{ stillWaitingSeconds, askAgainSeconds, maxCallMinutes },
      },
    };
  }
}

/** Dotted paths of what differs; a list, or something in place of nothing, as a whole. */
function differences(before: unknown, after: unknown, path: string): string[] {
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
