import { ok, type Result } from './base/result.ts';
import type { ConfigChanges, LiveConfig } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import type { NewEntry } from './ledger/event.ts';

type Say = (about: object, text: string) => void;

/** A log whose level can be set. */
interface ReloadLog {
  level: string;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
}

export interface ReloadParts {
  readonly live: LiveConfig;
  /** The file as it is now, checked. @throws LatchkeyError `config-invalid` */
  readonly read: () => Config;
  /** Certificates, keys and revocation lists, which are files of their own: read again whatever the configuration says. */
  readonly reread: () => void;
  /** What has to be told that something changed, rather than reading it where a call begins. */
  readonly onTaken: (config: Config) => void;
  /** Rejects where the ledger does not take it: then nothing changes. */
  readonly append: (entry: NewEntry) => Promise<void>;
  readonly log: ReloadLog;
}

/** A changed configuration file, taken up while the connector runs: all of it that may change, or nothing. */
export interface Reload {
  /** For whoever has recorded it already. `detail`: which key is wrong, and why. */
  now(): Result<ConfigChanges, 'config-invalid'> & { readonly detail?: string };
  /** SIGHUP: recorded before it is done. Never rejects. */
  onSignal(): Promise<void>;
}

export function createReload({ live, read, reread, onTaken, append, log }: ReloadParts): Reload {
  const readOr = (): { readonly file: Config } | { readonly detail: string } => {
    try {
      return { file: read() };
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'unknown';
      log.error({ reason: detail }, 'configuration not taken: nothing has changed');
      return { detail };
    }
  };
  const take = (file: Config): ConfigChanges => {
    const changes = live.changes(file);
    live.take(file);
    log.level = live.now.logLevel;
    onTaken(live.now);
    const { changed, needRestart } = changes;
    log.info({ changed }, 'configuration taken');
    if (needRestart.length > 0) log.warn({ needRestart }, 'changed in the file, in force after a restart');
    return changes;
  };
  return {
    now() {
      reread();
      const found = readOr();
      return 'file' in found ? ok(take(found.file)) : { ok: false, reason: 'config-invalid', ...found };
    },
    async onSignal() {
      reread();
      const found = readOr();
      if (!('file' in found)) return;
      try {
        await append({ type: 'operator-action', data: { action: 'config-reload' } });
        take(found.file);
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        log.error({ reason }, 'configuration not taken: the ledger does not record it');
      }
    },
  };
}
