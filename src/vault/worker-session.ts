import type { Clock } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import {
  objectHash,
  parsePayload,
  peekMessage,
  type Peeked,
  signPayload,
  verifyMessage,
} from '../consent/messages/jws.ts';
import type { Signer } from '../consent/messages/jws.ts';
import type { Payload } from '../consent/messages/catalog.ts';
import { typeOfTyp, type MessageType } from '../consent/messages/labels.ts';
import { hostOfTerm, signingHost, type Registration } from '../consent/messages/registration.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { Mark } from '../ledger/store.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import { isSignable, workerMayAppend, workerMayFollow } from './allowed.ts';
import { cosignatureFault } from './cosignatures.ts';
import { floorMark, isAbove, raised, readFloor, type Floor, type FloorKind } from './floor.ts';
import type { InclusionProof, VaultInfo, VaultToWorker, WorkerToVault } from './protocol.ts';

/**
 * The vault's side of one meeting worker: what it signs and records for it, and what it refuses.
 *
 *   sign-request   -> checked, ledgered as `request`, then signed          remembered as open for 60 s
 *   record-answer  -> signature of the registered host, request open,      the request is consumed
 *                     (term, epoch) above the floor: ledgered, with        before the proof is given out
 *                     what follows from it
 */
export interface WorkerSession {
  answer(message: WorkerToVault): Promise<VaultToWorker>;
  /** The worker is gone, or is told to go: what its bridge had open is closed in the ledger. */
  close(reason: string): Promise<void>;
}

export interface SessionOptions {
  /** As of now. */
  readonly info: VaultInfo;
  /** Why no key may be asked for; null: one may; unset: always. */
  readonly mayAsk?: () => string | null;
  readonly identity: Signer;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly meeting: MeetingId;
  readonly registration: Registration;
}

/** The gate waits 60 s for an answer; the rest is for the way through the processes. */
const answerableMs = 62_000;
const maxOpenRequests = 8;

interface OpenRequest {
  readonly sinceMs: number;
  readonly payload: Payload<'bridge-request'>;
}

export function workerSession(options: SessionOptions): WorkerSession {
  const session = new Session(options);
  return {
    async answer(message) {
      const answered = await session.handle(message);
      return answered.ok ? answered.value : { kind: 'refused', id: message.id, reason: answered.reason };
    },
    close: (reason) => session.close(reason),
  };
}

type Answered = Promise<Result<VaultToWorker>>;

class Session {
  readonly #options: SessionOptions;
  /** By request hash. Only what this worker asked in this run can be answered: its HPKE keys end with it. */
  readonly #open = new Map<string, OpenRequest>();
  /** Those that were granted, by request hash: a denial may still follow. */
  readonly #granted = new Map<string, OpenRequest>();
  /** HPKE keys are for one request each. */
  readonly #usedKeys = new Set<string>();
  /** The bridge's join id, from the first message that names it: one worker is one bridge. */
  #join: string | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  handle(message: WorkerToVault): Answered {
    switch (message.kind) {
      case 'sign-request':
        return this.#signRequest(message.id, message.payload, message.personal ?? []);
      case 'record-answer':
        return this.#recordAnswer(message.id, message.jws, message.also);
      case 'append':
        return this.#append(message.id, message.entries);
      case 'sign':
        return this.#sign(message.id, message.typ, message.payload);
      case 'highest':
        return Promise.resolve(ok({ kind: 'highest', id: message.id, ...this.#floor('seen') }));
      case 'prove-growth':
        return this.#proveGrowth(message.id, message.sizes);
    }
  }

  async close(reason: string): Promise<void> {
    const { ledger, meeting } = this.#options;
    const bridge = this.#join;
    if (bridge === null) return;
    const { key, legs } = ledger.openOf(meeting, bridge);
    const about = { meeting, bridge, data: { reason } };
    const entries: NewEntry[] = legs.map((leg) => ({ ...about, type: 'leg-left', leg }));
    if (key) entries.push({ ...about, type: 'key-destroyed' });
    if (entries.length > 0) await ledger.append(entries);
  }

  async #signRequest(id: number, bytes: Uint8Array, personal: NonNullable<NewEntry['personal']>): Answered {
    const { identity, ledger, meeting, clock } = this.#options;
    const parsed = parsePayload('bridge-request', bytes);
    if (!parsed.ok) return parsed;
    const payload = parsed.value;
    const wrong =
      this.#foreign(payload) ?? requestFault(payload, this.#options.info) ?? this.#options.mayAsk?.() ?? null;
    if (wrong !== null) return refuse(wrong);
    if (this.#usedKeys.has(payload.hpke)) return refuse('hpke-key-reused');
    this.#dropExpired();
    if (this.#open.size >= maxOpenRequests) return refuse('too-many-requests');
    this.#usedKeys.add(payload.hpke);
    const own = Uint8Array.from(bytes);
    const jws = await signPayload(identity, 'bridge-request', own);
    const request = await objectHash('bridge-request', own, identity.publicKey);
    const written = await ledger.appendWithProof(
      [
        {
          type: 'request',
          meeting,
          bridge: payload.join,
          jws,
          data: requestData(request, payload),
          personal,
        },
      ],
      { keep: true },
    );
    if (!written.ok) return written;
    this.#open.set(request, { sinceMs: clock.monoMs(), payload });
    return ok({ kind: 'signed', id, jws, proof: written.value[0] ?? null });
  }

  async #recordAnswer(id: number, jws: string, also: readonly NewEntry[]): Answered {
    const peeked = peekMessage(jws);
    if (!peeked.ok) return peeked;
    const { type, payload } = peeked.value;
    if (type !== 'grant' && type !== 'denial') return refuse('not-an-answer');
    const { meeting, registration } = this.#options;
    if (payload.meeting !== meeting) return refuse('other-meeting');
    const host = signingHost(registration, payload);
    if (host === null) return refuse('not-a-host');
    const verified = await verifyMessage(jws, type, host);
    if (!verified.ok) return verified;
    this.#dropExpired();
    // A denial counts after a grant, too: then it is a revocation.
    const late = type === 'denial' ? this.#granted.get(payload.request) : undefined;
    const open = this.#open.get(payload.request) ?? late;
    if (open === undefined) return refuse('request-not-open');
    if (open.payload.instance !== payload.instance || open.payload.term !== payload.term) {
      return refuse('other-instance');
    }
    const fault = this.#answerFault(peeked.value, open) ?? this.#alsoFault(type, also, open);
    if (fault !== null) return refuse(fault);
    // Taken before the first await that follows, so that a second answer in flight finds nothing.
    this.#open.delete(payload.request);
    this.#granted.delete(payload.request);
    if (type === 'grant') this.#keepGranted(payload.request, open);
    const epoch = peeked.value.type === 'grant' ? peeked.value.payload.epoch : 0;
    return this.#writeAnswer(id, {
      type,
      jws,
      hash: verified.value.hash,
      bridge: open.payload.join,
      request: payload.request,
      floor: { term: payload.term, epoch },
      also,
    });
  }

  #keepGranted(request: string, open: OpenRequest): void {
    this.#granted.set(request, open);
    const oldest = this.#granted.keys().next();
    if (this.#granted.size > maxOpenRequests && !oldest.done) this.#granted.delete(oldest.value);
  }

  #answerFault(answer: Peeked, { payload }: OpenRequest): string | null {
    if (answer.type !== 'grant') return null;
    const grant = answer.payload;
    if (!isAbove(grant, this.#floor('granted')) || isAbove(this.#floor('seen'), grant))
      return 'epoch-not-fresh';
    const asked = new Set(payload.callers.map((caller) => caller.leg));
    if (!grant.legs.every((leg) => asked.has(leg))) return 'leg-not-asked';
    return null;
  }

  /** Why these entries may not be written together with an answer. */
  #alsoFault(type: 'grant' | 'denial', also: readonly NewEntry[], { payload }: OpenRequest): string | null {
    if (also.length === 0) return null;
    if (type !== 'grant' || !also.every((entry) => workerMayFollow(entry, this.#options.meeting)))
      return 'type-not-allowed';
    return also.every(({ bridge }) => bridge === payload.join) ? null : 'other-bridge';
  }

  async #writeAnswer(id: number, answer: Answer): Answered {
    const { ledger, meeting } = this.#options;
    const { type, jws, hash, bridge, request, floor, also } = answer;
    const entry: NewEntry = {
      type,
      meeting,
      bridge,
      jws,
      data: { request, [type]: hash, term: floor.term, ...(type === 'grant' ? { epoch: floor.epoch } : {}) },
    };
    const marks = type === 'grant' ? [floorMark('granted', meeting, floor)] : [];
    const entries = [entry, ...also];
    const written = await ledger.appendWithProof(entries, {
      keep: true,
      marks: [...marks, ...this.#seen(entries)],
    });
    return written.ok ? recorded(id, written.value.slice(0, 1)) : written;
  }

  async #append(id: number, entries: readonly NewEntry[]): Answered {
    const { ledger, meeting } = this.#options;
    if (!entries.every((entry) => workerMayAppend(entry, meeting))) return refuse('type-not-allowed');
    if (!entries.every((entry) => entry.bridge === undefined || this.#isOwnBridge(entry.bridge))) {
      return refuse('other-bridge');
    }
    for (const entry of entries) {
      const fault = entry.type === 'witnessed' ? await cosignatureFault(entry, this.#options) : null;
      if (fault !== null) return refuse(fault);
      if (entry.type === 'dial-requested' && !(await this.#isHostsDial(entry)))
        return refuse('dial-not-signed');
    }
    const rekeys = await this.#rekeyMarks(entries);
    if (rekeys === null) return refuse('rekey-not-signed');
    const written = await ledger.appendWithProof(entries, { marks: [...rekeys, ...this.#seen(entries)] });
    return written.ok ? recorded(id, written.value) : written;
  }

  async #sign(id: number, typ: string, bytes: Uint8Array): Answered {
    const type = typeOfTyp(typ) ?? (typ as MessageType);
    if (!isSignable(type)) return refuse('type-not-allowed');
    const parsed = parsePayload(type, bytes);
    if (!parsed.ok) return parsed;
    const wrong = this.#foreign(parsed.value);
    if (wrong !== null) return refuse(wrong);
    if ('key' in parsed.value && parsed.value.key !== this.#options.info.identityKey)
      return refuse('other-key');
    const jws = await signPayload(this.#options.identity, type, Uint8Array.from(bytes));
    return ok({ kind: 'signed', id, jws, proof: null });
  }

  async #proveGrowth(id: number, sizes: readonly number[]): Answered {
    const grown = await this.#options.ledger.consistency(sizes);
    return grown.ok ? ok({ kind: 'grown', id, ...grown.value }) : grown;
  }

  /** Why a payload speaks for another meeting or bridge than this pipe's. */
  #foreign(payload: { readonly meeting: string; readonly join: string }): string | null {
    if (payload.meeting !== this.#options.meeting) return 'other-meeting';
    return this.#isOwnBridge(payload.join) ? null : 'other-bridge';
  }

  #isOwnBridge(join: string): boolean {
    this.#join ??= join;
    return join === this.#join;
  }

  /** Whom a connector calls is a host's word, and nobody else's. */
  async #isHostsDial({ jws = '' }: NewEntry): Promise<boolean> {
    const { meeting, registration, info } = this.#options;
    const peeked = peekMessage(jws);
    if (!peeked.ok || peeked.value.type !== 'dial-request') return false;
    const { payload } = peeked.value;
    if (payload.meeting !== meeting || payload.bridge !== info.identityKey || payload.to !== this.#join)
      return false;
    const host = signingHost(registration, payload);
    return host !== null && (await verifyMessage(jws, 'dial-request', host)).ok;
  }

  /** A rekey raises the floor of granted epochs as a grant does, so it has to be the host's as well. */
  async #rekeyMarks(entries: readonly NewEntry[]): Promise<Mark[] | null> {
    const { meeting, registration } = this.#options;
    const marks: Mark[] = [];
    for (const entry of entries) {
      if (entry.type !== 'rekeyed') continue;
      const peeked = peekMessage(entry.jws ?? '');
      if (!peeked.ok || peeked.value.type !== 'rekey' || peeked.value.payload.meeting !== meeting)
        return null;
      const host = hostOfTerm(registration, peeked.value.payload.term);
      if (host === null || !(await verifyMessage(entry.jws ?? '', 'rekey', host)).ok) return null;
      marks.push(floorMark('granted', meeting, peeked.value.payload));
    }
    return marks;
  }

  /** Remembers the highest (term, epoch) that the entries state. */
  #seen(entries: readonly NewEntry[]): Mark[] {
    const before = this.#floor('seen');
    const highest = raised(before, entries);
    return isAbove(highest, before) ? [floorMark('seen', this.#options.meeting, highest)] : [];
  }

  #floor(kind: FloorKind): Floor {
    return readFloor(kind, this.#options.meeting, (name) => this.#options.ledger.mark(name));
  }

  #dropExpired(): void {
    const now = this.#options.clock.monoMs();
    for (const [hash, { sinceMs }] of this.#open) if (now - sinceMs > answerableMs) this.#open.delete(hash);
  }
}

interface Answer {
  readonly type: 'grant' | 'denial';
  readonly jws: string;
  readonly hash: string;
  readonly bridge: string;
  readonly request: string;
  readonly floor: Floor;
  readonly also: readonly NewEntry[];
}

function recorded(id: number, proofs: readonly InclusionProof[]): Result<VaultToWorker> {
  const proof = proofs.at(-1);
  return proof === undefined ? refuse('nothing-recorded') : ok({ kind: 'recorded', id, proof });
}

function requestFault(payload: Payload<'bridge-request'>, info: VaultInfo): string | null {
  if (payload.key !== info.identityKey) return 'other-key';
  if (payload.certificate !== info.certificate) return 'other-certificate';
  if (payload.revocations !== info.revocationNumber) return 'other-revocations';
  return null;
}

function requestData(request: string, payload: Payload<'bridge-request'>): NonNullable<NewEntry['data']> {
  return {
    request,
    term: payload.term,
    legs: payload.callers.map((caller) => caller.leg),
  };
}
