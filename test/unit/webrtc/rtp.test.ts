import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audioLevel, parseRtp, writeRtp } from '../../../src/webrtc/rtp.ts';

const header = { marker: true, payloadType: 111, sequence: 65535, timestamp: 0xfffffff0, ssrc: 0xdeadbeef };

describe('parseRtp', () => {
  it('reads back what writeRtp wrote', () => {
    const parsed = parseRtp(writeRtp(header, Buffer.from('opus')));
    expect(parsed).toEqual({ ok: true, value: { ...header, payload: Buffer.from('opus'), extension: null } });
  });

  it('strips CSRCs, extension and padding', () => {
    const packet = Buffer.from(
      'b26f0001000000020000000300000011000000' + '22' + 'bede000110850000' + 'aabb' + '000003',
      'hex',
    );
    const parsed = parseRtp(packet);
    expect(parsed.ok && parsed.value.payload.toString('hex')).toBe('aabb');
    expect(parsed.ok && audioLevel(parsed.value, 1)).toBe(5);
    expect(parsed.ok && audioLevel(parsed.value, 2)).toBeNull();
  });

  it.each([
    ['short', '80'],
    ['version', '406f00010000000200000003aa'],
    ['rtcp', '80c800010000000200000003aa'],
    ['extension', '906f00010000000200000003bede'],
    ['extension', '906f00010000000200000003bede0009aabbccdd'],
    ['short', '8f6f00010000000200000003aabb'],
    ['padding', 'a06f00010000000200000003aa00'],
    ['padding', 'a06f00010000000200000003aaff'],
  ])('refuses: %s', (reason, hex) => {
    expect(parseRtp(Buffer.from(hex, 'hex'))).toEqual({ ok: false, reason });
  });

  it('is total, and so is audioLevel', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 14 }), (bytes, id) => {
        const packet = Buffer.from(bytes);
        if (packet.length > 1) packet[0] = 0x90 | (packet[0]! & 0x2f);
        const parsed = parseRtp(packet);
        if (!parsed.ok) return;
        expect(parsed.value.payload.length).toBeLessThanOrEqual(packet.length - 12);
        audioLevel(parsed.value, id);
      }),
      { numRuns: 2000 },
    );
  });
});
