import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/**
 * How the demo speaks to its parties: one JSON object a line. Down go commands, up come events. The parties themselves
 * meet only at sockets: nothing that one of them hears or sends passes through here.
 */
export type Line = Readonly<Record<string, unknown>> & { readonly kind: string };

export function readLines(from: Readable, onLine: (line: Line) => void): void {
  createInterface({ input: from }).on('line', (text) => {
    const line = parseLine(text);
    if (line !== null) onLine(line);
  });
}

export function writeLine(to: Writable, line: Line): void {
  to.write(`${JSON.stringify(line)}\n`);
}

function parseLine(text: string): Line | null {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    if (typeof value !== 'object' || value === null) return null;
    // The connector's own line is `{ "banner": … }`: its one name is its kind.
    const kind = typeof value.kind === 'string' ? value.kind : (Object.keys(value)[0] ?? '');
    return { ...value, kind };
  } catch {
    return null;
  }
}

/** Milliseconds of the machine's monotonic clock: the same in every process, so their times can be compared. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * The child's half: `start` gets the first line, then each later line is a command. The process ends with its parent.
 */
export function serveParty(
  start: (options: Line, emit: (line: Line) => void) => Promise<(command: Line) => unknown>,
): void {
  const emit = (line: Line): void => writeLine(process.stdout, { at: nowMs(), ...line });
  const fail = (error: unknown): void => {
    emit({
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 100);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  let onCommand: Promise<(command: Line) => unknown> | null = null;
  readLines(process.stdin, (line) => {
    if (onCommand === null) {
      onCommand = start(line, emit);
      onCommand.then(() => emit({ kind: 'ready' }), fail);
      return;
    }
    void onCommand.then((run) => run(line)).then(() => emit({ kind: 'did', command: line.kind }), fail);
  });
  process.stdin.on('end', () => process.exit(0));
}
