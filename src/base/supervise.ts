import type { Serializable } from 'node:child_process';
import type { Child } from './child.ts';
import type { Clock, Timer } from './clock.ts';
import type { Log } from './log.ts';

export interface Supervised<Info> {
  /** Of the first start: a restarted child is asked to listen on the same ports. */
  readonly info: Info;
  readonly running: boolean;
  /** Lost where the child is not running: what it starts with has to say the same. */
  send(message: Serializable): void;
  stop(): Promise<void>;
}

export interface SuperviseOptions<Info> {
  readonly name: string;
  /** Starts the child; `info` is what the first start answered, null at the first start. `onExit` must be wired through. */
  start(info: Info | null, onExit: () => void): Promise<Child<Info>>;
  readonly clock: Clock;
  readonly log: Log;
}

const firstRetryMs = 500;
const longestRetryMs = 15_000;
/** A child that ran for so long is well again: its next exit is answered as quickly as the first. */
const steadyMs = 30_000;

/** Keeps one child process running: an exit that nobody asked for is logged and answered by a restart with back-off. */
export async function supervise<Info>(options: SuperviseOptions<Info>): Promise<Supervised<Info>> {
  const { name, clock, log } = options;
  let child: Child<Info> | null = null;
  let stopped = false;
  let retryMs = firstRetryMs;
  let timer: Timer | null = null;
  let startedMs = clock.monoMs();
  const onExit = (): void => {
    if (child !== null && clock.monoMs() - startedMs >= steadyMs) retryMs = firstRetryMs;
    child = null;
    if (stopped) return;
    log.error({ child: name, retryMs }, 'child process lost');
    timer = clock.after(retryMs, () => {
      retryMs = Math.min(longestRetryMs, retryMs * 2);
      void restart();
    });
  };
  let first: Info | null = null;
  /** A start that fails is reported by the child's exit as well: `onExit` arms the next try. */
  const restart = async (): Promise<void> => {
    try {
      const next = await options.start(first, onExit);
      if (stopped) return void next.stop();
      child = next;
      startedMs = clock.monoMs();
      log.info({ child: name }, 'child process is back');
    } catch (error) {
      log.error(
        { child: name, reason: error instanceof Error ? error.message : 'unknown' },
        'restart failed',
      );
    }
  };
  child = await options.start(null, () => {
    if (first !== null) onExit();
  });
  first = child.info;
  const info = first;
  return {
    info,
    get running() {
      return child !== null;
    },
    send: (message) => child?.send(message),
    async stop() {
      stopped = true;
      timer?.cancel();
      await child?.stop();
    },
  };
}
