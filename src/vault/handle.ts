import type { Socket } from 'node:net';
import { startChild, type Child } from '../base/child.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerTail, TailQuery } from '../ledger/log-tail.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type {
  ControlToVault,
  LedgerStatus,
  VaultInfo,
  VaultOptions,
  VaultToControl,
  WitnessSubmission,
} from './protocol.ts';

/** Control's end of the vault process. */
export interface VaultHandle {
  readonly info: VaultInfo;
  /** Of the vault's process. */
  readonly pid: number;
  /** Resolves with the position of the first entry once all are on disk. @throws LatchkeyError `ledger-unavailable` */
  append(entries: readonly NewEntry[]): Promise<number>;
  /** Hands the near end of a worker's pipe to the vault and closes this process's copy. */
  adoptWorker(workerId: string, meeting: string, registration: Uint8Array, pipe: Socket): void;
  /** What this external witness is to be asked for (vault/external-witness.ts). */
  witnessWork(witness: string, old: number | null): Promise<Result<WitnessSubmission>>;
  /** Hands back its answer, which the vault checks and writes down. */
  cosigned(witness: string, checkpoint: string, lines: string): Promise<Result<null>>;
  /** How the ledger does. */
  status(): Promise<Result<LedgerStatus>>;
  /** The ledger's end, with proofs. At most `maxTail` leaves. */
  tail(query: TailQuery): Promise<Result<LedgerTail>>;
  /** The operator's files may have changed. */
  reread(): void;
  stop(): Promise<void>;
}

export interface VaultEvents {
  /** The vault or its ledger is gone: nothing can be recorded, so nothing may go on. Once, and not after `stop`. */
  onLost(reason: string): void;
  /** The operator has revoked this connector: it has to end. The ledger still takes how. */
  onRevoked?(): void;
}

interface Waiter {
  readonly timer: Timer;
  resolve(answer: Answer): void;
  reject(error: LatchkeyError): void;
}

type Answer = Exclude<VaultToControl, { kind: 'ledger-failed' | 'revoked' }>;
type Question = ControlToVault extends infer M ? (M extends { id: number } ? Omit<M, 'id'> : never) : never;

const stopGraceMs = 5_000;
/** As long as a worker gives it: a vault that hangs is as good as none, and must hold neither a caller nor a drain. */
const answerMs = 10_000;

/** @throws LatchkeyError what the vault could not open: `data-dir`, `ledger-unavailable` */
export async function startVault(
  options: VaultOptions,
  events: VaultEvents,
  clock: Clock,
): Promise<VaultHandle> {
  const waiting = new Map<number, Waiter>();
  let nextId = 0;
  let lost: string | null = null;
  let stopping = false;

  const unavailable = (reason: string): LatchkeyError =>
    new LatchkeyError('ledger-unavailable', `not recorded: ${reason}`);
  const lose = (reason: string): void => {
    if (lost !== null) return;
    lost = reason;
    for (const waiter of waiting.values()) {
      waiter.timer.cancel();
      waiter.reject(unavailable(reason));
    }
    waiting.clear();
    if (!stopping) events.onLost(reason);
  };
  const onMessage = (raw: unknown): void => {
    const message = raw as VaultToControl;
    if (message.kind === 'ledger-failed') {
      lose(message.reason);
      return;
    }
    if (message.kind === 'revoked') {
      if (!stopping) events.onRevoked?.();
      return;
    }
    const waiter = waiting.get(message.id);
    waiting.delete(message.id);
    waiter?.timer.cancel();
    if (message.kind === 'append-failed') waiter?.reject(unavailable(message.reason));
    else waiter?.resolve(message);
  };

  const child: Child<VaultInfo> = await startChild<VaultOptions, VaultInfo>({
    name: 'vault',
    module: new URL('./main.ts', import.meta.url),
    options,
    onMessage,
    onExit: ({ code, signal }) => lose(`the vault process ended (${code ?? signal ?? 'unknown'})`),
  });

  const ask = (question: Question): Promise<Answer> => {
    if (lost !== null) return Promise.reject(unavailable(lost));
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const timer = clock.after(answerMs, () => lose('the vault does not answer'));
      waiting.set(id, { timer, resolve, reject });
      child.send({ ...question, id });
    });
  };
  /** What concerns witnesses never ends anything: the vault that is gone says so elsewhere. */
  const attempt = async <K extends Answer['kind']>(
    kind: K,
    question: Question,
  ): Promise<Result<Extract<Answer, { kind: K }>>> => {
    try {
      const answer = await ask(question);
      if (answer.kind === kind) return ok(answer as Extract<Answer, { kind: K }>);
      return refuse(answer.kind === 'refused' ? answer.reason : 'vault-confused');
    } catch {
      return refuse('vault-lost');
    }
  };

  return {
    info: child.info,
    pid: child.process.pid ?? -1,
    async append(entries) {
      const answer = await ask({ kind: 'append', entries });
      return answer.kind === 'appended' ? answer.firstSeq : -1;
    },
    witnessWork: (witness, old) => attempt('witness-work', { kind: 'witness-work', witness, old }),
    async cosigned(witness, checkpoint, lines) {
      const written = await attempt('cosigned', { kind: 'cosigned', witness, checkpoint, lines });
      return written.ok ? ok(null) : written;
    },
    async status() {
      const answer = await attempt('status', { kind: 'status' });
      return answer.ok ? ok(answer.value.status) : answer;
    },
    async tail(query) {
      const answer = await attempt('tail', { kind: 'tail', ...query });
      return answer.ok ? ok(answer.value.tail) : answer;
    },
    adoptWorker(workerId, meeting, registration, pipe) {
      const message = { kind: 'worker', workerId, meeting, registration } satisfies ControlToVault;
      child.send(message, pipe, () => pipe.destroy());
    },
    reread: () => child.send({ kind: 'reread' } satisfies ControlToVault),
    async stop() {
      stopping = true;
      await child.stop(stopGraceMs);
    },
  };
}
