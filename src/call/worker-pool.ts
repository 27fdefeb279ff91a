import type { Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import {
  firstPipe,
  type FromWorker,
  type MeetingFact,
  type MeetingWorkerOptions,
  type ToWorker,
  type WorkerOptions,
} from '../worker/protocol.ts';
import { startWorker, type WorkerHandle, type WorkerProcess } from './worker-handle.ts';

export interface WorkerPoolOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Of every worker. */
  readonly worker: Omit<WorkerOptions, 'role'>;
  /** Bridges that one process opens in its life, one after the other or side by side. */
  readonly meetingsPerWorker: number;
  /** What is said of legs, and of the process. */
  onMessage(message: FromWorker): void;
}

export interface BridgeRequest {
  readonly meeting: MeetingWorkerOptions;
  /** In a process of its own, whatever the configuration says: this meeting has lost a worker before. */
  readonly alone: boolean;
  onFact(fact: MeetingFact): void;
  /** Its process has ended by itself, and everything of the bridge with it. Not before it was open, and not after `stop`. */
  onLost(): void;
  /** The near end of the bridge's pipe, for the vault. */
  onPipe(pipe: Socket): void;
}

interface Bridge {
  readonly request: BridgeRequest;
  open: boolean;
  /** Settles the opening: null where it has succeeded. */
  settle(error: LatchkeyError | null): void;
  closed(): void;
}

interface Worker {
  readonly started: Promise<WorkerProcess>;
  readonly bridges: Map<string, Bridge>;
  readonly shared: boolean;
  pipesUsed: number;
}

/** A join takes at most 20 s, and asks the ledger before. */
const openMs = 30_000;

/**
 * The meeting workers of this connector. Each meeting has a process of its own where `meetingsPerWorker` is 1; otherwise a process
 * takes so many, and ends with the last of them. A process that is lost takes all of its meetings along, so each of those gets one
 * of its own when it comes back (`alone`): whichever of them did it, it does it to nobody else a second time.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<Worker>();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Resolves once the bridge has joined its meeting. @throws LatchkeyError `child-failed`, `meeting-unreachable`, `worker-lost` */
  async open(request: BridgeRequest): Promise<WorkerHandle> {
    const worker = this.#workerFor(request);
    const { joinId } = request.meeting;
    // Taken before the first wait, so that two who come at once do not get the same.
    const pipe = worker.pipesUsed;
    worker.pipesUsed += 1;
    let timer: Timer | null = null;
    const opened = new Promise<void>((resolve, reject) => {
      const settle = (error: LatchkeyError | null): void => (error === null ? resolve() : reject(error));
      worker.bridges.set(joinId, { request, open: false, settle, closed: () => undefined });
      timer = this.#options.clock.after(openMs, () => settle(lost('the bridge did not open in time')));
    });
    // Whoever waits for the process hears of its failure first.
    opened.catch(() => undefined);
    try {
      const process = await worker.started;
      const near = process.pipes[pipe];
      if (near === undefined) throw lost('the worker has no pipe left');
      request.onPipe(near);
      process.send({ kind: 'bridge-open', pipe: firstPipe + pipe, meeting: request.meeting });
      await opened;
      return this.#handle(worker, process, joinId);
    } catch (error) {
      this.#leave(worker, joinId);
      throw error;
    } finally {
      (timer as Timer | null)?.cancel();
    }
  }

  #workerFor({ alone }: BridgeRequest): Worker {
    const { meetingsPerWorker } = this.#options;
    const shared = !alone && meetingsPerWorker > 1;
    const room = [...this.#workers].find((w) => w.shared && w.pipesUsed < meetingsPerWorker);
    return shared && room !== undefined ? room : this.#start(shared);
  }

  #start(shared: boolean): Worker {
    const { worker: options, clock, log, meetingsPerWorker } = this.#options;
    const worker: Worker = {
      started: startWorker(
        { ...options, role: 'meeting' },
        clock,
        {
          onMessage: (message) => this.#onMessage(worker, message),
          onExit: () => this.#onExit(worker),
        },
        shared ? meetingsPerWorker : 1,
      ),
      bridges: new Map(),
      shared,
      pipesUsed: 0,
    };
    this.#workers.add(worker);
    worker.started.then(
      ({ pid }) => log.info({ pid, shared }, 'meeting worker started'),
      () => this.#workers.delete(worker),
    );
    return worker;
  }

  #onMessage(worker: Worker, message: FromWorker): void {
    if (!('bridge' in message)) {
      this.#options.onMessage(message);
      return;
    }
    const bridge = worker.bridges.get(message.bridge);
    if (bridge === undefined) return;
    switch (message.kind) {
      case 'bridge-opened':
        bridge.open = true;
        bridge.settle(null);
        return;
      case 'bridge-not-opened':
        bridge.settle(new LatchkeyError('meeting-unreachable', message.reason));
        return;
      case 'bridge-closed':
        bridge.closed();
        return;
      default:
        bridge.request.onFact(message);
    }
  }

  #onExit(worker: Worker): void {
    this.#workers.delete(worker);
    const bridges = [...worker.bridges.values()];
    worker.bridges.clear();
    for (const bridge of bridges) {
      bridge.closed();
      if (bridge.open) bridge.request.onLost();
      else bridge.settle(lost('the meeting worker is gone'));
    }
  }

  #handle(worker: Worker, process: WorkerProcess, bridge: string): WorkerHandle {
    return {
      role: process.role,
      send: (message: ToWorker) => process.send(message),
      open: (legId, media) => process.open(legId, media),
      release: (legId) => process.release(legId),
      adopt: (snapshot, socket) => process.adopt(snapshot, socket, bridge),
      close: (legId) => process.close(legId),
      stop: (graceMs) => this.#stop(worker, process, bridge, graceMs),
    };
  }

  /** The last bridge ends the process; another one is closed in it, and waited for `graceMs` long: its keys are gone at once. */
  async #stop(worker: Worker, process: WorkerProcess, joinId: string, graceMs = 3_000): Promise<void> {
    const bridge = worker.bridges.get(joinId);
    if (bridge === undefined) return;
    bridge.open = false;
    if (worker.bridges.size > 1) {
      const { clock } = this.#options;
      await new Promise<void>((resolve) => {
        const timer = clock.after(graceMs, resolve);
        bridge.closed = () => {
          timer.cancel();
          resolve();
        };
        process.send({ kind: 'bridge-close', bridge: joinId });
      });
    }
    worker.bridges.delete(joinId);
    if (worker.bridges.size > 0) return;
    this.#workers.delete(worker);
    await process.stop(graceMs);
  }

  /**
   * A bridge that did not open, or not in time: it may do so still, and nobody would know of a participant who stays in the
   * meeting. Its process ends with it where nobody else is there.
   */
  #leave(worker: Worker, joinId: string): void {
    worker.bridges.delete(joinId);
    // Where the process has ended, everything in it has.
    if (!this.#workers.has(worker)) return;
    const last = worker.bridges.size === 0;
    if (last) this.#workers.delete(worker);
    worker.started.then(
      (process) => {
        if (last) void process.stop();
        else process.send({ kind: 'bridge-close', bridge: joinId });
      },
      () => undefined,
    );
  }
}

const lost = (why: string): LatchkeyError => new LatchkeyError('worker-lost', why);
