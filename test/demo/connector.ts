import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Party } from './party.ts';

/** What `--json-banner` prints, as far as the demo uses it. */
interface Banner {
  readonly httpUrl: string;
  readonly hostUrl: string;
  readonly claim: string;
  readonly sip: string;
  readonly pin: string;
  /** Of the meeting of this start. */
  readonly code: string;
  readonly dataDir: string;
  /** Of the operators' listener, where there is one. */
  readonly adminUrl?: string | null;
}

export interface Connector {
  readonly banner: Banner;
  readonly pid: number;
  /** Its exit code, once it has ended by itself or otherwise. */
  readonly ended: Promise<number | null>;
  /** Its exit code after SIGTERM. */
  stop(): Promise<number | null>;
}

export const mainModule = join(import.meta.dirname, '../../src/main.ts');

/** The embedded SIP server on a free port, or the one that LATCHKEY_DRACHTIO names (docs/interop.md). */
function sipSettings(folder: string): Readonly<Record<string, unknown>> {
  const [, host, port, secret] = /^([^:]+):([0-9]+):(.+)$/.exec(process.env['LATCHKEY_DRACHTIO'] ?? '') ?? [];
  if (secret === undefined) return { listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] };
  const secretFile = join(folder, 'drachtio.secret');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  return { drachtio: { host, port: Number(port), secretFile } };
}

/** `latchkey start` as a newcomer would run it, but on free ports and with its meeting server tapped. */
export async function startConnector(options: {
  readonly folder: string;
  /** Loopback UDP port for copies of what the meeting server carries; unset: none. */
  readonly tapPort?: number;
  /** Of the connector's processes; unset: as this one's. */
  readonly env?: NodeJS.ProcessEnv;
  readonly rtpPorts?: { readonly min: number; readonly max: number };
  /** Unset: info. */
  readonly logLevel?: string;
  /** Of signalling, beside those of a test. */
  readonly sip?: Readonly<Record<string, unknown>>;
  /** Settings beside these. */
  readonly settings?: Readonly<Record<string, unknown>>;
}): Promise<Connector> {
  const { folder, tapPort, rtpPorts, env } = options;
  const config = join(folder, 'config.json');
  const settings = {
    // New for each run: a folder that is kept may hold the ledger of another one.
    dataDir: mkdtempSync(join(folder, 'data-')),
    http: { port: 0 },
    admin: { port: 0 },
    sip: { ...sipSettings(folder), ...options.sip },
    ...(rtpPorts === undefined ? {} : { media: { rtpPorts } }),
    sfu: { port: 0, tap: tapPort === undefined ? null : { host: '127.0.0.1', port: tapPort } },
    ...options.settings,
  };
  writeFileSync(config, JSON.stringify(settings));
  const process = new Party({
    name: 'connector',
    args: [mainModule, 'start', '--config', config, '--json-banner', '--log', options.logLevel ?? 'info'],
    logFolder: folder,
    ...(env === undefined ? {} : { env }),
  });
  const { banner } = await process.until('banner', undefined, 60_000);
  const pid = process.process.pid ?? 0;
  return { banner: banner as Banner, pid, ended: process.ended, stop: () => process.stop() };
}
