import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { LegRtcp } from '../../../src/media/leg-rtcp.ts';
import { longestRtcp, writeRtcp } from '../../../src/media/rtp/rtcp.ts';
import { SrtpSession } from '../../../src/media/srtp/session.ts';
import { longestTrailer, masterLength, type SrtpSuite } from '../../../src/media/srtp/suite.ts';
import { manualClock } from '../../support/clock.ts';

const phone = { address: '192.0.2.7', port: 4_000 };
const [ours, theirs] = [11, 22];

/** A report of the phone: a quarter of what we send is lost. */
function report(): { readonly bytes: Buffer; readonly length: number } {
  const bytes = Buffer.alloc(longestRtcp + longestTrailer);
  const lost = { ssrc: ours, fractionLost: 64, lost: 5, highest: 9, jitter: 1 };
  const about = { ...lost, lastReport: 0, sinceLastReport: 0 };
  return { bytes, length: writeRtcp(bytes, { ssrc: theirs, sender: null, blocks: [about] }, 'phone') };
}

it.each(['AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const satisfies readonly SrtpSuite[])(
  'where SRTP was agreed on (%s), a report in clear, an altered one, a stranger’s and one that was there before change nothing',
  (suite) => {
    const key = (fill: number): Uint8Array => new Uint8Array(masterLength(suite)).fill(fill);
    const start = (ssrc: number) => ({ ssrc, index: 1, rtcpIndex: 0 });
    const session = new SrtpSession({ suite, local: key(1), remote: key(2) }, start(ours));
    const far = new SrtpSession({ suite, local: key(2), remote: key(1) }, start(theirs));
    const clock = manualClock();
    const socket = createSocket('udp4');
    const rtcp = new LegRtcp({
      ...{ clock, socket, randomInt: (n: number) => n >> 1, srtp: () => session },
      pinned: () => ({ ...phone, ssrc: theirs }),
      ssrc: () => ours,
    });
    const heardAtMs = rtcp.lastHeardMs;
    clock.advance(1_000);

    const clear = report();
    rtcp.receive(clear.bytes.subarray(0, clear.length), phone);
    const sealed = report();
    const length = far.protectRtcp(sealed.bytes, sealed.length);
    const authentic = sealed.bytes.subarray(0, length);
    const altered = Buffer.from(authentic);
    altered[12] = (altered[12] ?? 0) ^ 1;
    rtcp.receive(altered, phone);
    rtcp.receive(Buffer.from(authentic), { ...phone, address: '192.0.2.8' });
    expect([rtcp.farSide, rtcp.lastHeardMs]).toEqual([null, heardAtMs]);

    rtcp.receive(Buffer.from(authentic), phone);
    expect(rtcp.farSide).toMatchObject({ loss: 0.25 });
    const secondMs = rtcp.lastHeardMs;
    expect(secondMs).toBeGreaterThan(heardAtMs);
    clock.advance(1_000);
    rtcp.receive(Buffer.from(authentic), phone);
    expect(rtcp.lastHeardMs).toBe(secondMs);
    socket.close();
  },
);
