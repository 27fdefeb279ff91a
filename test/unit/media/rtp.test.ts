import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseRtp,
  rtpHeaderLength,
  sequenceDistance,
  timestampDistance,
  writeRtpHeader,
} from '../../../src/media/rtp/packet.ts';
import { ReceiveCount } from '../../../src/media/rtp/receive-count.ts';
import { RtpSource, type SourceVerdict } from '../../../src/media/rtp/source.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

function packet(payload: Uint8Array, first = 0x80, second = 0): Uint8Array {
  const out = new Uint8Array(rtpHeaderLength + payload.length);
  writeRtpHeader(out, { payloadType: 0, marker: false, sequence: 1, timestamp: 2, ssrc: 3 });
  out[0] = first;
  out[1] = second;
  out.set(payload, rtpHeaderLength);
  return out;
}

describe('an RTP packet', () => {
  it('reads back what was written', () => {
    const header = fc.record({
      payloadType: fc.integer({ min: 0, max: 63 }),
      marker: fc.boolean(),
      sequence: u16,
      timestamp: u32,
      ssrc: u32,
    });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (written, payload) => {
        const out = new Uint8Array(rtpHeaderLength + payload.length);
        writeRtpHeader(out, written);
        out.set(payload, rtpHeaderLength);
        expect(parseRtp(out)).toEqual({ ok: true, value: { ...written, payload } });
      }),
    );
  });

  it('is a value or a reason for any bytes, and its payload lies within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        if (bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
        const parsed = parseRtp(bytes);
        if (!parsed.ok) return;
        expect(parsed.value.payload.length).toBeLessThanOrEqual(bytes.length - rtpHeaderLength);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds the payload behind CSRCs and extension, before the padding', () => {
    const body = Uint8Array.of(1, 1, 1, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42, 43, 0, 0, 3);
    const parsed = parseRtp(packet(body, 0x80 | 0x20 | 0x10 | 1));
    expect(parsed.ok && [...parsed.value.payload]).toEqual([42, 43]);
  });

  it.each([
    ['too-short', new Uint8Array(11)],
    ['wrong-version', packet(new Uint8Array(4), 0x40)],
    ['rtcp', packet(new Uint8Array(16), 0x80, 200)],
    ['csrc-overrun', packet(new Uint8Array(8), 0x83)],
    ['extension-overrun', packet(new Uint8Array(3), 0x90)],
    ['extension-overrun', packet(Uint8Array.of(0, 0, 0, 2, 1, 2, 3, 4), 0x90)],
    ['bad-padding', packet(Uint8Array.of(1, 2, 0), 0xa0)],
    ['bad-padding', packet(Uint8Array.of(1, 2, 4), 0xa0)],
  ])('is refused: %s', (reason, bytes) => {
    expect(parseRtp(bytes)).toEqual({ ok: false, reason });
  });

  it('counts on the circle', () => {
    expect(sequenceDistance(0xffff, 0)).toBe(1);
    expect(sequenceDistance(0, 0xffff)).toBe(-1);
    expect(timestampDistance(0xffffff00, 0x100)).toBe(0x200);
  });
});

const phone = { address: '192.0.2.1', port: 4_000 };
const nat = { address: '198.51.100.7', port: 9_999 };
const attacker = { address: '203.0.113.66', port: 6_666 };

function feed(
  source: RtpSource,
  from: typeof phone,
  sequences: readonly number[],
  at = { ssrc: 1, nowMs: 0 },
) {
  return sequences.map((sequence): SourceVerdict => source.check({ from, sequence, ...at }));
}

describe('the source of a leg', () => {
  it('is pinned at once where signalling said, and nobody else is heard', () => {
    const source = new RtpSource(phone, null, 0);
    expect(feed(source, phone, [7, 8])).toEqual(['new-stream', 'accepted']);
    expect(feed(source, attacker, [1, 2, 3, 4, 5, 6])).toEqual(Array(6).fill('foreign'));
    expect(source.destination).toMatchObject(phone);
  });

  it('is learned behind NAT, after four packets in sequence', () => {
    const source = new RtpSource(phone, null, 0);
    expect(source.destination).toEqual(phone);
    expect(feed(source, nat, [1, 2, 3, 4, 5])).toEqual([
      'probation',
      'probation',
      'probation',
      'new-stream',
      'accepted',
    ]);
    expect(source.destination).toMatchObject(nat);
  });

  it('is not learned from packets out of sequence', () => {
    const source = new RtpSource(phone, null, 0);
    expect(feed(source, nat, [1, 3, 5, 7, 9, 11])).toEqual(Array(6).fill('probation'));
  });

  it('goes to the signalled address when that speaks after all, and stays there', () => {
    const source = new RtpSource(phone, null, 0);
    feed(source, attacker, [1, 2, 3, 4]);
    expect(source.destination).toMatchObject(attacker);
    expect(feed(source, phone, [50])).toEqual(['new-stream']);
    expect(feed(source, attacker, [5, 6, 7, 8])).toEqual(Array(4).fill('foreign'));
  });

  it('takes a new SSRC of the same sender as a new stream after two packets', () => {
    const source = new RtpSource(phone, null, 0);
    feed(source, phone, [1]);
    expect(feed(source, phone, [900, 901, 902], { ssrc: 2, nowMs: 0 })).toEqual([
      'probation',
      'new-stream',
      'accepted',
    ]);
  });

  it('follows a gateway to another port only after silence, and only at the same address', () => {
    const source = new RtpSource(phone, null, 0);
    feed(source, phone, [1]);
    const moved = { address: phone.address, port: 4_002 };
    expect(feed(source, moved, [1, 2, 3, 4], { ssrc: 9, nowMs: 2_999 })).not.toContain('new-stream');
    expect(feed(source, attacker, [1, 2, 3, 4], { ssrc: 9, nowMs: 60_000 })).not.toContain('new-stream');
    expect(feed(source, moved, [1, 2, 3, 4], { ssrc: 9, nowMs: 3_000 })).toContain('new-stream');
  });

  it('is open again when signalling names a new address, and only then', () => {
    const source = new RtpSource(phone, null, 0);
    feed(source, phone, [1]);
    source.resignal({ ...phone });
    expect(source.pinned).not.toBeNull();
    source.resignal(nat);
    expect(source.pinned).toBeNull();
    expect(source.destination).toEqual(nat);
  });

  it('survives a hand-over', () => {
    const source = new RtpSource(phone, { ...nat, ssrc: 5 }, 0);
    expect(feed(source, nat, [3], { ssrc: 5, nowMs: 0 })).toEqual(['accepted']);
    expect(feed(source, attacker, [1, 2, 3, 4, 5])).toEqual(Array(5).fill('foreign'));
  });
});

describe('the receive count', () => {
  it('counts gaps as lost and late ones as found', () => {
    const count = new ReceiveCount();
    for (const sequence of [65_534, 65_535, 2, 1]) count.count(sequence);
    expect(count).toMatchObject({ received: 4, lost: 1 });
  });

  it('takes a wild jump as a new start, and keeps its totals', () => {
    const count = new ReceiveCount();
    for (const sequence of [1, 3, 30_000, 30_001]) count.count(sequence);
    expect(count).toMatchObject({ received: 4, lost: 1 });
  });
});
