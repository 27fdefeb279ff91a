import { fork, type ChildProcess } from 'node:child_process';

/** Questions to a process of the bench over Node's IPC, one answer each. */
export interface Asked {
  readonly id: number;
  readonly what: string;
  readonly with: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export interface BenchProcess {
  readonly pid: number;
  ask<T>(what: string, given?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export function startProcess(file: string): Promise<BenchProcess> {
  const child: ChildProcess = fork(new URL(file, import.meta.url), [], { serialization: 'advanced' });
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let id = 0;
  child.on('message', (raw) => {
    const { id: of, value, error } = raw as Answer;
    const waiter = waiting.get(of);
    waiting.delete(of);
    if (error === undefined) waiter?.resolve(value);
    else waiter?.reject(new Error(`${file}: ${error}`));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended (${code ?? 'killed'})`));
  });
  const ask = <T>(what: string, given?: unknown): Promise<T> =>
    new Promise<unknown>((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject });
      child.send({ id, what, with: given } satisfies Asked);
    }) as Promise<T>;
  return ask('hello').then(() => ({
    pid: child.pid ?? -1,
    ask,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  }));
}

/** The child's half. */
export function serve(answers: Readonly<Record<string, (given: never) => unknown>>): void {
  process.once('disconnect', () => process.exit(0));
  process.on('message', (raw) => {
    const { id, what, with: given } = raw as Asked;
    Promise.resolve()
      .then(() => (what === 'hello' ? null : answers[what]?.(given as never)))
      .then(
        (value) => process.send?.({ id, value } satisfies Answer),
        (error: unknown) =>
          process.send?.({
            id,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      );
  });
}
