import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateIndex, ReplayWindow } from '../../../src/media/srtp/packet-index.ts';
import type { AgreedSrtp } from '../../../src/media/leg-state.ts';
import { SrtpSession } from '../../../src/media/srtp/session.ts';
import { longestTrailer, masterLength, srtpSuites, type SrtpSuite } from '../../../src/media/srtp/suite.ts';
import { writeRtpHeader } from '../../../src/media/rtp/packet.ts';

const ssrc = 0xdecade01;

function parameters(suite: SrtpSuite): AgreedSrtp {
  return { suite, local: randomBytes(masterLength(suite)), remote: randomBytes(masterLength(suite)) };
}

const mirrored = ({ suite, local, remote }: AgreedSrtp): AgreedSrtp => ({
  ...{ suite, local: remote, remote: local },
});

/** Two ends of one call; the first sends. */
function pair(suite: SrtpSuite, first = { ssrc, index: 0, rtcpIndex: 0 }) {
  const keys = parameters(suite);
  return {
    keys,
    here: new SrtpSession(keys, first),
    there: new SrtpSession(mirrored(keys), { ssrc: 2, index: 0, rtcpIndex: 0 }),
  };
}

function plainPacket(sequence: number, text = 'hello'): Buffer {
  const packet = Buffer.alloc(12 + text.length);
  writeRtpHeader(packet, { payloadType: 0, marker: false, sequence, timestamp: 160 * sequence, ssrc });
  packet.write(text, 12);
  return packet;
}

function sealed(session: SrtpSession, sequence: number, text?: string): Buffer {
  const plain = plainPacket(sequence, text);
  const packet = Buffer.concat([plain, Buffer.alloc(longestTrailer)]);
  return packet.subarray(0, session.protectRtp(packet, 12, plain.length));
}

const report = Buffer.from('80c90001decade01', 'hex');

function sealedReport(session: SrtpSession, body = 'statistics!!'): Buffer {
  const packet = Buffer.concat([report, Buffer.from(body), Buffer.alloc(longestTrailer)]);
  return packet.subarray(0, session.protectRtcp(packet, report.length + body.length));
}

describe.each(srtpSuites)('SRTP with %s', (suite) => {
  it('opens what the peer sealed, and neither in clear nor twice', () => {
    const { here, there } = pair(suite);
    const wire = sealed(here, 0);
    expect(wire.includes('hello')).toBe(false);
    const opened = there.unprotectRtp(Buffer.from(wire), 0);
    expect(opened.ok && Buffer.from(opened.value).equals(plainPacket(0))).toBe(true);
    expect(there.unprotectRtp(Buffer.from(wire), 0)).toEqual({ ok: false, reason: 'replayed' });
    expect(there.unprotectRtp(plainPacket(1, 'a text long enough for any tag'), 0)).toEqual({
      ...{ ok: false, reason: 'not-authentic' },
    });
  });

  it('carries RTCP, which is encrypted too and never replayed', () => {
    const { here, there } = pair(suite);
    const first = sealedReport(here);
    expect(first.includes('statistics')).toBe(false);
    const opened = there.unprotectRtcp(Buffer.from(first), 0);
    expect(opened.ok && Buffer.from(opened.value).toString('latin1').endsWith('statistics!!')).toBe(true);
    expect(there.unprotectRtcp(Buffer.from(first), 0)).toEqual({ ok: false, reason: 'replayed' });
    const second = sealedReport(here);
    second[9] = (second[9] ?? 0) ^ 1;
    expect(there.unprotectRtcp(second, 0)).toEqual({ ok: false, reason: 'not-authentic' });
    expect(there.unprotectRtcp(sealedReport(here), 0).ok).toBe(true);
  });

  it('goes on over the wrap of the sequence number, in and out of order', () => {
    const { here, there } = pair(suite, { ssrc, index: 65_530, rtcpIndex: 0 });
    const wires = Array.from({ length: 20 }, (_, i) => sealed(here, (65_530 + i) & 0xffff));
    for (const i of [0, 3, 1, 2, 8, 4, 6, 5, 12, 7, 9, 10, 11, 19, 13, 18, 14, 17, 15, 16]) {
      expect(there.unprotectRtp(Buffer.from(wires[i]!), 0).ok).toBe(true);
    }
    expect(here.rollovers).toBe(1);
  });

  it('is not moved by what is not authentic: any bit of any packet changed, and the true packet still opens', () => {
    const { here, there } = pair(suite);
    expect(there.unprotectRtp(sealed(here, 0), 0).ok).toBe(true);
    let sequence = 1;
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), (place, bit) => {
        const wire = sealed(here, sequence++);
        const before = JSON.stringify(there.state);
        const forged = Buffer.from(wire);
        const at = place % forged.length;
        forged[at] = (forged[at] ?? 0) ^ (1 << bit);
        expect(there.unprotectRtp(forged, 0).ok).toBe(false);
        expect(JSON.stringify(there.state)).toBe(before);
        expect(there.unprotectRtp(Buffer.from(wire), 0).ok).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('survives junk of any length', () => {
    const { there } = pair(suite);
    const before = JSON.stringify(there.state);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(there.unprotectRtp(bytes.slice(), 0).ok).toBe(false);
        expect(there.unprotectRtcp(bytes.slice(), 0).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
    expect(JSON.stringify(there.state)).toBe(before);
  });

  it('goes on in another process from its state', () => {
    const { keys, here, there } = pair(suite, { ssrc, index: 65_535, rtcpIndex: 7 });
    const old = sealed(here, 65_535);
    expect(there.unprotectRtp(Buffer.from(old), 0).ok).toBe(true);
    const moved = new SrtpSession(keys, structuredClone(here.state.sender));
    const after = new SrtpSession(
      mirrored(keys),
      structuredClone(there.state.sender),
      structuredClone(there.state.receiver),
    );
    expect(after.unprotectRtp(sealed(moved, 0), 0).ok).toBe(true);
    expect(after.unprotectRtp(Buffer.from(old), 0)).toEqual({ ok: false, reason: 'replayed' });
    expect(moved.rollovers).toBe(1);
  });

  it('takes new keys, opens the old ones for a while, and whichever way the peer counts on', () => {
    for (const countsOn of [true, false]) {
      const { keys, here, there } = pair(suite, { ssrc, index: 65_535, rtcpIndex: 0 });
      expect(there.unprotectRtp(sealed(here, 65_535), 0).ok).toBe(true);
      expect(there.unprotectRtp(sealed(here, 0), 0).ok).toBe(true);
      const late = [sealed(here, 1), sealed(here, 2)];
      const fresh = { ...keys, local: randomBytes(masterLength(suite)) };
      here.rekey(fresh, { ssrc, index: countsOn ? 65_536 + 3 : 3, rtcpIndex: 0 }, 0);
      there.rekey(mirrored(fresh), there.state.sender, 1_000);
      expect(there.unprotectRtp(sealed(here, 3), 1_000).ok).toBe(true);
      expect(there.unprotectRtp(late[0]!, 5_999).ok).toBe(true);
      expect(there.unprotectRtp(late[1]!, 6_000).ok).toBe(false);
      expect(there.unprotectRtp(sealed(here, 4), 6_000).ok).toBe(true);
    }
  });

  it('uses no index of SRTCP twice under a key that comes back', () => {
    const { keys, here } = pair(suite);
    const first = sealedReport(here);
    const other = { ...keys, local: randomBytes(masterLength(suite)) };
    for (const next of [other, keys]) {
      const again = { ...next, local: Buffer.from(next.local), remote: Buffer.from(next.remote) };
      here.rekey(again, { ssrc, index: 0, rtcpIndex: 0 }, 0);
    }
    expect(sealedReport(here).equals(first)).toBe(false);
    expect(here.state.sender.rtcpIndex).toBe(2);
  });

  it('knows no more than 32 streams of one peer', () => {
    const keys = parameters(suite);
    const there = new SrtpSession(mirrored(keys), { ssrc: 2, index: 0, rtcpIndex: 0 });
    const verdicts = Array.from({ length: 34 }, (_, i) => {
      const here = new SrtpSession(keys, { ssrc: i, index: 0, rtcpIndex: 0 });
      const plain = plainPacket(0);
      plain.writeUInt32BE(i, 8);
      const packet = Buffer.concat([plain, Buffer.alloc(longestTrailer)]);
      const opened = there.unprotectRtp(packet.subarray(0, here.protectRtp(packet, 12, plain.length)), 0);
      return opened.ok ? 'ok' : opened.reason;
    });
    expect(verdicts.slice(0, 32).every((verdict) => verdict === 'ok')).toBe(true);
    expect(verdicts.slice(32)).toEqual(['too-many-streams', 'too-many-streams']);
  });

  it('sends nothing once its keys are used up, and never a number twice', () => {
    const { here } = pair(suite, { ssrc, index: 2 ** 48 - 1, rtcpIndex: 2 ** 31 - 1 });
    expect(sealed(here, 65_535).length).toBeGreaterThan(0);
    expect(sealed(here, 0)).toHaveLength(0);
    expect(sealedReport(here).length).toBeGreaterThan(0);
    expect(sealedReport(here)).toHaveLength(0);
    const other = pair(suite).here;
    expect(sealed(other, 0).length).toBeGreaterThan(0);
    expect(sealed(other, 0)).toHaveLength(0);
  });

  it('opens nothing after its end', () => {
    const { here, there } = pair(suite);
    const wire = sealed(here, 0);
    there.close();
    let opened = false;
    try {
      opened = there.unprotectRtp(wire, 0).ok;
    } catch {
      opened = false;
    }
    expect(opened).toBe(false);
  });
});

describe('the packet index', () => {
  it('is found from 16 bits wherever fewer than 2^15 packets lie between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40_000, max: 2 ** 40 }),
        fc.integer({ min: -32_767, max: 32_767 }),
        (highest, ahead) => {
          const index = highest + ahead;
          expect(estimateIndex(highest, index % 0x10000)).toBe(index);
        },
      ),
    );
  });

  it('is negative for what is older than the stream', () => {
    expect(estimateIndex(3, 65_000)).toBeLessThan(0);
  });

  it('counts as fresh once each, within 128', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }), (indexes) => {
        const window = new ReplayWindow();
        const accepted = new Set<number>();
        let highest = -1;
        for (const index of indexes) {
          const expected = index > highest - 128 && !accepted.has(index);
          expect(window.isFresh(index)).toBe(expected);
          if (!expected) continue;
          window.accept(index);
          accepted.add(index);
          highest = Math.max(highest, index);
        }
      }),
    );
  });
});
