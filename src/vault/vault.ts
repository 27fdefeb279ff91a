import { Socket } from 'node:net';
import { every, type Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { toBase64url } from '../base/bytes.ts';
import { meetingIdOf, parseRegistration } from '../consent/messages/registration.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import { controlMayAppend } from './allowed.ts';
import { externalWitnesses } from './external-witness.ts';
import { messageSigner, type VaultKeys } from './keys.ts';
import { parseControlMessage, refusalOf } from './messages.ts';
import type { ControlToVault, LedgerStatus, VaultInfo, VaultToControl, VaultWitness } from './protocol.ts';
import type { OperatorWord } from './revocations.ts';
import { linkWorker, type WorkerLink } from './worker-link.ts';
import { workerSession } from './worker-session.ts';

/** What the vault process serves: control over Node's IPC, and each meeting worker over its own pipe. */
export interface Vault {
  readonly fromControl: (message: unknown, handle: unknown) => void;
  /** Every worker has it from now on. */
  operatorSpoke(info: VaultInfo): void;
  /** Everybody is told; nothing is signed or recorded any more. */
  ledgerFailed(reason: string): void;
  /** Lets go of the workers, then ends the ledger's run with `stop`. */
  stop(): Promise<void>;
}

export interface VaultParts {
  readonly operator: Pick<OperatorWord, 'info' | 'fault' | 'reread'>;
  readonly keys: VaultKeys;
  readonly ledger: LedgerWriter;
  readonly ledgerStatus: () => LedgerStatus;
  readonly clock: Clock;
  readonly log: Log;
  readonly tellControl: (message: VaultToControl) => void;
  readonly witnesses: readonly VaultWitness[];
}

const upkeepEveryMs = 500;

export function createVault(parts: VaultParts): Vault {
  const { ledger, log, tellControl } = parts;
  const links = new Set<WorkerLink>();

  const append = async (message: Extract<ControlToVault, { kind: 'append' }>): Promise<void> => {
    const { id, entries } = message;
    const written = entries.every(controlMayAppend)
      ? await ledger.append(entries)
      : ({ ok: false, reason: 'type-not-allowed' } as const);
    if (written.ok) tellControl({ kind: 'appended', id, firstSeq: written.value.firstSeq });
    else tellControl({ kind: 'append-failed', id, reason: written.reason });
  };

  const external = externalWitnesses({ ...parts, info: parts.operator.info() });
  const attend = async (
    message: Extract<ControlToVault, { kind: 'witness-work' | 'cosigned' }>,
  ): Promise<void> => {
    const { id, witness } = message;
    if (message.kind === 'witness-work') {
      const work = await external.work(witness, message.old);
      tellControl(
        work.ok ? { kind: 'witness-work', id, ...work.value } : { kind: 'refused', id, reason: work.reason },
      );
      return;
    }
    const written = await external.record(witness, message.checkpoint, message.lines);
    tellControl(written.ok ? { kind: 'cosigned', id } : { kind: 'refused', id, reason: written.reason });
  };

  const look = async ({ id, ...query }: Extract<ControlToVault, { kind: 'tail' }>): Promise<void> => {
    try {
      tellControl({ kind: 'tail', id, tail: await ledger.tail(query) });
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'ledger not read');
      tellControl({ kind: 'refused', id, reason: 'ledger-unreadable' });
    }
  };

  const adopt = async (message: Extract<ControlToVault, { kind: 'worker' }>, pipe: Socket): Promise<void> => {
    const link = await openLink(parts, message, pipe, (closed) => links.delete(closed));
    if (link !== null) links.add(link);
  };

  // An operator's tasks are handed in beside this process, in the ledger file (ledger/task-queue.ts).
  const upkeep = every(parts.clock, upkeepEveryMs, () => {
    ledger.runTasks().then(
      (done) => done > 0 && log.info({ done }, 'tasks of the operator done'),
      (error: unknown) => log.warn({ err: error }, 'tasks of the operator wait: the ledger is busy'),
    );
  });

  return {
    fromControl(raw, handle) {
      const message = parseControlMessage(raw);
      if (!message.ok) {
        log.error({ reason: message.reason }, 'message from control refused');
        if (handle instanceof Socket) handle.destroy();
        const answer = refusalOf(raw, message.reason);
        if (answer !== null) tellControl(answer);
      } else if (message.value.kind === 'append') {
        void append(message.value);
      } else if (message.value.kind === 'reread') {
        void parts.operator.reread();
      } else if (message.value.kind === 'status') {
        tellControl({ kind: 'status', id: message.value.id, status: parts.ledgerStatus() });
      } else if (message.value.kind === 'tail') {
        void look(message.value);
      } else if (message.value.kind === 'witness-work' || message.value.kind === 'cosigned') {
        void attend(message.value);
      } else if (handle instanceof Socket) {
        void adopt(message.value, handle);
      } else {
        log.error('a worker came without its pipe');
      }
    },
    operatorSpoke(info) {
      for (const link of links) link.tell({ kind: 'operator', info });
    },
    ledgerFailed(reason) {
      log.error({ reason }, 'the ledger cannot be written any more');
      tellControl({ kind: 'ledger-failed', reason });
      for (const link of links) link.tell({ kind: 'ledger-failed', reason });
    },
    async stop() {
      upkeep.cancel();
      await Promise.all([...links].map((link) => link.close('stopping')));
      await ledger.close();
    },
  };
}

type Adoption = Extract<ControlToVault, { kind: 'worker' }>;

/** Null, with the pipe closed, where the registration is not the meeting's or the ledger does not take it. */
async function openLink(
  parts: VaultParts,
  { workerId, meeting, registration: bytes }: Adoption,
  pipe: Socket,
  onClosed: (link: WorkerLink) => void,
): Promise<WorkerLink | null> {
  const { operator, keys, ledger, clock, log } = parts;
  const own = Uint8Array.from(bytes);
  const id = await meetingIdOf(own);
  const registration = parseRegistration(own);
  const seen: NewEntry = { type: 'registration-seen', meeting, data: { registration: toBase64url(own) } };
  if (id !== meeting || !registration.ok) {
    log.error({ workerId, meeting }, 'registration does not belong to its meeting: worker refused');
    pipe.destroy();
    return null;
  }
  // Each worker's start is recorded with its registration: whoever reads the log needs the hosts' keys from here on.
  const written = await ledger.append([seen]);
  if (!written.ok || pipe.destroyed) {
    pipe.destroy();
    return null;
  }
  const session = workerSession({
    get info() {
      return operator.info();
    },
    mayAsk: () => operator.fault(),
    identity: messageSigner(keys.identity),
    ledger,
    clock,
    meeting: id,
    registration: registration.value,
  });
  log.info({ workerId, meeting }, 'worker adopted');
  return linkWorker({ pipe, session, info: operator.info(), log, onClosed });
}
