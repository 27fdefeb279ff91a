import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { every, type Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { fileStates } from '../base/file-state.ts';
import type { Log } from '../base/log.ts';
import type { Tls } from './server.ts';

/** Certificate chain and private key of a listener, as the configuration names them. */
export interface TlsFiles {
  /** Of the configuration: `http.tls`. */
  readonly setting: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** @throws LatchkeyError `config-invalid` that names the setting */
export function readTlsFiles({ setting, certFile, keyFile }: TlsFiles): Tls {
  const read = (key: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new LatchkeyError('config-invalid', `${setting}.${key}: cannot read ${file}`, { cause: error });
    }
  };
  return { cert: read('certFile', certFile), key: read('keyFile', keyFile) };
}

const lookEveryMs = 5_000;

interface Renewable {
  renewTls(tls: Tls): void;
  stop(): Promise<void>;
}

/** The same server, which takes up a renewed certificate within seconds. What is unusable changes nothing and is logged. */
export function keepRenewed<S extends Renewable>(
  server: S,
  files: TlsFiles,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Log, 'info' | 'warn'> },
): S {
  const { setting, certFile, keyFile } = files;
  const stateNow = (): string => fileStates([certFile, keyFile]);
  let seen = stateNow();
  const looking = every(clock, lookEveryMs, () => {
    const state = stateNow();
    if (state === seen) return;
    seen = state;
    try {
      const tls = readTlsFiles(files);
      createSecureContext(tls);
      server.renewTls(tls);
      log.info({ setting }, 'TLS certificate read again');
    } catch (error) {
      const reason = error instanceof LatchkeyError ? error.message : codeOf(error);
      log.warn({ setting, reason }, 'TLS certificate unusable: the one in use stays');
    }
  });
  return {
    ...server,
    stop() {
      looking.cancel();
      return server.stop();
    },
  };
}

/** OpenSSL's own text may quote what stands in the file. */
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';
