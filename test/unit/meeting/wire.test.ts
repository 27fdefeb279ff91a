import { DataPacket, EncryptedPacket, ICEServer, UserPacket } from '@livekit/protocol';
import fc from 'fast-check';
import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { parseData, writeData } from '../../../src/meeting/livekit/data.ts';
import { iceServers } from '../../../src/meeting/livekit/ice-servers.ts';
import { OutgoingTrack } from '../../../src/meeting/livekit/outgoing-track.ts';
import { isServerSilence } from '../../../src/meeting/livekit/receiver.ts';
import { parseServerMessage } from '../../../src/meeting/livekit/signal-link.ts';
import { livekitToken } from '../../../src/meeting/livekit/token.ts';
import { candidateInit, parseCandidate } from '../../../src/webrtc/candidate.ts';
import { parseRtp } from '../../../src/webrtc/rtp.ts';

const handClock = (): Clock & { now: number } => {
  const clock = {
    now: 1_000_000,
    wallMs: () => clock.now,
    monoMs: () => clock.now,
    after: () => ({ cancel: () => undefined }),
  };
  return clock;
};

describe('data packets', () => {
  it('carry topic, payload and destinations; who sent it is what the server stamps', () => {
    const bytes = writeData({ topic: 'latchkey', payload: Buffer.from('hi'), to: ['bob'], sequence: 3 });
    const packet = DataPacket.fromBinary(bytes);
    expect(packet.destinationIdentities).toEqual(['bob']);
    expect(parseData(bytes)).toBeNull(); // not stamped: it did not come from a server
    packet.participantIdentity = 'alice';
    packet.participantSid = 'PA_a';
    expect(parseData(packet.toBinary())).toEqual({
      from: 'alice',
      fromSid: 'PA_a',
      topic: 'latchkey',
      payload: new Uint8Array(Buffer.from('hi')),
      sequence: 3,
    });
  });

  it('of other kinds, and whatever else comes, are no data', () => {
    const encrypted = new DataPacket({
      participantIdentity: 'a',
      value: { case: 'encryptedPacket', value: new EncryptedPacket() },
    });
    expect(parseData(encrypted.toBinary())).toBeNull();
    const noTopic = new DataPacket({
      participantIdentity: 'a',
      value: { case: 'user', value: new UserPacket() },
    });
    expect(parseData(noTopic.toBinary())?.topic).toBe('');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseData(bytes)));
  });
});

it('silence that the server made is known by its trailer, and only where there is one', () => {
  const trailer = Buffer.from('trailer');
  expect(isServerSilence(Buffer.from('opus silencetrailer'), trailer)).toBe(true);
  expect(isServerSilence(Buffer.from('opus silencetraileR'), trailer)).toBe(false);
  expect(isServerSilence(Buffer.from('ailer'), trailer)).toBe(false);
  expect(isServerSilence(Buffer.from('anything'), Buffer.alloc(0))).toBe(false);
});

it('server messages parse or do not, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseServerMessage(bytes)));
  expect(parseServerMessage(Buffer.alloc(9, 0xff))).toBeNull();
});

it('candidates cross, and nothing else is one', () => {
  const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', mid: 'a0' };
  expect(parseCandidate(candidateInit(candidate))).toEqual(candidate);
  for (const bad of [
    '',
    'null',
    '7',
    '{}',
    '{"candidate":""}',
    '{"candidate":1}',
    `"${'x'.repeat(5_000)}"`,
  ]) {
    expect(parseCandidate(bad)).toBeNull();
  }
  fc.assert(fc.property(fc.string(), (text) => void parseCandidate(text)));
});

it('only servers that libdatachannel can use are kept', () => {
  const server = (...urls: string[]): ICEServer => new ICEServer({ urls, username: 'u', credential: 'c' });
  expect(
    iceServers([
      server('stun:stun.example:3479', 'stun:[::1]'),
      server(
        'turn:turn.example:5349?transport=tcp',
        'turns:turn.example:443',
        'turn:turn.example?transport=udp',
      ),
      server('http://example', 'turn:a b:1', ''),
    ]),
  ).toEqual([
    { hostname: 'stun.example', port: 3479 },
    { hostname: 'turn.example', port: 3478, username: 'u', password: 'c', relayType: 'TurnUdp' },
  ]);
});

describe('an outgoing track', () => {
  it('numbers packets on, and lets the timestamp go on through a pause in whole frames', () => {
    const clock = handClock();
    const sent: Buffer[] = [];
    const line = { send: (packet: Buffer) => sent.push(packet) > 0 };
    const track = new OutgoingTrack({ sid: 's', name: 'n', ssrc: 7, line, clock });
    const send = (marker: boolean, atMs: number): void => {
      clock.now += atMs;
      track.send(Buffer.from('f'), 960, marker);
    };
    send(true, 0);
    send(false, 20);
    send(false, 25); // late, but no pause
    send(true, 1_015); // 49 frames and three quarters were missing
    const packets = sent.map((packet) => parseRtp(packet));
    const times = packets.map((p) => (p.ok ? p.value.timestamp : NaN));
    expect(times.map((t) => (t - times[0]!) >>> 0)).toEqual([0, 960, 1920, (3 + 49) * 960]);
    const numbers = packets.map((p) =>
      p.ok ? (p.value.sequence - (packets[0]!.ok ? packets[0]!.value.sequence : 0)) & 0xffff : NaN,
    );
    expect(numbers).toEqual([0, 1, 2, 3]);
    expect(packets.map((p) => p.ok && p.value.marker)).toEqual([true, false, false, true]);
  });
});

it('a token names its bearer, its room and its end', async () => {
  const clock = handClock();
  clock.now = Date.now();
  const secret = 'a secret of at least thirty-two bytes!!';
  const token = await livekitToken(
    {
      apiKey: 'k',
      apiSecret: secret,
      room: 'r',
      identity: 'p-1',
      name: 'Ann',
      ttlSeconds: 60,
      canPublish: false,
    },
    clock,
  );
  const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
    issuer: 'k',
    algorithms: ['HS256'],
  });
  expect(payload).toEqual(decodeJwt(token));
  expect(payload).toMatchObject({
    sub: 'p-1',
    name: 'Ann',
    video: { room: 'r', roomJoin: true, canPublish: false, canSubscribe: true, canPublishData: true },
  });
  expect(payload.exp! - payload.iat!).toBe(60);
});
