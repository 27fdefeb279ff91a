import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { nowMs, readLines, writeLine, type Line } from './wire.ts';

export type Event = Line & { readonly at: number };

interface Waiting {
  readonly wanted: (event: Event) => boolean;
  readonly resolve: (event: Event) => void;
}

/** What a party is started with: which file, and the first line it reads. */
export interface PartyOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** For its standard error. */
  readonly logFolder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** In a session, and so a scheduling group, of its own: its priority counts against that of all others. */
  readonly ownSession?: boolean;
}

/** One of the demo's processes, seen from the script: commands go down, events come up and are kept. */
export class Party {
  readonly name: string;
  readonly events: Event[] = [];
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly #log: WriteStream;
  #waiting: Waiting[] = [];
  #failure: string | null = null;
  #onFailure: ((message: string) => void)[] = [];

  constructor({ name, args, logFolder, env = process.env, ownSession = false }: PartyOptions) {
    this.name = name;
    this.#log = createWriteStream(join(logFolder, `${name}.log`));
    const child = spawn(process.execPath, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
      detached: ownSession,
    });
    this.process = child;
    child.stderr.pipe(this.#log);
    // Whatever ends the demo ends its parties.
    const leave = (): void => void child.kill('SIGTERM');
    process.once('exit', leave);
    child.once('exit', () => process.off('exit', leave));
    child.stdin.on('error', () => undefined); // A party that is gone is noticed by its exit.
    readLines(child.stdout, (line) => this.#onEvent({ at: nowMs(), ...line }));
    this.ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.#fail(`${name} ended (${code ?? child.signalCode ?? 'unknown'})`);
        resolve(code);
      });
    });
  }

  /** Resolves with the first event that fits, also one that came before. */
  until(kind: string, fits: (event: Event) => boolean = () => true, ms = 20_000): Promise<Event> {
    return this.#wait((event) => event.kind === kind && fits(event), `${kind} from ${this.name}`, ms);
  }

  /** As `until`, but only what comes from now on. */
  next(kind: string, fits: (event: Event) => boolean = () => true, ms = 20_000): Promise<Event> {
    const from = this.events.length;
    return this.#wait(
      (event) => event.kind === kind && this.events.indexOf(event) >= from && fits(event),
      `${kind} from ${this.name}`,
      ms,
    );
  }

  send(line: Line): void {
    if (this.process.stdin !== null) writeLine(this.process.stdin, line);
  }

  async stop(graceMs = 15_000): Promise<number | null> {
    this.process.kill('SIGTERM');
    const insist = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    const code = await this.ended;
    clearTimeout(insist);
    return code;
  }

  #wait(wanted: (event: Event) => boolean, what: string, ms: number): Promise<Event> {
    const known = this.events.find(wanted);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(new Error(`waiting for ${what}: ${why}`));
      };
      const timer = setTimeout(() => fail(`not within ${ms} ms`), ms);
      if (this.#failure !== null) {
        fail(this.#failure);
        return;
      }
      this.#onFailure.push(fail);
      this.#waiting.push({
        wanted,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      });
    });
  }

  #onEvent(event: Event): void {
    this.events.push(event);
    if (event.kind === 'failed') this.#fail(`${this.name} failed: ${String(event.message)}`);
    const [due, still] = [
      this.#waiting.filter(({ wanted }) => wanted(event)),
      this.#waiting.filter(({ wanted }) => !wanted(event)),
    ];
    this.#waiting = still;
    for (const { resolve } of due) resolve(event);
  }

  #fail(message: string): void {
    this.#failure ??= message;
    for (const tell of this.#onFailure.splice(0)) tell(this.#failure);
  }
}

/** A party that speaks the demo's lines: `file` in this folder, `start` its first line. */
export function startParty(
  file: string,
  start: Line,
  options: { readonly name: string; readonly logFolder: string },
): Party {
  const party = new Party({ ...options, args: [join(import.meta.dirname, file)] });
  party.send(start);
  return party;
}
