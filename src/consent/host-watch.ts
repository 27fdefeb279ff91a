import { fromBase64url, toBase64url } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { AnyHostType, HostType, Payload } from './messages/catalog.ts';
import { peekMessage, verifyMessage, type JwsRefusal, type Verified } from './messages/jws.ts';
import type { Bytes } from './messages/key-schedule.ts';
import { thumbprint } from './messages/keys.ts';
import { signingHost, type Registration } from './messages/registration.ts';
import type { Random } from './messages/seal.ts';
import { timing } from './timing.ts';

/** One start of the host's client. */
export interface Instance {
  readonly id: string;
  readonly term: number;
  readonly hostKey: Bytes;
  readonly hostThumbprint: string;
  readonly hostJoin: string;
  readonly hpke: Bytes;
  readonly hash: string;
}

export type HostRefusal =
  | JwsRefusal
  | 'other-meeting'
  | 'other-instance'
  | 'no-instance'
  | 'not-a-host'
  | 'term-lower'
  /** Two signed messages that cannot both be: evidence against the host's key. */
  | 'equivocation'
  | 'replayed';

export interface HostWatchOptions {
  readonly registration: Registration;
  readonly meetingId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The highest term that this party has ever believed. */
  readonly floorTerm: number;
}

/** Within one instance, per type: those of one type only ever follow each other. */
const rememberedMessages = 128;

/**
 * What a member or a bridge believes of the host: the current instance, that each message is the next of its kind, and
 * how long ago the host was certainly alive. Takes nothing on the word of the server that delivered it.
 */
export class HostWatch {
  readonly #options: HostWatchOptions;
  #floorTerm: number;
  #instance: Instance | null = null;
  #lastHost: Bytes | null = null;
  readonly #lastSeq = new Map<string, number>();
  /** Sequence number to hash, oldest first: the same number twice must be the same message. */
  readonly #seen = new Map<number, string>();
  #nonces: { readonly nonce: string; readonly issuedMs: number }[] = [];
  #liveMs: number | null = null;

  constructor(options: HostWatchOptions) {
    this.#options = options;
    this.#floorTerm = options.floorTerm;
  }

  /** Of the instance before, whether or not it has said goodbye. */
  get lastHost(): Bytes | null {
    return this.#lastHost;
  }

  get instance(): Instance | null {
    return this.#instance;
  }

  /** Checks an instance-start. A new instance is believed only once the caller has recorded its term: see `adopt`. */
  async start(
    jws: string,
  ): Promise<Result<{ readonly instance: Instance; readonly known: boolean }, HostRefusal>> {
    const signer = this.#signerOf(jws);
    if (!signer.ok) return signer;
    const verified = await verifyMessage(jws, 'instance-start', signer.value.key);
    if (!verified.ok) return verified;
    const { payload, hash, key } = verified.value;
    if (payload.seq !== 0 || payload.prev !== '') return refuse('equivocation');
    const current = this.#instance;
    if (current !== null && payload.term === current.term) {
      return hash === current.hash ? ok({ instance: current, known: true }) : refuse('equivocation');
    }
    if (payload.term < this.#floorTerm) return refuse('term-lower');
    const hpke = fromBase64url(payload.hpke);
    if (hpke === null) return refuse('jws-schema');
    const instance: Instance = {
      id: payload.instance,
      term: payload.term,
      hostKey: key,
      hostThumbprint: await thumbprint(key),
      hostJoin: payload.join,
      hpke,
      hash,
    };
    return ok({ instance, known: false });
  }

  /** From now on this instance and no earlier one. Grants and keys of the one before are void: the caller's to destroy. */
  adopt(instance: Instance): void {
    this.#instance = instance;
    this.#lastHost = instance.hostKey;
    this.#floorTerm = Math.max(this.#floorTerm, instance.term);
    this.#lastSeq.clear();
    this.#seen.clear();
    this.#seen.set(0, instance.hash);
    this.#nonces = [];
    this.#liveMs = null;
  }

  /** The host has said goodbye: nothing of this instance is believed any more. */
  drop(): void {
    this.#instance = null;
    this.#floorTerm += 1;
    this.#liveMs = null;
  }

  /**
   * A message of the current instance, the next of its type; the same one again is `replayed`. With `any` order a message
   * may be older than the last of its type: for what is only looked up by its hash.
   */
  async accept<T extends HostType>(
    jws: string,
    type: T,
    order: 'rising' | 'any' = 'rising',
  ): Promise<Result<Verified<T>, HostRefusal>> {
    const current = this.#instance;
    if (current === null) return refuse('no-instance');
    const verified = await verifyMessage(jws, type, current.hostKey);
    if (!verified.ok) return verified;
    const { payload, hash } = verified.value;
    if (payload.meeting !== this.#options.meetingId) return refuse('other-meeting');
    if (payload.instance !== current.id || payload.term !== current.term) return refuse('other-instance');
    const before = this.#seen.get(payload.seq);
    if (before !== undefined && before !== hash) return refuse('equivocation');
    const previous = this.#seen.get(payload.seq - 1);
    if (previous !== undefined && previous !== payload.prev) return refuse('equivocation');
    const last = this.#lastSeq.get(type) ?? 0;
    if (order === 'rising' && payload.seq <= last) return refuse('replayed');
    this.#lastSeq.set(type, Math.max(last, payload.seq));
    this.#remember(payload.seq, hash);
    return ok(verified.value);
  }

  /**
   * A revocation of any registered host, of whatever instance and however late: it never expires. (Seen again, it is
   * accepted again, and does nothing.)
   */
  async revocation(jws: string): Promise<Result<Verified<'revocation'>, HostRefusal>> {
    const signer = this.#signerOf(jws);
    return signer.ok ? verifyMessage(jws, 'revocation', signer.value.key) : signer;
  }

  /**
   * What any registered host may say: the key host's word stands in its chain, another one's is of the current instance and
   * outside it. There it has no order: whoever may act on it twice remembers it.
   */
  async word<T extends AnyHostType>(jws: string, type: T): Promise<Result<Verified<T>, HostRefusal>> {
    const current = this.#instance;
    if (current === null) return refuse('no-instance');
    const peeked = peekMessage(jws);
    const rank = peeked.ok && 'rank' in peeked.value.payload ? peeked.value.payload.rank : null;
    if (rank === this.#rankOf(current)) return this.accept(jws, type);
    const signer = this.#signerOf(jws);
    const verified = signer.ok ? await verifyMessage(jws, type, signer.value.key) : signer;
    if (!verified.ok) return verified;
    const { instance, term } = verified.value.payload as Payload<AnyHostType>;
    return instance === current.id && term === current.term ? verified : refuse('other-instance');
  }

  #rankOf({ term }: Instance): number {
    return term % this.#options.registration.hosts.length;
  }

  /** A fresh nonce to publish. */
  nonce(): string {
    const now = this.#options.clock.monoMs();
    const nonce = toBase64url(this.#options.random(16));
    this.#nonces = this.#nonces.filter((n) => now - n.issuedMs <= timing.liveWithin);
    this.#nonces.push({ nonce, issuedMs: now });
    return nonce;
  }

  /**
   * A heartbeat proves that the host was alive when the nonce in it was issued, not when it arrived: counting from the
   * issue, a server that sits on heartbeats gains nothing.
   */
  echoed(nonces: readonly string[]): boolean {
    const now = this.#options.clock.monoMs();
    const mine = this.#nonces.filter(
      (n) => now - n.issuedMs <= timing.liveWithin && nonces.includes(n.nonce),
    );
    const newest = mine.at(-1);
    if (newest === undefined) return false;
    this.#liveMs = Math.max(this.#liveMs ?? newest.issuedMs, newest.issuedMs);
    return true;
  }

  /** Time since the host was certainly alive; infinite before the first live heartbeat. */
  ageMs(): number {
    return this.#liveMs === null ? Infinity : this.#options.clock.monoMs() - this.#liveMs;
  }

  /** The key that may sign what a message claims: of the rank that it names, or of its term. */
  #signerOf(jws: string): Result<{ readonly key: Bytes }, HostRefusal> {
    const peeked = peekMessage(jws);
    if (!peeked.ok) return peeked;
    const payload = peeked.value.payload as {
      readonly meeting?: string;
      readonly term?: number;
      readonly rank?: number;
    };
    if (payload.meeting !== this.#options.meetingId) return refuse('other-meeting');
    const key = signingHost(this.#options.registration, payload);
    return key === null ? refuse('not-a-host') : ok({ key });
  }

  #remember(seq: number, hash: string): void {
    this.#seen.set(seq, hash);
    if (this.#seen.size <= rememberedMessages) return;
    const oldest = this.#seen.keys().next();
    if (!oldest.done) this.#seen.delete(oldest.value);
  }
}
