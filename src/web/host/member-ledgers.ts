import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { Instance } from '../../consent/host-watch.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { bytesOfText, identityOf } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import type { GrantBook } from './grant-book.ts';
import { takeLedgerState, takeWitness, type LedgerSpeakers } from './ledger-inbox.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { LedgerState, SessionOptions } from './session.ts';
import type { ViewStore } from './view-store.ts';

/** A member as witness of the connectors' ledgers: of those in the host's signed list, as long as its operator is registered. */
export class MemberLedgers {
  readonly #watch: LedgerWatch;
  readonly #book: GrantBook;
  /** Stays after the host has ended its instance: the end is witnessed as well. */
  #roster: Payload<'roster'> | null = null;
  #hosts: readonly string[] = [];

  constructor(options: SessionOptions, about: { meetingId: string; book: GrantBook; views: ViewStore }) {
    const { meetingId, book, views } = about;
    this.#book = book;
    this.#watch = new LedgerWatch({
      ...options,
      store: options.ledgers ?? options.store,
      meetingId,
      join: toBase64url(options.joinId),
      send: (packet, to) => options.channel.send(packet, to),
      collectors: () => this.#hosts,
      onFork: ({ key }, reason) =>
        void thumbprint(key).then((bridge) => views.alarm('ledger-fork', { bridge, reason })),
    });
  }

  begin({ id, hostJoin }: Instance): void {
    this.#roster = null;
    this.#hosts = [identityOf(hostJoin)];
    this.#watch.begin(id);
  }

  end(): void {
    this.#watch.hurry();
  }

  async follow(roster: Payload<'roster'>): Promise<void> {
    this.#roster = roster;
    for (const { key, join } of roster.bridges) {
      const certificate = this.#book.certificate(key);
      if (certificate !== null)
        await this.#watch.follow({ key: bytesOfText(key), join, ledgerKey: certificate.ledgerKey });
    }
  }

  /** What the host says it was shown must be what this member is shown. */
  heartbeat({ ledgers }: Payload<'heartbeat'>): void {
    for (const { bridge, size, root } of ledgers) {
      this.#watch.claimed(bridge, { size, root: bytesOfText(root) });
    }
  }

  /** True where something may be shown differently now. */
  async state(jws: string, payload: Payload<'ledger-state'>): Promise<boolean> {
    return takeLedgerState(this.#watch, this.#speakers(), jws, payload);
  }

  async witness(jws: string, payload: Payload<'witness'>): Promise<void> {
    // Most cosign the very checkpoint that was proven here: that says nothing new.
    if (!this.#watch.remembers(payload.bridge, payload.checkpoint))
      await takeWitness(this.#watch, this.#speakers(), jws, payload);
  }

  tick(): Promise<void> {
    return this.#watch.tick();
  }

  shown(join: string): LedgerState {
    return this.#watch.state(join);
  }

  #speakers(): LedgerSpeakers {
    const roster = this.#roster;
    const keyOf = (text: string | undefined): Uint8Array<ArrayBuffer> | null =>
      text === undefined ? null : fromBase64url(text);
    return {
      bridge: (join) => keyOf(roster?.bridges.find((b) => b.join === join)?.key),
      member: (join) => keyOf(roster?.members.find((m) => m.join === join)?.key),
      ledgerKey: (key) => this.#book.certificate(key)?.ledgerKey ?? null,
    };
  }
}
