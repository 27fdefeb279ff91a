import type { Milliseconds } from '../base/clock.ts';
import type { Frame, PcmRate } from './audio/frame.ts';
import { DtmfDetector } from './dtmf/detector.ts';
import { ToneDetector } from './dtmf/tones.ts';
import type { AgreedEvents } from './leg-state.ts';
import type { RtpPacket } from './rtp/packet.ts';

/** On which way a digit came: RFC 4733 events or tones in the audio. */
export type KeySource = 'event' | 'tone';

export interface LegKeysOptions {
  readonly events: AgreedEvents | null;
  readonly rate: PcmRate;
  readonly lastTimestamp: number | null;
  /** Each press once on each way. */
  readonly onDigit: (digit: string, source: KeySource) => void;
}

/** No event packet for so long: the key's end packets were lost. A sender repeats an event at least every 50 ms. */
const keyLostMs = 150;
/** A key's tone stays out of the audio until what was buffered with it has been played. */
const keyTailMs = 120;

/** The keys that one caller presses, and what of his audio is their tone. */
export class LegKeys {
  readonly #onDigit: LegKeysOptions['onDigit'];
  #detector: DtmfDetector;
  #tones: ToneDetector;
  #clockRate: number | undefined;
  #rate: PcmRate;
  #lastEventMs: Milliseconds = -Infinity;

  constructor({ events, rate, lastTimestamp, onDigit }: LegKeysOptions) {
    this.#onDigit = onDigit;
    this.#clockRate = events?.clockRate;
    this.#rate = rate;
    this.#detector = new DtmfDetector(events?.clockRate, lastTimestamp);
    this.#tones = new ToneDetector(rate);
  }

  get lastTimestamp(): number | null {
    return this.#detector.lastTimestamp;
  }

  /** Signalling agreed on another clock of events or another codec. */
  retune(events: AgreedEvents | null, rate: PcmRate): void {
    if (events?.clockRate !== this.#clockRate) this.#detector = new DtmfDetector(events?.clockRate);
    if (rate !== this.#rate) this.#tones = new ToneDetector(rate);
    this.#clockRate = events?.clockRate;
    this.#rate = rate;
  }

  /** Another stream begins. */
  reset(): void {
    this.#detector.reset();
    this.#tones.reset();
  }

  /** A packet of telephone-event. */
  event(packet: RtpPacket, nowMs: Milliseconds, heard: boolean): void {
    const digit = this.#detector.push(packet.timestamp, packet.payload);
    this.#lastEventMs = nowMs;
    if (digit !== null && heard) this.#onDigit(digit, 'event');
  }

  /** The caller's audio without the tones of his keys (RFC 4733 §2.1: they may come both ways); null where that is what it is. */
  withoutTones(frame: Frame, nowMs: Milliseconds): Frame | null {
    const { digit, tone } = this.#tones.push(frame);
    if (digit !== null) this.#onDigit(digit, 'tone');
    return tone || this.#eventDown(nowMs) ? null : frame;
  }

  #eventDown(nowMs: Milliseconds): boolean {
    const sinceMs = nowMs - this.#lastEventMs;
    if (this.#detector.pressed && sinceMs > keyLostMs) this.#detector.release();
    return this.#detector.pressed || sinceMs < keyTailMs;
  }
}
