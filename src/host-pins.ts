import { fromBase64url } from './base/bytes.ts';
import type { MeetingId } from './base/ids.ts';
import { ok, refuse, type Result } from './base/result.ts';
import type { MeetingBook } from './call/meeting-book.ts';
import { isPinAsk, isPinDraw, type PinAsk } from './consent/messages/pin-ask.ts';
import { parseRegistration } from './consent/messages/registration.ts';
import type { PinChallenges } from './http/pin-challenge.ts';
import type { HostPin, NewPinRefusal, NewPinRequest, PinRefusal, PinRequest } from './http/ports.ts';
import type { NewEntry } from './ledger/event.ts';

export interface HostPinsOptions {
  readonly book: MeetingBook;
  readonly challenges: PinChallenges;
  /** The registration of a claimed meeting; null where there is none. */
  readonly registrationOf: (meeting: MeetingId) => Promise<Uint8Array<ArrayBuffer> | null>;
  /** Rejects where the ledger does not take it: then no PIN is drawn. */
  readonly append: (entry: NewEntry) => Promise<void>;
}

/**
 * The room PIN, for the key that claimed the meeting alone: a co-host decides on callers, and has never had the PIN. What a PIN is stands
 * only in the memory of the process that drew it; where that is another one, or gone, its host may have a fresh one drawn.
 */
export class HostPins {
  readonly #options: HostPinsOptions;

  constructor(options: HostPinsOptions) {
    this.#options = options;
  }

  async tell({ meetingId, challenge, signature }: PinRequest): Promise<Result<HostPin, PinRefusal>> {
    const host = await this.#isHost(meetingId, challenge, (key) =>
      isPinAsk(key, { meetingId, challenge, signature }),
    );
    const name = host ? await this.#nameOf(meetingId) : null;
    const pin = name === null ? null : this.#options.book.roomPin(name);
    return pin === null ? refuse('not-host') : ok(pin);
  }

  /** In the ledger before it is done. The PIN that it replaces is named, so that a request that comes twice draws one. */
  async draw({ replaces, ...ask }: NewPinRequest): Promise<Result<HostPin, NewPinRefusal>> {
    const { meetingId, challenge } = ask;
    const { book, append } = this.#options;
    const signed: PinAsk = ask;
    if (!(await this.#isHost(meetingId, challenge, (key) => isPinDraw(key, { ...signed, replaces }))))
      return refuse('not-host');
    const name = await this.#nameOf(meetingId);
    if (name === null) return refuse('not-host');
    if (book.roomPin(name)?.pinId !== replaces) return refuse('pin-changed');
    try {
      await append({ type: 'pin-replaced', meeting: meetingId, data: { by: 'host' } });
    } catch {
      return refuse('not-ready');
    }
    const drawn = await book.replacePin(name, replaces);
    if (drawn.ok) return drawn;
    return refuse(drawn.reason === 'pin-unknown' ? 'pin-changed' : 'not-host');
  }

  async #isHost(
    meetingId: MeetingId,
    challenge: Uint8Array,
    signedBy: (key: Uint8Array<ArrayBuffer>) => Promise<boolean>,
  ): Promise<boolean> {
    const { challenges, registrationOf } = this.#options;
    const found = await registrationOf(meetingId);
    if (found === null || !challenges.holds(meetingId, challenge)) return false;
    const registration = parseRegistration(found);
    const key = registration.ok ? fromBase64url(registration.value.hosts[0] ?? '') : null;
    return key !== null && (await signedBy(key));
  }

  async #nameOf(meetingId: MeetingId): Promise<string | null> {
    const { book } = this.#options;
    await book.refresh();
    return book.list().find((view) => view.meetingId === meetingId)?.name ?? null;
  }
}
