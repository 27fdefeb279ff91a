import type { Milliseconds } from '../base/clock.ts';
import type { RandomInt } from './rtp/port.ts';
import { longestRtcp, parseRtcp, writeRtcp, type ReportBlock } from './rtp/rtcp.ts';
import type { ReceiveCount } from './rtp/receive-count.ts';
import { longestTrailer } from './srtp/suite.ts';

/** What the peer's reports say about what we send. */
export interface FarSide {
  /** Of the last interval, 0 to 1. */
  readonly loss: number;
  /** In RTP timestamp units. */
  readonly jitter: number;
  /** Null until a report of ours has come back. */
  readonly roundTripMs: Milliseconds | null;
  /** How long the peer has reported that nothing more of ours arrives. */
  readonly unheardForMs: Milliseconds;
}

export interface LegReportsOptions {
  readonly randomInt: RandomInt;
  readonly monoMs: () => Milliseconds;
  readonly wallMs: () => Milliseconds;
}

/** What a report of ours is made of. */
export interface OwnStream {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
  /** Null where nothing was received from anybody. */
  readonly received: { readonly ssrc: number; readonly count: ReceiveCount } | null;
}

/** RFC 3550 §6.2: at least 5 s, drawn from half to one and a half of it so that reports do not come in step. */
const intervalMs = 5_000;
/** From 1900 (NTP) to 1970. */
const ntpOffset = 2_208_988_800;

/** One leg's RTCP: when to report, what came back. */
export class LegReports {
  readonly #options: LegReportsOptions;
  /** RFC 7022 §4.2: random, new for each call. */
  readonly #cname: string;
  readonly #out = Buffer.alloc(longestRtcp + longestTrailer);
  #dueMs: Milliseconds;
  /** The peer's last sender report: the middle of its NTP time, and when it came. */
  #lastReport: { readonly ntp: number; readonly atMs: Milliseconds } | null = null;
  #far: FarSide | null = null;
  #heard: { readonly highest: number; readonly sinceMs: Milliseconds } | null = null;

  constructor(options: LegReportsOptions) {
    this.#options = options;
    this.#cname = Array.from({ length: 16 }, () => options.randomInt(36).toString(36)).join('');
    this.#dueMs = options.monoMs() + this.#interval();
  }

  get farSide(): FarSide | null {
    return this.#far;
  }

  /** The peer's stream, or ours, is another one, or begins again. */
  reset(): void {
    this.#lastReport = null;
    this.#heard = null;
    this.#far = null;
  }

  /** Whether the time for the next report has come. */
  isDueAt(nowMs: Milliseconds): boolean {
    return nowMs >= this.#dueMs;
  }

  /** The report that is due: its bytes with room for SRTCP behind, and how many there are. Null before its time. */
  due(own: OwnStream): { readonly packet: Buffer; readonly length: number } | null {
    const nowMs = this.#options.monoMs();
    if (nowMs < this.#dueMs) return null;
    this.#dueMs = nowMs + this.#interval();
    const wallMs = this.#options.wallMs();
    const sender = {
      ntpSeconds: Math.floor(wallMs / 1_000) + ntpOffset,
      ntpFraction: Math.floor(((wallMs % 1_000) / 1_000) * 2 ** 32),
      rtpTimestamp: own.timestamp,
      packets: own.packets,
      octets: own.octets,
    };
    const block = own.received === null ? null : this.#block(own.received, nowMs);
    const report = {
      ssrc: own.ssrc,
      sender: own.packets === 0 ? null : sender,
      blocks: block === null ? [] : [block],
    };
    return { packet: this.#out, length: writeRtcp(this.#out, report, this.#cname) };
  }

  /** A compound packet of the peer. False where it is none. `ssrc`: ours, on which it may report. */
  receive(datagram: Uint8Array, ssrc: number): boolean {
    const parsed = parseRtcp(datagram);
    if (!parsed.ok) return false;
    const nowMs = this.#options.monoMs();
    for (const { sender, blocks } of parsed.value.reports) {
      if (sender !== null) {
        const ntp = ((sender.ntpSeconds << 16) | (sender.ntpFraction >>> 16)) >>> 0;
        this.#lastReport = { ntp, atMs: nowMs };
      }
      const block = blocks.find((one) => one.ssrc === ssrc);
      if (block !== undefined) this.#hear(block, nowMs);
    }
    return true;
  }

  #hear(block: ReportBlock, nowMs: Milliseconds): void {
    if (this.#heard?.highest !== block.highest) this.#heard = { highest: block.highest, sinceMs: nowMs };
    this.#far = {
      loss: block.fractionLost / 256,
      jitter: block.jitter,
      roundTripMs: this.#roundTrip(block) ?? this.#far?.roundTripMs ?? null,
      unheardForMs: nowMs - this.#heard.sinceMs,
    };
  }

  /** §6.4.1: our time now, less that of our report, less what the peer kept it. */
  #roundTrip({ lastReport, sinceLastReport }: ReportBlock): Milliseconds | null {
    if (lastReport === 0) return null;
    const wallMs = this.#options.wallMs();
    const now =
      ((Math.floor(wallMs / 1_000) + ntpOffset) % 0x10000) * 0x10000 + ((wallMs % 1_000) / 1_000) * 0x10000;
    const units = (Math.floor(now) - lastReport - sinceLastReport) | 0;
    // What is negative or longer than a minute is a report on somebody else's clock.
    return units < 0 || units > 60 * 0x10000 ? null : (units * 1_000) / 0x10000;
  }

  #block(received: NonNullable<OwnStream['received']>, nowMs: Milliseconds): ReportBlock | null {
    const report = received.count.report();
    if (report === null) return null;
    const last = this.#lastReport;
    return {
      ssrc: received.ssrc,
      ...report,
      lastReport: last?.ntp ?? 0,
      sinceLastReport: last === null ? 0 : Math.floor(((nowMs - last.atMs) / 1_000) * 0x10000),
    };
  }

  #interval(): Milliseconds {
    return intervalMs / 2 + this.#options.randomInt(intervalMs);
  }
}
