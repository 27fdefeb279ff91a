import type { Milliseconds } from '../base/clock.ts';

/** Ways on which a key press reaches us: RFC 4733 events, tones in the audio, SIP INFO. */
export type DigitSource = 'event' | 'tone' | 'info';

/** So far apart the same press may come on two ways: a request through two proxies against a packet. */
const windowMs = 1_500;
const mostRemembered = 32;

/**
 * One press, one digit, on however many ways it comes. A digit that came on one way and not yet on another is waited for
 * there: its counterpart is the same press. Two presses of one key on one way are two.
 */
export class DigitSources {
  #seen: {
    readonly digit: string;
    readonly source: DigitSource;
    readonly on: DigitSource[];
    readonly atMs: Milliseconds;
  }[] = [];

  /** Whether this is a press that was not counted yet. */
  isNew(digit: string, source: DigitSource, nowMs: Milliseconds): boolean {
    this.#seen = this.#seen.filter(({ atMs }) => nowMs - atMs < windowMs);
    const same = this.#seen.find((one) => one.digit === digit && !one.on.includes(source));
    if (same !== undefined) {
      same.on.push(source);
      return false;
    }
    if (this.#seen.length < mostRemembered) this.#seen.push({ digit, source, on: [source], atMs: nowMs });
    return true;
  }
}
