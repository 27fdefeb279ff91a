import type { Payload } from '../../consent/messages/catalog.ts';
import { claimedType, peekMessage, type Peeked } from '../../consent/messages/jws.ts';
import { bytesOfText } from '../../consent/messages/key-schedule.ts';
import type { MessageType } from '../../consent/messages/labels.ts';
import { parsePacket, type Packet } from '../../consent/messages/packet.ts';
import { VersionWatch } from '../../consent/messages/version.ts';
import type { HostWatch } from '../../consent/host-watch.ts';
import { PendingLimit } from '../../consent/pending-limit.ts';
import type { DialBook } from './dial-book.ts';
import type { GrantBook } from './grant-book.ts';
import type { MemberLedgers } from './member-ledgers.ts';
import type { MemberObserver } from './member-observer.ts';
import type { SessionOptions } from './session.ts';
import type { ViewStore } from './view-store.ts';
import type { WorkQueue } from './work-queue.ts';

const hostWords = ['welcome', 'roster', 'heartbeat', 'grant', 'removal', 'instance-end'] as const;
export type HostWord = (typeof hostWords)[number];
const isHostWord = (type: MessageType): type is HostWord =>
  (hostWords as readonly MessageType[]).includes(type);

/** Of a meeting that was entered, whether its host is known or not. */
export interface Started {
  readonly watch: HostWatch;
  readonly book: GrantBook;
  readonly meetingId: string;
  readonly ledgers: MemberLedgers;
}

export interface InboxParts {
  readonly channel: SessionOptions['channel'];
  readonly views: ViewStore;
  readonly dials: DialBook;
  readonly queue: WorkQueue;
  readonly observer: MemberObserver | null;
  /** Null: nothing is listened to (not begun, closed, put out). */
  started(): Started | null;
  roster(): Payload<'roster'> | null;
  onInstance(jws: string, from: string): Promise<void>;
  onHost(packet: Packet, type: HostWord): Promise<void>;
  onRevocation(jws: string): Promise<void>;
  /** Something that a condition for keys or voice hangs on may have come. */
  advance(): Promise<void>;
  redraw(): void;
}

/** Where a member's messages go: each in turn, so many of one sender at most, a revocation before everything that waits. */
export class MemberInbox {
  readonly #parts: InboxParts;
  readonly #limit = new PendingLimit();
  readonly #versions: VersionWatch;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#versions = new VersionWatch({
      send: (payload, to) => parts.channel.send(payload, to),
      onMismatch: (mismatch) => parts.views.alarm('version-mismatch', mismatch),
    });
  }

  receive(from: string, payload: Uint8Array): void {
    if (this.#versions.foreign(from, payload)) return;
    const claimed = claimedType(payload);
    // Of interest to the host and the bridges only.
    if (claimed === 'switched' || !this.#limit.enter(from)) return;
    const packet = parsePacket(payload);
    const job = async (): Promise<void> => {
      this.#limit.leave(from);
      if (packet.ok) await this.#onPacket(packet.value, from);
    };
    const { queue } = this.#parts;
    void (claimed === 'revocation' ? queue.urgent(job) : queue.later(job));
  }

  async #onPacket(packet: Packet, from: string): Promise<void> {
    const started = this.#parts.started();
    const peeked = peekMessage(packet.jws);
    if (started === null || !peeked.ok) return;
    const { type } = peeked.value;
    switch (type) {
      case 'instance-start':
        return this.#parts.onInstance(packet.jws, from);
      case 'bridge-hello':
      case 'bridge-request':
        await started.book.addBridge(packet.jws);
        return this.#parts.advance();
      case 'leg-request':
        return this.#onLegRequest(packet.jws, peeked.value.payload.join, started);
      case 'revocation':
        return this.#parts.onRevocation(packet.jws);
      case 'code-challenge':
        return this.#onChallenge(packet.jws, started);
      case 'code-reveal':
        return this.#onReveal(packet.jws, peeked.value.payload, started);
      case 'ledger-state':
        if (await started.ledgers.state(packet.jws, peeked.value.payload)) this.#showLedgers(started);
        return;
      case 'witness':
        return started.ledgers.witness(packet.jws, peeked.value.payload);
      default:
        return isHostWord(type)
          ? this.#parts.onHost(packet, type)
          : this.#onDialWord(packet.jws, peeked.value, started);
    }
  }

  /** Only a co-host is asked about callers. */
  async #onLegRequest(jws: string, join: string, { book }: Started): Promise<void> {
    const key = this.#parts.roster()?.bridges.find((b) => b.join === join)?.key;
    if (this.#parts.observer === null || key === undefined) return;
    await book.addLegRequest(jws, key);
    this.#parts.redraw();
  }

  /** Whom the bridge calls concerns everybody; its number does not. */
  async #onDialWord(jws: string, said: Peeked, { watch }: Started): Promise<void> {
    const { dials } = this.#parts;
    if (said.type === 'dial-offer') return dials.offered(jws, said.payload);
    if (said.type !== 'dial-state') return;
    const claimed = said.payload;
    const key = this.#parts.roster()?.bridges.find((b) => b.join === claimed.join)?.key;
    if (key !== undefined && claimed.instance === watch.instance?.id)
      await dials.told(jws, claimed, bytesOfText(key));
  }

  /** Only a co-host's client shows the code. */
  async #onChallenge(jws: string, { watch }: Started): Promise<void> {
    const { observer } = this.#parts;
    const accepted = observer === null ? null : await watch.accept(jws, 'code-challenge');
    if (accepted?.ok === true) observer?.challenged(accepted.value);
  }

  async #onReveal(jws: string, claimed: Payload<'code-reveal'>, { watch, book }: Started): Promise<void> {
    const request = book.request(claimed.request);
    const host = watch.instance?.hostThumbprint;
    if (request?.type !== 'bridge-request' || host === undefined) return;
    if (await this.#parts.observer?.revealed(jws, claimed, { request, host })) this.#parts.redraw();
  }

  /** Nothing else is drawn anew: what a revocation has put on a card stays there until a roster follows. */
  #showLedgers({ ledgers }: Started): void {
    const { views } = this.#parts;
    const bridges = views.view.bridges.map((b) => ({ ...b, ledger: ledgers.shown(b.identity.slice(2)) }));
    views.update({ bridges });
  }
}
