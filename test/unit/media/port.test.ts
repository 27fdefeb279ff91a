import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { bindRtpSocket, rangeTowards } from '../../../src/media/rtp/port.ts';

const range = (portMin: number, portMax: number) => ({ host: '127.0.0.1', portMin, portMax });

describe('RTP ports', () => {
  it('are the even ones of the range, each once, and then there are none', async () => {
    const sockets = [];
    const ports = [];
    for (let i = 0; i < 3; i++) {
      const bound = await bindRtpSocket(range(24_001, 24_006), (n) => (i * 7) % n);
      if (!bound.ok) throw new Error(bound.reason);
      sockets.push(bound.value);
      ports.push(bound.value.address().port);
    }
    expect(ports.sort()).toEqual([24_002, 24_004, 24_006]);
    expect(await bindRtpSocket(range(24_001, 24_006), () => 0)).toEqual({
      ok: false,
      reason: 'rtp-ports-exhausted',
    });
    for (const socket of sockets) socket.close();
  });

  it('are not taken from a stranger', async () => {
    const stranger = createSocket('udp4');
    await new Promise<void>((resolve) => stranger.bind(24_010, '127.0.0.1', resolve));
    const bound = await bindRtpSocket(range(24_010, 24_012), () => 0);
    expect(bound.ok && bound.value.address().port).toBe(24_012);
    if (bound.ok) bound.value.close();
    stranger.close();
  });

  it('need an address of this machine', async () => {
    expect(await bindRtpSocket({ ...range(24_020, 24_030), host: 'localhost' }, () => 0)).toMatchObject({
      ok: false,
    });
    expect(await bindRtpSocket({ ...range(24_020, 24_030), host: '192.0.2.1' }, () => 0)).toEqual({
      ok: false,
      reason: 'rtp-host-invalid',
    });
    expect(await bindRtpSocket(range(24_031, 24_031), () => 0)).toMatchObject({ ok: false });
  });
});

it('a leg is bound where its peer can be reached: by the family of the peer’s address', () => {
  const both = { host: '127.0.0.1', otherHost: '::1', portMin: 24_001, portMax: 24_006 };
  expect(rangeTowards(both, '2001:db8::1').host).toBe('::1');
  expect(rangeTowards(both, '192.0.2.1').host).toBe('127.0.0.1');
  expect(rangeTowards({ ...both, host: '::1', otherHost: '127.0.0.1' }, '192.0.2.1').host).toBe('127.0.0.1');
  const { otherHost: _, ...one } = both;
  expect(rangeTowards(one, '2001:db8::1').host).toBe('127.0.0.1');
});
