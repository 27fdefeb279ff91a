import { Socket } from 'node:dgram';
import type { SendHandle } from 'node:child_process';
import { Socket as NetSocket } from 'node:net';
import { startChild, type Child } from '../base/child.ts';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { LegId } from '../base/ids.ts';
import type { LegMedia, LegSnapshot, MediaAddress } from '../media/leg-state.ts';
import {
  firstPipe,
  type FromWorker,
  type LegStats,
  type ToWorker,
  type WorkerOptions,
} from '../worker/protocol.ts';

/** Where legs are: the lobby's process, or a bridge in a meeting worker. */
export interface WorkerHandle {
  readonly role: WorkerOptions['role'];
  send(message: ToWorker): void;
  /**
   * Binds an RTP socket for a new leg, or on `port` for one whose worker is gone. @throws LatchkeyError `rtp-ports-exhausted` or
   * `worker-lost`
   */
  open(legId: LegId, media: LegMedia, port?: number): Promise<MediaAddress>;
  /** Takes the leg's socket out of the worker. @throws LatchkeyError `worker-lost` */
  release(legId: LegId): Promise<{ snapshot: LegSnapshot; socket: Socket }>;
  /** Gives the socket to the worker; this process's copy is closed. @throws LatchkeyError `worker-lost` */
  adopt(snapshot: LegSnapshot, socket: Socket): Promise<void>;
  /** Closes the leg; null where the worker is gone or does not answer. */
  close(legId: LegId): Promise<LegStats | null>;
  stop(graceMs?: number): Promise<void>;
}

/** Control's end of one media worker process. */
export interface WorkerProcess extends Omit<WorkerHandle, 'adopt'> {
  /** `bridge`: whose leg it is; left out in a lobby. @throws LatchkeyError `worker-lost` */
  adopt(snapshot: LegSnapshot, socket: Socket, bridge?: string): Promise<void>;
  readonly pid: number;
  /** The near ends of its pipes to the vault, unread: the worker says nothing before the vault does. */
  readonly pipes: readonly NetSocket[];
}

export interface WorkerEvents {
  /** Everything that is not an answer to a call above. */
  onMessage(message: FromWorker): void;
  onExit(): void;
}

/** An answer of a healthy worker takes a few milliseconds; this long means it is lost. */
const answerMs = 3_000;

type Answer = Extract<
  FromWorker,
  { kind: 'leg-opened' | 'leg-failed' | 'leg-released' | 'leg-adopted' | 'leg-closed' }
>;

interface Waiter {
  readonly kinds: readonly Answer['kind'][];
  resolve(answer: Answer, handle: unknown): void;
  reject(error: Error): void;
}

/** `pipes`: how many bridges a meeting worker may hold in its life. @throws LatchkeyError `child-failed` */
export async function startWorker(
  options: WorkerOptions,
  clock: Clock,
  events: WorkerEvents,
  pipes = 0,
): Promise<WorkerProcess> {
  const waiters = new Map<LegId, Waiter>();
  const nearEnds: NetSocket[] = [];
  let gone = false;
  const lost = (): LatchkeyError => new LatchkeyError('worker-lost', `the ${options.role} worker is gone`);
  const onMessage = (raw: unknown, handle: unknown): void => {
    const message = raw as FromWorker;
    const legId =
      message.kind === 'leg-released' ? message.snapshot.legId : 'legId' in message ? message.legId : null;
    const waiter = legId === null ? undefined : waiters.get(legId);
    if (legId !== null && waiter?.kinds.includes(message.kind as Answer['kind']) === true) {
      waiters.delete(legId);
      waiter.resolve(message as Answer, handle);
      return;
    }
    // A socket that nobody waits for any more must not stay open.
    if (handle instanceof Socket) handle.close();
    events.onMessage(message);
  };
  const child: Child<unknown> = await startChild({
    name: `${options.role} worker`,
    module: new URL('../worker/main.ts', import.meta.url),
    options,
    pipes,
    onSpawn: (process) => {
      for (const pipe of process.stdio.slice(firstPipe)) if (pipe instanceof NetSocket) nearEnds.push(pipe);
      // Those that were never used end with the worker.
      for (const pipe of nearEnds) pipe.on('error', () => undefined);
    },
    onMessage,
    onExit: () => {
      gone = true;
      for (const waiter of waiters.values()) waiter.reject(lost());
      waiters.clear();
      events.onExit();
    },
  });
  const send = (message: ToWorker, handle?: SendHandle, onSent?: () => void): void =>
    child.send(message, handle, onSent);
  /** One call per leg at a time: the leg's serial queue sees to that. */
  const call = (
    legId: LegId,
    kinds: readonly Answer['kind'][],
    post: () => void,
  ): Promise<{ answer: Answer; handle: unknown }> =>
    new Promise((resolve, reject) => {
      if (gone) {
        reject(lost());
        return;
      }
      const timer = clock.after(answerMs, () => {
        waiters.delete(legId);
        reject(lost());
      });
      waiters.set(legId, {
        kinds,
        resolve: (answer, handle) => {
          timer.cancel();
          resolve({ answer, handle });
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      });
      post();
    });
  return {
    role: options.role,
    pid: child.process.pid ?? -1,
    pipes: nearEnds,
    send: (message) => send(message),
    async open(legId, media, port) {
      const { answer } = await call(legId, ['leg-opened', 'leg-failed'], () =>
        send({ kind: 'leg-open', legId, media, ...(port === undefined ? {} : { port }) }),
      );
      if (answer.kind === 'leg-opened') return answer.local;
      throw new LatchkeyError(
        'rtp-ports-exhausted',
        answer.kind === 'leg-failed' ? answer.reason : 'no RTP port',
      );
    },
    async release(legId) {
      const { answer, handle } = await call(legId, ['leg-released', 'leg-failed'], () =>
        send({ kind: 'leg-release', legId }),
      );
      if (answer.kind === 'leg-released' && handle instanceof Socket)
        return { snapshot: answer.snapshot, socket: handle };
      throw lost();
    },
    async adopt(snapshot, socket, bridge) {
      if (gone) {
        socket.close();
        throw lost();
      }
      const whose = bridge === undefined ? {} : { bridge };
      const { answer } = await call(snapshot.legId, ['leg-adopted', 'leg-failed'], () =>
        send({ kind: 'leg-adopt', snapshot, ...whose }, socket, () => socket.close()),
      );
      if (answer.kind !== 'leg-adopted') throw lost();
    },
    async close(legId) {
      try {
        const { answer } = await call(legId, ['leg-closed', 'leg-failed'], () =>
          send({ kind: 'leg-close', legId }),
        );
        return answer.kind === 'leg-closed' ? answer.stats : null;
      } catch {
        return null; // The worker is gone, and the leg's socket with it: there is nothing left to close.
      }
    },
    stop: (graceMs) => child.stop(graceMs),
  };
}
