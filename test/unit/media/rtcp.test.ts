import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LegReports } from '../../../src/media/leg-reports.ts';
import { meanOpinion, transmissionRating } from '../../../src/media/quality.ts';
import { ReceiveCount } from '../../../src/media/rtp/receive-count.ts';
import { longestRtcp, parseRtcp, writeRtcp, type Report } from '../../../src/media/rtp/rtcp.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const block = fc.record({
  ...{ ssrc: u32, fractionLost: fc.integer({ min: 0, max: 255 }) },
  lost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  ...{ highest: u32, jitter: u32, lastReport: u32, sinceLastReport: u32 },
});
const sender = fc.record({
  ...{ ntpSeconds: u32, ntpFraction: u32, rtpTimestamp: u32, packets: u32, octets: u32 },
});

describe('RTCP on the wire', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(
        u32,
        fc.option(sender),
        fc.array(block, { maxLength: 1 }),
        fc.string({ unit: fc.constantFrom('a', 'Z', '7'), maxLength: 255 }),
        (ssrc, from, blocks, name) => {
          const report: Report = { ssrc, sender: from, blocks };
          const out = Buffer.alloc(longestRtcp);
          const length = writeRtcp(out, report, name);
          expect(length % 4).toBe(0);
          expect(parseRtcp(out.subarray(0, length))).toEqual({
            ok: true,
            value: { reports: [report], goodbye: [] },
          });
          expect(out.subarray(0, length).includes(Buffer.from(name))).toBe(true);
        },
      ),
    );
  });

  it('reads a compound packet of another maker: report, name, goodbye', () => {
    const packet = Buffer.concat([
      Buffer.from('81c90007aaaaaaaabbbbbbbb40fffffe0001000200000010deadbeef00010000', 'hex'),
      Buffer.from('81ca0003aaaaaaaa01016100', 'hex'),
      Buffer.from('00000000', 'hex'),
      Buffer.from('81cb0001aaaaaaaa', 'hex'),
    ]);
    const parsed = parseRtcp(packet);
    expect(parsed.ok && parsed.value).toMatchObject({
      reports: [
        {
          ssrc: 0xaaaaaaaa,
          sender: null,
          blocks: [{ ssrc: 0xbbbbbbbb, fractionLost: 64, lost: -2, highest: 0x10002 }],
        },
      ],
      goodbye: [0xaaaaaaaa],
    });
  });

  it.each([
    ['too-short', '80c90001'],
    ['first-type', '80ca0001aaaaaaaa'],
    ['wrong-version', '40c90001aaaaaaaa'],
    ['length', '80c90009aaaaaaaa'],
    ['report-overrun', '81c90001aaaaaaaa'],
    ['report-overrun', '80c80001aaaaaaaa'],
    ['length', '80c90001aaaaaaaa80'],
  ])('refuses %s', (reason, hex) => {
    expect(parseRtcp(Buffer.from(hex, 'hex'))).toEqual({ ok: false, reason });
  });

  it('is total', () => {
    const start = fc.constantFrom([], [0x80, 200], [0x81, 201], [0x9f, 200, 0, 6]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 120 }), (first, rest) => {
        expect(typeof parseRtcp(Uint8Array.from([...first, ...rest])).ok).toBe('boolean');
      }),
    );
  });
});

describe('what is counted of a stream', () => {
  it('is the jitter of RFC 3550 A.8: half a packet early, half late, goes to half a packet', () => {
    const count = new ReceiveCount();
    for (let n = 0; n < 500; n++) {
      count.count(n & 0xffff);
      count.time(n * 160, n * 160 + (n % 2 === 0 ? 0 : 80));
    }
    expect(count.report()!.jitter).toBeGreaterThanOrEqual(79);
    expect(count.report()!.jitter).toBeLessThanOrEqual(80);
  });

  it('is the loss since the report before, and in all, over the wrap of the sequence number', () => {
    const count = new ReceiveCount();
    for (let n = 65_000; n < 65_600; n++) if (n % 4 !== 0) count.count(n & 0xffff);
    expect(count.report()).toMatchObject({ fractionLost: 63, lost: 149, highest: 65_599 });
    for (let n = 65_600; n < 65_700; n++) count.count(n & 0xffff);
    const { fractionLost, lost } = count.report()!;
    // The first to be missed in the new interval was lost before it.
    expect(fractionLost).toBeLessThan(4);
    expect(lost).toBeGreaterThan(145);
    expect(lost).toBeLessThan(151);
  });

  it('says nothing before there is anything', () => {
    expect(new ReceiveCount().report()).toBeNull();
  });
});

/** Two ends whose reports cross a network that takes `transitMs`. */
function ends(transitMs: number) {
  let nowMs = 0;
  const end = () =>
    new LegReports({
      randomInt: (n) => n >> 1,
      monoMs: () => nowMs,
      wallMs: () => 1_700_000_000_000 + nowMs,
    });
  const [a, b] = [end(), end()];
  const fromB = new ReceiveCount();
  const fromA = new ReceiveCount();
  let sequence = 0;
  const exchange = (aHeard: boolean): void => {
    nowMs += 20;
    sequence = (sequence + 1) & 0xffff;
    fromB.count(sequence);
    if (aHeard) fromA.count(sequence);
    const common = { timestamp: sequence * 160, packets: sequence, octets: 160 * sequence };
    const mine = a.due({ ...common, ssrc: 1, received: { ssrc: 2, count: fromB } });
    const theirs = b.due({ ...common, ssrc: 2, received: { ssrc: 1, count: fromA } });
    nowMs += transitMs;
    if (mine !== null) b.receive(mine.packet.subarray(0, mine.length), 2);
    if (theirs !== null) a.receive(theirs.packet.subarray(0, theirs.length), 1);
    nowMs -= transitMs;
  };
  return {
    a,
    b,
    run: (seconds: number, aHeard = true) => {
      for (let n = 0; n < seconds * 50; n++) exchange(aHeard);
    },
  };
}

describe('reports', () => {
  it('come about every five seconds, and tell the round trip', () => {
    const { a, run } = ends(40);
    run(4);
    expect(a.farSide).toBeNull();
    run(20);
    expect(a.farSide).toMatchObject({ loss: 0, unheardForMs: 0 });
    expect(a.farSide!.roundTripMs).toBeGreaterThan(20);
    expect(a.farSide!.roundTripMs).toBeLessThan(100);
  });

  it('tell that nothing of ours arrives any more', () => {
    const { a, run } = ends(5);
    run(20);
    expect(a.farSide!.unheardForMs).toBe(0);
    run(12, false);
    expect(a.farSide!.unheardForMs).toBeGreaterThanOrEqual(3_000);
    run(12);
    expect(a.farSide!.unheardForMs).toBe(0);
  });

  it('are not believed about somebody else, and junk is none', () => {
    const { a } = ends(5);
    const out = Buffer.alloc(longestRtcp);
    const about = {
      ssrc: 99,
      fractionLost: 255,
      lost: 5,
      highest: 9,
      jitter: 1,
      lastReport: 0,
      sinceLastReport: 0,
    };
    const length = writeRtcp(out, { ssrc: 2, sender: null, blocks: [about] }, 'x');
    expect(a.receive(out.subarray(0, length), 1)).toBe(true);
    expect(a.farSide).toBeNull();
    expect(a.receive(Buffer.from('junk of eight and more'), 1)).toBe(false);
  });
});

describe('the E-model', () => {
  it('gives 93.2 and a score of 4.41 to a line without fault (G.107 annex B)', () => {
    const rating = transmissionRating({ codec: 'PCMU', loss: 0, delayMs: 0 });
    expect(rating).toBeCloseTo(93.2);
    expect(meanOpinion(rating)).toBeCloseTo(4.41, 2);
    expect(meanOpinion(0)).toBe(1);
    expect(meanOpinion(100)).toBe(4.5);
  });

  it('falls with loss and with delay, and stays within 1 and 4.5', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 900, noNaN: true }),
        (loss, delayMs) => {
          for (const codec of ['PCMU', 'PCMA', 'G722', 'opus'] as const) {
            const here = meanOpinion(transmissionRating({ codec, loss, delayMs }));
            const worse = meanOpinion(transmissionRating({ codec, loss: loss + 0.1, delayMs: delayMs + 50 }));
            expect(here).toBeGreaterThanOrEqual(1);
            expect(here).toBeLessThanOrEqual(4.5);
            expect(worse).toBeLessThanOrEqual(here);
          }
        },
      ),
    );
  });
});
