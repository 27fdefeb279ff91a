import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * RFC 4733 §2.3
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     event     |E|R| volume    |          duration             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface TelephoneEvent {
  readonly event: number;
  readonly end: boolean;
  /** Below 0 dBm0, 0 to 63. */
  readonly volume: number;
  /** In timestamp units, from the packet's RTP timestamp. */
  readonly duration: number;
}

const telephoneEventLength = 4;

const digits = '0123456789*#ABCD';

/** A packet may carry further blocks of redundancy (§2.5.1.5); the first four bytes are the event it reports. */
export function parseTelephoneEvent(payload: Uint8Array): Result<TelephoneEvent, 'too-short' | 'ragged'> {
  if (payload.length < telephoneEventLength) return refuse('too-short');
  if (payload.length % telephoneEventLength !== 0) return refuse('ragged');
  const flags = payload[1] ?? 0;
  return ok({
    event: payload[0] ?? 0,
    end: (flags & 0x80) !== 0,
    volume: flags & 0x3f,
    duration: ((payload[2] ?? 0) << 8) | (payload[3] ?? 0),
  });
}

export function writeTelephoneEvent(event: TelephoneEvent): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    event.event,
    (event.end ? 0x80 : 0) | (event.volume & 0x3f),
    event.duration >> 8,
    event.duration & 0xff,
  );
}

/** The digit of an event code (§3.2, table 3), or null for an event that is not DTMF, such as hook flash. */
export function digitOfEvent(event: number): string | null {
  return digits[event] ?? null;
}

export function eventOfDigit(digit: string): number | null {
  const event = digit.length === 1 ? digits.indexOf(digit) : -1;
  return event < 0 ? null : event;
}
