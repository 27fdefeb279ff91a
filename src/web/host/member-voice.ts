import { toBase64url } from '../../base/bytes.ts';
import type { Instance } from '../../consent/host-watch.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { signMessage } from '../../consent/messages/jws.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import type { MessageType } from '../../consent/messages/labels.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import type { FreshKey } from '../../consent/seal-keys.ts';
import { timing } from '../../consent/timing.ts';
import { makeHello } from './member-hello.ts';
import { rotationOf } from './key-sink.ts';
import type { SessionOptions } from './session.ts';

/** Whom a member speaks to, and in which meeting. */
export interface Addressed {
  readonly instance: Instance;
  readonly meetingId: string;
}

/** What a member says by itself: hellos, nonces, its next key, that it has switched, and to a host who started too low: why. */
export class MemberVoice {
  readonly #options: SessionOptions;
  readonly #join: string;
  /** Hashes of the hellos of this instance: a welcome answers one of them. */
  readonly #hellos = new Set<string>();
  #helloMs = -Infinity;
  #nonceMs = -Infinity;
  /** The newest start of a host that was believed, for a host that does not know of it. */
  #startJws = '';
  #staleMs = -Infinity;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#join = toBase64url(options.joinId);
  }

  begin(startJws: string): void {
    this.#startJws = startJws;
    this.#hellos.clear();
  }

  /** Whether a hello with this hash is one of ours, of this instance. */
  said(hello: string): boolean {
    return this.#hellos.has(hello);
  }

  /** Milliseconds since the last hello; Infinity where the next one is due at once. */
  sinceHello(): number {
    return this.#options.clock.monoMs() - this.#helloMs;
  }

  helloAtOnce(): void {
    this.#helloMs = -Infinity;
  }

  async hello({ instance, meetingId }: Addressed, fresh: FreshKey, nonce: string): Promise<void> {
    const hello = await makeHello(this.#options, { instance, meetingId, fresh, nonce });
    this.#helloMs = this.#options.clock.monoMs();
    if (hello === null) return;
    this.#hellos.add(hello.hash);
    this.#options.channel.send(hello.packet, [identityOf(instance.hostJoin)]);
  }

  nextKey(to: Addressed, fresh: FreshKey): Promise<void> {
    return this.#toHost('next-key', { ...this.#guest(to), ...fresh }, to.instance);
  }

  /** Only as often as nonces are due: the host is told with it what is sent under, and which roster is taken. */
  async nonce(
    to: Addressed,
    state: () => Pick<Payload<'nonce'>, 'nonce' | 'epoch' | 'roster'>,
  ): Promise<void> {
    const now = this.#options.clock.monoMs();
    if (now - this.#nonceMs < timing.nonceEvery) return;
    this.#nonceMs = now;
    await this.#toHost('nonce', { ...this.#guest(to), ...state() }, to.instance);
  }

  /** Of interest to whoever counts: the host, and the bridges, whose ledgers keep it. */
  async switched(
    to: Addressed,
    roster: { readonly payload: Payload<'roster'>; readonly hash: string },
  ): Promise<void> {
    const { epoch, bridges } = roster.payload;
    const rotation = rotationOf(this.#options.keys);
    const payload = { ...this.#guest(to), epoch, roster: roster.hash, rotation };
    const counting = [to.instance.hostJoin, ...bridges.map(({ join }) => join)].map(identityOf);
    const jws = await signMessage(this.#options.device, 'switched', payload);
    this.#options.channel.send(packetBytes(jws), counting);
  }

  /** A host who starts below what is known here has missed a take-over: its proof is the other's signed start. */
  tellStale(from: string): void {
    const now = this.#options.clock.monoMs();
    if (this.#startJws === '' || now - this.#staleMs < timing.helloEvery) return;
    this.#staleMs = now;
    this.#options.channel.send(packetBytes(this.#startJws), [from]);
  }

  async #toHost<T extends MessageType>(type: T, payload: Payload<T>, instance: Instance): Promise<void> {
    const jws = await signMessage(this.#options.device, type, payload);
    this.#options.channel.send(packetBytes(jws), [identityOf(instance.hostJoin)]);
  }

  #guest({ instance, meetingId }: Addressed): { v: 1; meeting: string; instance: string; join: string } {
    return { v: 1, meeting: meetingId, instance: instance.id, join: this.#join };
  }
}
