import { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { MessageType } from '../consent/messages/labels.ts';
import type { NewEntry } from '../ledger/event.ts';
import { frameOf, frameReader } from './pipe.ts';
import type { GrowthProof, InclusionProof, VaultInfo, VaultToWorker, WorkerToVault } from './protocol.ts';

/**
 * A meeting worker's end of its pipe to the vault. Each promise resolves when the vault has answered, which is after what
 * it says is on disk; it never rejects. When the vault is gone, silent or without a ledger, everything is refused from
 * then on and `onLost` is called once: the gate closes.
 */
export interface VaultClient {
  /** As of now: a newer revocation list changes it. */
  readonly info: VaultInfo;
  signRequest(payload: Uint8Array, personal: NewEntry['personal']): Promise<Result<SignedRequest>>;
  recordAnswer(jws: string, also?: readonly NewEntry[]): Promise<Result<InclusionProof>>;
  /** The proof is of the last of the entries. */
  append(entries: readonly NewEntry[]): Promise<Result<InclusionProof>>;
  sign(type: MessageType, payload: Uint8Array): Promise<Result<string>>;
  highest(meeting: string): Promise<Result<{ readonly term: number; readonly epoch: number }>>;
  /** Of at most four sizes. */
  proveGrowth(sizes: readonly number[]): Promise<Result<GrowthProof>>;
  close(): void;
}

export interface SignedRequest {
  readonly jws: string;
  readonly proof: InclusionProof | null;
}

export interface VaultClientEvents {
  onLost(reason: string): void;
  /** The operator has a newer revocation list; `info` has it. */
  onOperator?(): void;
}

/** The vault answers within milliseconds; a disk that takes this long is as good as none. */
const answerMs = 10_000;

type Answer = Exclude<VaultToWorker, { kind: 'hello' | 'operator' | 'ledger-failed' }>;
type Question = WorkerToVault extends infer M ? (M extends WorkerToVault ? Omit<M, 'id'> : never) : never;

/**
 * Takes over the inherited descriptor and waits for the vault's hello.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export function connectVault(fd: number, clock: Clock, events: VaultClientEvents): Promise<VaultClient> {
  return attachVault(new Socket({ fd, readable: true, writable: true }), clock, events);
}

/** The same on a socket that exists. */
export function attachVault(pipe: Socket, clock: Clock, events: VaultClientEvents): Promise<VaultClient> {
  return new Promise((resolve, reject) => {
    const exchange = createExchange(pipe, clock);
    const timer = clock.after(answerMs, () => exchange.lose('the vault did not greet'));
    exchange.onHello = (info) => {
      timer.cancel();
      exchange.onLost = (reason) => events.onLost(reason);
      exchange.onOperator = () => events.onOperator?.();
      resolve(createClient(info, exchange));
    };
    exchange.onLost = (reason) => {
      timer.cancel();
      reject(new LatchkeyError('ledger-unavailable', reason));
    };
  });
}

interface Exchange {
  ask(question: Question): Promise<Answer | null>;
  lose(reason: string): void;
  close(): void;
  /** Of the last hello. */
  info: VaultInfo | null;
  onHello(info: VaultInfo): void;
  onOperator(): void;
  onLost(reason: string): void;
}

function createExchange(pipe: Socket, clock: Clock): Exchange {
  const waiting = new Map<number, (answer: Answer | null) => void>();
  const reader = frameReader();
  let nextId = 0;
  let over = false;

  const end = (): void => {
    over = true;
    for (const done of waiting.values()) done(null);
    waiting.clear();
    pipe.destroy();
  };
  const take = (message: VaultToWorker): void => {
    if (message.kind === 'hello') {
      exchange.info = message.info;
      exchange.onHello(message.info);
    } else if (message.kind === 'operator') {
      exchange.info = message.info;
      exchange.onOperator();
    } else if (message.kind === 'ledger-failed') {
      exchange.lose('ledger-failed');
    } else {
      const done = waiting.get(message.id);
      waiting.delete(message.id);
      done?.(message);
    }
  };
  const exchange: Exchange = {
    ask(question) {
      if (over) return Promise.resolve(null);
      const id = nextId++;
      return new Promise((resolve) => {
        const timer = clock.after(answerMs, () => exchange.lose('the vault does not answer'));
        waiting.set(id, (answer) => {
          timer.cancel();
          resolve(answer);
        });
        pipe.write(frameOf({ ...question, id }));
      });
    },
    lose(reason) {
      if (over) return;
      end();
      exchange.onLost(reason);
    },
    close: end,
    info: null,
    onHello: () => undefined,
    onOperator: () => undefined,
    onLost: () => undefined,
  };
  pipe.on('data', (chunk: Buffer) => {
    const messages = reader.push(chunk);
    if (messages.ok) for (const message of messages.value) take(message as VaultToWorker);
    else exchange.lose(messages.reason);
  });
  pipe.on('error', () => undefined);
  pipe.on('close', () => exchange.lose('the vault is gone'));
  return exchange;
}

/** The answer of the expected kind, or why there is none. */
async function expectKind<K extends Answer['kind']>(
  kind: K,
  answered: Promise<Answer | null>,
): Promise<Result<Extract<Answer, { kind: K }>>> {
  const answer = await answered;
  if (answer === null) return refuse('vault-lost');
  if (answer.kind === kind) return ok(answer as Extract<Answer, { kind: K }>);
  return refuse(answer.kind === 'refused' ? answer.reason : 'vault-confused');
}

function createClient(first: VaultInfo, exchange: Exchange): VaultClient {
  return {
    get info() {
      return exchange.info ?? first;
    },
    async signRequest(payload, personal) {
      const signed = await expectKind('signed', exchange.ask({ kind: 'sign-request', payload, personal }));
      return signed.ok ? ok({ jws: signed.value.jws, proof: signed.value.proof }) : signed;
    },
    async recordAnswer(jws, also = []) {
      const recorded = await expectKind('recorded', exchange.ask({ kind: 'record-answer', jws, also }));
      return recorded.ok ? ok(recorded.value.proof) : recorded;
    },
    async append(entries) {
      const recorded = await expectKind('recorded', exchange.ask({ kind: 'append', entries }));
      return recorded.ok ? ok(recorded.value.proof) : recorded;
    },
    async sign(type, payload) {
      const signed = await expectKind('signed', exchange.ask({ kind: 'sign', typ: type, payload }));
      return signed.ok ? ok(signed.value.jws) : signed;
    },
    async highest() {
      const highest = await expectKind('highest', exchange.ask({ kind: 'highest' }));
      return highest.ok ? ok({ term: highest.value.term, epoch: highest.value.epoch }) : highest;
    },
    async proveGrowth(sizes) {
      const grown = await expectKind('grown', exchange.ask({ kind: 'prove-growth', sizes }));
      return grown.ok ? ok({ checkpoint: grown.value.checkpoint, proofs: grown.value.proofs }) : grown;
    },
    close: () => exchange.close(),
  };
}
