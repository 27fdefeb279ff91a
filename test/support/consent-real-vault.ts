import { fromBase64url, toBase64url } from '../../src/base/bytes.ts';
import { ok, refuse, type Result } from '../../src/base/result.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { parseRegistration } from '../../src/consent/messages/registration.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { openLedger, type LedgerWriter } from '../../src/ledger/writer.ts';
import type { VaultToWorker, WorkerToVault } from '../../src/vault/protocol.ts';
import { workerSession } from '../../src/vault/worker-session.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import type { Room } from './consent-room.ts';
import { random } from './consent-peers.ts';
import { seededBytes, seededSigner, seededSigningKey } from './consent-samples.ts';

type Question = WorkerToVault extends infer M ? (M extends WorkerToVault ? Omit<M, 'id'> : never) : never;

/**
 * Puts the vault's own code and a ledger on disk behind a room's connector, under the same keys: what the room plays can be
 * read by `latchkey ledger` afterwards. Call it before a bridge comes.
 */
export async function giveRealVault(room: Room, file: string): Promise<LedgerWriter> {
  const { vault } = room;
  const identity = seededSigner('connector identity');
  const registration = parseRegistration(room.registration);
  if (!registration.ok) throw new Error(registration.reason);
  const ledger = await openLedger({
    store: sqliteStore(file),
    signer: seededSigningKey(seededBytes('connector ledger', 32)),
    clock: room.clock,
    run: random(16),
    start: { jws: vault.info.certificate, data: { software: 'test' } },
    yieldToInput: () => Promise.resolve(),
    onFailed: () => undefined,
  });
  await ledger.append([
    {
      type: 'registration-seen',
      meeting: room.meetingId,
      data: { registration: toBase64url(room.registration) },
    },
  ]);
  const operator = seededSigner('operator').publicKey;
  const session = workerSession({
    info: {
      ...vault.info,
      identityThumbprint: await thumbprint(identity.publicKey),
      operatorKey: toBase64url(operator),
      operatorName: 'Example Operator',
      operatorKept: 'beside',
      certificateEndsMs: 0,
      operatorThumbprint: await thumbprint(operator),
      ledgerThumbprint: await thumbprint(fromBase64url(vault.info.ledgerKey)!),
    },
    identity,
    ledger,
    clock: room.clock,
    meeting: room.meetingId as MeetingId,
    registration: registration.value,
  });
  const ask = async <K extends VaultToWorker['kind']>(
    kind: K,
    question: Question,
  ): Promise<Result<Extract<VaultToWorker, { kind: K }>>> => {
    const answer = await session.answer({ ...question, id: 0 });
    if (answer.kind === kind) return ok(answer as Extract<VaultToWorker, { kind: K }>);
    return refuse(answer.kind === 'refused' ? answer.reason : answer.kind);
  };
  const proofOf = async (question: Question) => {
    const recorded = await ask('recorded', question);
    return recorded.ok ? ok(recorded.value.proof) : recorded;
  };
  Object.assign(vault, {
    signRequest: (payload, personal) => ask('signed', { kind: 'sign-request', payload, personal }),
    recordAnswer: (jws, also = []) => proofOf({ kind: 'record-answer', jws, also }),
    async append(entries) {
      const recorded = await ask('recorded', { kind: 'append', entries });
      return recorded.ok ? ok(null) : recorded;
    },
    appendProven: (entry) => proofOf({ kind: 'append', entries: [entry] }),
    async sign(type, payload) {
      const signed = await ask('signed', { kind: 'sign', typ: type, payload });
      return signed.ok ? ok(signed.value.jws) : signed;
    },
    proveGrowth: (sizes) => ask('grown', { kind: 'prove-growth', sizes }),
    highest: () => ask('highest', { kind: 'highest' }),
  } satisfies Partial<Room['vault']>);
  return ledger;
}
