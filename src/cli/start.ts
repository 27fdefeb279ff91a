import { raisePriority } from '../base/priority.ts';
import { createLog } from '../base/log.ts';
import { LatchkeyError } from '../base/errors.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { parseCommandLine } from './command-line.ts';
import { startApp, type Banner } from '../app.ts';
import { helpTail } from './table.ts';

const help = `latchkey start: run the connector

Usage: latchkey start [--config FILE] [--log LEVEL] [--json-banner]

  --config FILE   JSON file with the settings that differ from config/default.json
  --log LEVEL     debug, info, warn, error or silent; overrides logLevel
  --json-banner   print the addresses as one JSON line on standard output, for programs

Without options everything is embedded and listens on loopback only: a SIP server, a small SFU, the host and member
pages. Settings are listed in docs/configuration.md. Ctrl-C tells callers, destroys keys, closes the ledger and ends;
a second Ctrl-C ends at once. SIGHUP takes up a changed file, as far as that needs no restart.
${helpTail('start')}`;

/** Callers are told and calls ended within this time. */
const drainMs = 10_000;
/** A runner (npm, a shell) may hand on the signal that the terminal has sent to the whole group already: that is one Ctrl-C. */
const sameSignalMs = 500;

const parse = (args: readonly string[]) =>
  parseCommandLine(args, {
    config: { type: 'string' },
    log: { type: 'string' },
    'json-banner': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  }).values;

export async function startCommand(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const level = (['debug', 'info', 'warn', 'error', 'silent'] as const).find((l) => l === options.log);
  if (options.log !== undefined && level === undefined) {
    throw new LatchkeyError('usage', '--log takes debug, info, warn, error or silent');
  }
  const readConfig = (): Config => {
    const loaded = loadConfig(options.config ?? null);
    // A terminal is for people: they get the banner, and of the log only what asks for their attention.
    const quiet = process.stderr.isTTY && !options['json-banner'] ? 'warn' : loaded.logLevel;
    return { ...loaded, logLevel: level ?? quiet };
  };
  const config = readConfig();
  const log = createLog('control', config.logLevel);
  const raised = config.raisePriority && raisePriority();
  log.info({ raised }, 'priority of the processes');
  return new Promise((resolve, reject) => {
    let stopping = false;
    let firstMs = -Infinity;
    const onSignal = (app: { stop(drainMs: number): Promise<void> } | null): void => {
      const now = systemClock.monoMs();
      if (now - firstMs < sameSignalMs) return;
      if (stopping) process.exit(130);
      stopping = true;
      firstMs = now;
      if (app === null) process.exit(130);
      app.stop(drainMs).then(() => resolve(0), reject);
    };
    let app: Awaited<ReturnType<typeof startApp>> | null = null;
    process.on('SIGINT', () => onSignal(app));
    process.on('SIGTERM', () => onSignal(app));
    // To a program of a terminal it says that the terminal is gone; to a service, that its files have changed.
    process.on('SIGHUP', () => (process.stderr.isTTY ? onSignal(app) : void app?.reload()));
    startApp({
      config,
      readConfig,
      log,
      clock: systemClock,
      onFatal: (reason) => {
        log.fatal({ reason }, 'ending');
        stopping = true;
        app?.stop(drainMs, 'bridge-failed').then(() => resolve(1), reject);
      },
    }).then((started) => {
      app = started;
      process.stdout.write(
        options['json-banner'] ? `${JSON.stringify({ banner: started.banner })}\n` : poster(started.banner),
      );
    }, reject);
  });
}

/** Where connectors share their meetings: none of them is this start's. */
const sharedPoster = (banner: Banner): string => `
  Latchkey is waiting for the key.

  Pages         ${banner.httpUrl}
  SIP address   ${banner.sip}
  Dial-in       ${banner.number}
  Ledger        ${banner.ledger}
  Operators     ${banner.adminUrl ?? 'switched off (admin.enabled)'}

  Meetings are shared with other connectors (sharing): make them by the API, POST /v1/meetings.

  Ctrl-C ends it.
`;

const spaced = (digits: string): string => digits.replace(/(\d{3})(?=\d)/g, '$1 ');

function poster(banner: Banner): string {
  if (banner.hostUrl === null || banner.pin === null || banner.code === null) return sharedPoster(banner);
  return `
  Latchkey is waiting for the key.

  Host page     ${banner.hostUrl}
                (one-time link: the first browser that uses it becomes the host)
  SIP address   ${banner.sip}
  Dial-in       ${banner.number}    PIN ${spaced(banner.pin)}    (meeting code ${spaced(banner.code)}, asked for where there are several)
  Ledger        ${banner.ledger}
  Operators     ${banner.adminUrl ?? 'switched off (admin.enabled)'}

  1. Open the host page, start the meeting, copy the member link into a second tab.
  2. Call the SIP address from a softphone, enter the PIN, press 1 to accept.
  3. Say yes or no in the host page. Afterwards:  npx latchkey ledger intervals

  Ctrl-C ends it.
`;
}
