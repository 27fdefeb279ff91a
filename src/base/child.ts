import { fork, type ChildProcess } from 'node:child_process';
import type { SendHandle, Serializable } from 'node:child_process';
import { LatchkeyError, type ErrorCode } from './errors.ts';

/**
 * How a parent starts a child process, the same for all of them:
 *
 *   parent -> child   { kind: 'start', options }
 *   child  -> parent  { kind: 'ready', info }  or  { kind: 'failed', code, message }
 *
 * Beside that each side sends its own messages (plain objects with a `kind`), the child also before it is ready, and last
 *
 *   parent -> child   { kind: 'end' }
 *
 * A child whose parent is gone exits. Signals are for the parent: a terminal, a service manager and a container send
 * SIGINT, SIGTERM or SIGHUP to the whole group, and a vault that took one would be gone before the drain is recorded.
 */
export interface ChildSpec<Options> {
  readonly name: string;
  readonly module: URL;
  readonly options: Options;
  /** Further stdio entries from file descriptor 4 on; 3 is the IPC channel. */
  readonly pipes?: number;
  readonly startTimeoutMs?: number;
  /** Called at once, before the child has said anything: for pipes that change hands. */
  onSpawn?(process: ChildProcess): void;
  onMessage(message: unknown, handle: unknown): void;
  /** Called once, also after `stop`. */
  onExit(exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): void;
}

export interface Child<Info> {
  readonly info: Info;
  readonly process: ChildProcess;
  /** `onSent` runs once the message (and the handle's descriptor) has left this process, or can never leave it. */
  send(message: Serializable, handle?: SendHandle, onSent?: () => void): void;
  /** Tells the child to end, then insists (SIGKILL) after `graceMs`. Resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
}

interface EndMessage {
  readonly kind: 'end';
}

interface ControlMessage {
  readonly kind?: unknown;
  readonly info?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/** Callers name `main.ts`; in an installed package all modules, this one too, are JavaScript (`prepack`). */
function runnable(module: URL): URL {
  return import.meta.url.endsWith('.js') ? new URL(module.href.replace(/\.ts$/, '.js')) : module;
}

/** This process's children, as the operating system has them. */
const running = new Map<number, string>();

/** The name and process id of every child that runs now. */
export const childProcesses = (): readonly { readonly name: string; readonly pid: number }[] =>
  [...running].map(([pid, name]) => ({ name, pid }));

export function startChild<Options, Info>(spec: ChildSpec<Options>): Promise<Child<Info>> {
  const child = fork(runnable(spec.module), [], {
    serialization: 'advanced',
    stdio: [
      'ignore',
      'inherit',
      'inherit',
      'ipc',
      ...Array.from({ length: spec.pipes ?? 0 }, () => 'pipe' as const),
    ],
  });
  const { pid } = child;
  if (pid !== undefined) running.set(pid, spec.name);
  spec.onSpawn?.(child);
  return new Promise((resolve, reject) => {
    let started = false;
    const ended = new Promise<void>((done) => {
      child.once('exit', (code, signal) => {
        if (pid !== undefined) running.delete(pid);
        if (!started)
          fail('child-failed', `${spec.name} ended before it was ready (${code ?? signal ?? 'unknown'})`);
        spec.onExit({ code, signal });
        done();
      });
    });
    /* eslint-disable no-restricted-globals -- process start and stop are bounded in real time */
    const timer = setTimeout(
      () => fail('child-failed', `${spec.name} was not ready in time`),
      spec.startTimeoutMs ?? 20_000,
    );
    const fail = (code: ErrorCode, message: string): void => {
      if (started) return;
      started = true;
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new LatchkeyError(code, message));
    };
    const send = (message: Serializable, handle?: SendHandle, onSent?: () => void): void => {
      // A child that is gone cannot be told anything; its exit is reported by onExit.
      if (child.connected) child.send(message, handle, undefined, () => onSent?.());
      else onSent?.();
    };
    const stop = async (graceMs = 3_000): Promise<void> => {
      send({ kind: 'end' } satisfies EndMessage);
      const insist = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(insist);
    };
    /* eslint-enable no-restricted-globals */
    child.on('error', (error) => fail('child-failed', `${spec.name}: ${error.message}`));
    child.on('message', (raw, handle) => {
      const message = raw as ControlMessage;
      if (started) {
        spec.onMessage(message, handle);
        return;
      }
      if (message.kind === 'ready') {
        started = true;
        clearTimeout(timer);
        resolve({ info: message.info as Info, process: child, send, stop });
        return;
      }
      if (message.kind === 'failed') fail(message.code as ErrorCode, String(message.message));
      // What it sees while it starts counts as well: an alarm is raised once.
      else spec.onMessage(message, handle);
    });
    send({ kind: 'start', options: spec.options });
  });
}

export interface ParentLink {
  send(message: Serializable, handle?: SendHandle, onSent?: () => void): void;
  onMessage(listener: (message: unknown, handle: unknown) => void): void;
}

/**
 * The child's half. `start` does the work and returns what the parent is told; `stop` runs when the parent says `end` or
 * is gone, and the process exits after it.
 */
export function serveParent<Options, Info>(
  start: (options: Options, parent: ParentLink) => Promise<{ info: Info; stop(): Promise<void> | void }>,
): void {
  let stop: (() => Promise<void> | void) | null = null;
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    try {
      await stop?.();
    } finally {
      process.exit(code);
    }
  };
  const send = (message: Serializable, handle?: SendHandle, onSent?: () => void): void => {
    if (process.connected) process.send?.(message, handle, undefined, () => onSent?.());
    else onSent?.();
  };
  const listeners: ((message: unknown, handle: unknown) => void)[] = [];
  const parent: ParentLink = { send, onMessage: (listener) => void listeners.push(listener) };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => void end(0));
  const begin = async (options: Options): Promise<void> => {
    try {
      const served = await start(options, parent);
      stop = () => served.stop();
      send({ kind: 'ready', info: served.info });
    } catch (error) {
      const code: ErrorCode = error instanceof LatchkeyError ? error.code : 'child-failed';
      send({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    }
  };
  let begun = false;
  process.on('message', (message: { kind?: unknown; options?: unknown }, handle) => {
    if (message.kind === 'end') return void end(0);
    if (begun) for (const listener of listeners) listener(message, handle);
    else void begin(message.options as Options);
    begun = true;
    return undefined;
  });
}
