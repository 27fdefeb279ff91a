import { randomBytes } from 'node:crypto';
import { toBase64url } from '../../src/base/bytes.ts';
import { serialQueue } from '../../src/base/serial.ts';
import { ok, refuse, type Result } from '../../src/base/result.ts';
import { signCertificate } from '../../src/consent/messages/certificate.ts';
import { meetingIdOf, parseRegistration } from '../../src/consent/messages/registration.ts';
import type { VaultPort } from '../../src/consent/vault-port.ts';
import { thumbprint } from '../../src/ledger/checkpoint.ts';
import type { LedgerStore } from '../../src/ledger/store.ts';
import { openLedger, type LedgerWriter } from '../../src/ledger/writer.ts';
import type { InclusionProof, VaultInfo, VaultToWorker, WorkerToVault } from '../../src/vault/protocol.ts';
import { workerSession } from '../../src/vault/worker-session.ts';
import { testKey } from './consent-peers.ts';
import type { Room } from './consent-room.ts';
import { seededSigner } from './consent-samples.ts';
import type { TestConnector } from './ledger-story.ts';

/** The vault's own code on a real store, without the process and the pipe around it. */
export interface LedgerVault extends VaultPort {
  readonly ledger: LedgerWriter;
  readonly connector: TestConnector;
  /** The leaves that somebody was told are on disk. */
  readonly acknowledged: readonly InclusionProof[];
}

type Question = WorkerToVault extends infer M ? (M extends WorkerToVault ? Omit<M, 'id'> : never) : never;
type Answer = Exclude<VaultToWorker, { kind: 'hello' | 'ledger-failed' }>;

async function roomConnector(): Promise<TestConnector & { readonly info: VaultInfo }> {
  const operator = seededSigner('operator');
  const [identity, ledger] = [testKey(), testKey()];
  const certificate = await signCertificate(operator, {
    operatorName: 'Example Operator',
    key: identity.publicKey,
    ledgerKey: ledger.publicKey,
    connectorName: 'bridge-1',
    serial: randomBytes(16),
    notBefore: 0,
    notAfter: 0,
  });
  const info: VaultInfo = {
    identityKey: toBase64url(identity.publicKey),
    identityThumbprint: thumbprint(identity.publicKey),
    operatorKey: toBase64url(operator.publicKey),
    operatorThumbprint: thumbprint(operator.publicKey),
    ledgerKey: toBase64url(ledger.publicKey),
    ledgerThumbprint: thumbprint(ledger.publicKey),
    certificate,
    operatorName: 'Example Operator',
    operatorKept: 'apart',
    certificateEndsMs: 0,
    revocations: '',
    revocationNumber: 0,
    rotation: '',
  };
  // Nothing is signed by the operator here any more.
  return { identity, ledger, operator: testKey(), certificate, info };
}

/** For the room's meeting. @throws what opening the ledger throws */
export async function ledgerVault(store: LedgerStore, room: Room): Promise<LedgerVault> {
  const connector = await roomConnector();
  const { info, identity } = connector;
  const meeting = await meetingIdOf(room.registration);
  const registration = parseRegistration(room.registration);
  if (!registration.ok) throw new Error(registration.reason);
  const ledger = await openLedger({
    store,
    signer: { publicKey: connector.ledger.publicKey, sign: connector.ledger.signNow },
    clock: room.clock,
    run: toBase64url(randomBytes(16)),
    start: { jws: connector.certificate, data: { software: 'test' } },
    yieldToInput: () => Promise.resolve(),
    onFailed: () => undefined,
  });
  await ledger.append([
    { type: 'registration-seen', meeting, data: { registration: toBase64url(room.registration) } },
  ]);
  const session = workerSession({
    info,
    identity,
    ledger,
    clock: room.clock,
    meeting,
    registration: registration.value,
  });
  const acknowledged: InclusionProof[] = [];
  const queue = serialQueue();
  let id = 0;
  const ask = async <K extends Answer['kind']>(
    kind: K,
    question: Question,
  ): Promise<Result<Extract<Answer, { kind: K }>>> => {
    const answer = await queue.run(() => session.answer({ ...question, id: id++ }));
    if ('proof' in answer && answer.proof !== null) acknowledged.push(answer.proof);
    if (answer.kind === kind) return ok(answer as Extract<Answer, { kind: K }>);
    return refuse(answer.kind === 'refused' ? answer.reason : 'confused');
  };
  const proven = async (question: Question): Promise<Result<InclusionProof>> => {
    const recorded = await ask('recorded', question);
    return recorded.ok ? ok(recorded.value.proof) : recorded;
  };
  return {
    info,
    ledger,
    connector,
    acknowledged,
    signRequest: (payload, personal) => ask('signed', { kind: 'sign-request', payload, personal }),
    recordAnswer: (jws, also = []) => proven({ kind: 'record-answer', jws, also }),
    async append(entries) {
      const recorded = await proven({ kind: 'append', entries });
      return recorded.ok ? ok(null) : recorded;
    },
    appendProven: (entry) => proven({ kind: 'append', entries: [entry] }),
    async sign(type, payload) {
      const signed = await ask('signed', { kind: 'sign', typ: type, payload });
      return signed.ok ? ok(signed.value.jws) : signed;
    },
    proveGrowth: (sizes) => ask('grown', { kind: 'prove-growth', sizes }),
    highest: () => ask('highest', { kind: 'highest' }),
  };
}
