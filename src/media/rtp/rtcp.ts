import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * RTCP (RFC 3550 §6.4): sender and receiver reports, in compound packets.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|    RC   |   PT=200/201  |       length in words - 1     |
 *   |                         SSRC of sender                        |
 *   |   SR: NTP time (64), RTP time (32), packets (32), octets (32) |
 *   |   RC blocks of 24 bytes: SSRC, lost, highest, jitter, times   |
 */
export interface ReportBlock {
  /** Whose packets are reported on. */
  readonly ssrc: number;
  /** Since the report before, 0 to 255 of 256. */
  readonly fractionLost: number;
  /** Since the beginning; duplicates may make it negative. 24 bits. */
  readonly lost: number;
  /** Sequence number and the cycles before it. */
  readonly highest: number;
  /** In RTP timestamp units. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP time of the last sender report seen, and how long ago that was in 1/65536 s; 0: none. */
  readonly lastReport: number;
  readonly sinceLastReport: number;
}

export interface SenderInfo {
  /** Seconds since 1900 and their fraction in 2^-32. */
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export interface Report {
  readonly ssrc: number;
  /** Null in a receiver report. */
  readonly sender: SenderInfo | null;
  readonly blocks: readonly ReportBlock[];
}

export interface Compound {
  readonly reports: readonly Report[];
  /** The SSRCs that say goodbye (§6.6). */
  readonly goodbye: readonly number[];
}

export type RtcpRefusal = 'too-short' | 'wrong-version' | 'first-type' | 'length' | 'report-overrun';

const senderReport = 200;
const receiverReport = 201;
const description = 202;
const bye = 203;
const blockLength = 24;
const senderLength = 20;
const canonicalName = 1;

/** Appendix A.2: every packet's version is 2, the first is a report, and the lengths add up. */
export function parseRtcp(datagram: Uint8Array): Result<Compound, RtcpRefusal> {
  if (datagram.length < 8) return refuse('too-short');
  const first = datagram[1] ?? 0;
  if (first !== senderReport && first !== receiverReport) return refuse('first-type');
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const reports: Report[] = [];
  const goodbye: number[] = [];
  for (let at = 0; at < datagram.length;) {
    if (at + 4 > datagram.length) return refuse('length');
    if (view.getUint8(at) >> 6 !== 2) return refuse('wrong-version');
    const count = view.getUint8(at) & 0x1f;
    const type = view.getUint8(at + 1);
    const end = at + 4 + 4 * view.getUint16(at + 2);
    if (end > datagram.length) return refuse('length');
    if (type === senderReport || type === receiverReport) {
      const report = readReport(view, { at: at + 4, end, count, type });
      if (report === null) return refuse('report-overrun');
      reports.push(report);
    } else if (type === bye) {
      for (let i = 0; i < count && at + 8 + 4 * i <= end; i++) goodbye.push(view.getUint32(at + 4 + 4 * i));
    }
    at = end;
  }
  return ok({ reports, goodbye });
}

function readReport(
  view: DataView,
  {
    at,
    end,
    count,
    type,
  }: { readonly at: number; readonly end: number; readonly count: number; readonly type: number },
): Report | null {
  const blocksAt = at + 4 + (type === senderReport ? senderLength : 0);
  if (blocksAt + count * blockLength > end) return null;
  return {
    ssrc: view.getUint32(at),
    sender: type === senderReport ? readSender(view, at + 4) : null,
    blocks: Array.from({ length: count }, (_, i) => readBlock(view, blocksAt + i * blockLength)),
  };
}

function readSender(view: DataView, at: number): SenderInfo {
  return {
    ntpSeconds: view.getUint32(at),
    ntpFraction: view.getUint32(at + 4),
    rtpTimestamp: view.getUint32(at + 8),
    packets: view.getUint32(at + 12),
    octets: view.getUint32(at + 16),
  };
}

function readBlock(view: DataView, at: number): ReportBlock {
  return {
    ssrc: view.getUint32(at),
    fractionLost: view.getUint8(at + 4),
    lost: (view.getInt32(at + 4) << 8) >> 8,
    highest: view.getUint32(at + 8),
    jitter: view.getUint32(at + 12),
    lastReport: view.getUint32(at + 16),
    sinceLastReport: view.getUint32(at + 20),
  };
}

/** The longest that `writeRtcp` writes: a sender report of one block, and a name of 255 bytes. */
export const longestRtcp = 8 + senderLength + blockLength + 4 + 4 + 2 + 256;

/**
 * A compound packet: the report and the canonical name (§6.5.1), at the start of `out`; gives its length. `cname`: at most
 * 255 bytes of ASCII that say nothing about this machine (RFC 7022).
 */
export function writeRtcp(out: Uint8Array, report: Report, cname: string): number {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const { ssrc, sender, blocks } = report;
  const length = 8 + (sender === null ? 0 : senderLength) + blocks.length * blockLength;
  view.setUint8(0, 0x80 | blocks.length);
  view.setUint8(1, sender === null ? receiverReport : senderReport);
  view.setUint16(2, length / 4 - 1);
  view.setUint32(4, ssrc);
  let at = 8;
  if (sender !== null) {
    view.setUint32(at, sender.ntpSeconds);
    view.setUint32(at + 4, sender.ntpFraction);
    view.setUint32(at + 8, sender.rtpTimestamp);
    view.setUint32(at + 12, sender.packets >>> 0);
    view.setUint32(at + 16, sender.octets >>> 0);
    at += senderLength;
  }
  for (const block of blocks) {
    view.setUint32(at, block.ssrc);
    view.setUint32(at + 4, ((block.fractionLost << 24) | (block.lost & 0xffffff)) >>> 0);
    view.setUint32(at + 8, block.highest >>> 0);
    view.setUint32(at + 12, block.jitter >>> 0);
    view.setUint32(at + 16, block.lastReport >>> 0);
    view.setUint32(at + 20, block.sinceLastReport >>> 0);
    at += blockLength;
  }
  return writeName(view, at, ssrc, cname);
}

function writeName(view: DataView, at: number, ssrc: number, cname: string): number {
  // The chunk ends with at least one zero byte, at a multiple of four (§6.5).
  const chunk = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  view.setUint8(at, 0x81);
  view.setUint8(at + 1, description);
  view.setUint16(at + 2, chunk / 4);
  view.setUint32(at + 4, ssrc);
  view.setUint8(at + 8, canonicalName);
  view.setUint8(at + 9, cname.length);
  for (let i = 0; i < chunk - 6; i++) view.setUint8(at + 10 + i, cname.charCodeAt(i) || 0);
  return at + 4 + chunk;
}
