import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { FromWorker, WorkerOptions } from '../worker/protocol.ts';
import { startWorker, type WorkerProcess } from './worker-handle.ts';

export interface LobbyKeeperOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly worker: Omit<WorkerOptions, 'role'>;
  onMessage(message: FromWorker): void;
  /** It has ended by itself, and the sockets of its legs with it. */
  onLost(lost: WorkerProcess): void;
  /** Another one is there. */
  onBack(): void;
}

/** Doubled with each start that fails, to at most so long. */
const firstRestartMs = 1_000;
const longestRestartMs = 15_000;

/** The lobby worker: there is one, and where it is lost another one is started, as long as calls are taken. */
export class LobbyKeeper {
  readonly #options: LobbyKeeperOptions;
  #worker: WorkerProcess | null = null;
  #timer: Timer | null = null;
  #restartMs = firstRestartMs;
  #leaving = false;

  constructor(options: LobbyKeeperOptions) {
    this.#options = options;
  }

  /** Null while there is none. */
  get worker(): WorkerProcess | null {
    return this.#worker;
  }

  /** Rejects where it does not start: the first one has to. */
  async start(): Promise<void> {
    const { clock, worker } = this.#options;
    let mine: WorkerProcess | null = null;
    mine = await startWorker({ ...worker, role: 'lobby' }, clock, {
      onMessage: (message) => this.#options.onMessage(message),
      onExit: () => {
        if (mine === null || mine !== this.#worker) return;
        this.#worker = null;
        this.#options.log.error({}, 'lobby worker lost');
        this.#options.onLost(mine);
        this.#restart();
      },
    });
    this.#worker = mine;
  }

  /** No other one is started from now on; the one that is there goes on for its callers' goodbye. */
  leave(): void {
    this.#leaving = true;
    this.#timer?.cancel();
  }

  async stop(): Promise<void> {
    this.leave();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.stop();
  }

  #restart(): void {
    if (this.#leaving) return;
    const { clock, log } = this.#options;
    this.#timer = clock.after(this.#restartMs, () => {
      void this.start().then(
        () => {
          this.#restartMs = firstRestartMs;
          log.info({}, 'lobby worker is back');
          this.#options.onBack();
        },
        () => {
          this.#restartMs = Math.min(longestRestartMs, this.#restartMs * 2);
          this.#restart();
        },
      );
    });
  }
}
