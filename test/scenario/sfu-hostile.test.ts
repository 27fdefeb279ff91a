import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  AddTrackRequest,
  DataPacket,
  LeaveRequest_Action,
  MuteTrackRequest,
  Ping,
  SessionDescription,
  SignalRequest,
  SignalResponse,
  SignalTarget,
  TrackType,
  TrickleRequest,
  UserPacket,
} from '@livekit/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { limits } from '../../src/sfu/limits.ts';
import { openPeer } from '../../src/webrtc/peer.ts';
import { parseRtp } from '../../src/webrtc/rtp.ts';
import { joinMeeting, until } from '../support/meeting-client.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

let sfu: RunningSfu;
beforeAll(async () => {
  sfu = await startSfu();
});
afterAll(async () => {
  await sfu.stop();
});

type Request = Extract<
  SignalRequest['message'],
  { case: 'offer' | 'answer' | 'trickle' | 'addTrack' | 'mute' | 'pingReq' }
>;

/** A bare signalling connection, for saying what a proper client would not. */
class RawClient {
  readonly socket: WebSocket;
  readonly answers: SignalResponse['message'][] = [];
  closed = false;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
    this.socket.on('message', (data) => {
      this.answers.push(SignalResponse.fromBinary(data as Buffer).message);
    });
  }

  say(message: Request): void {
    this.socket.send(new SignalRequest({ message }).toBinary());
  }

  got(kind: string): SignalResponse['message'] | undefined {
    return this.answers.find((answer) => answer.case === kind);
  }
}

async function raw(identity: string, query = ''): Promise<RawClient> {
  const client = new RawClient(`${sfu.url}/rtc?access_token=${await sfu.token(identity, 'hostile')}${query}`);
  await until(() => client.answers.length > 0 || client.closed, 'an answer');
  return client;
}

/** The SFU still serves others. */
async function isWell(): Promise<void> {
  const client = await joinMeeting({
    url: sfu.url,
    token: await sfu.token('well', randomBytes(4).toString('hex')),
  });
  await client.meeting.close();
  expect(sfu.child.process.exitCode).toBeNull();
}

const offer = (sdp: string): Request => ({
  case: 'offer',
  value: new SessionDescription({ type: 'offer', sdp, id: 1 }),
});

describe('what a hostile client says costs it its own connection and nobody else theirs', () => {
  it.each([
    ['text instead of protobuf', (c: RawClient) => c.socket.send('hello')],
    ['bytes that are no protobuf', (c: RawClient) => c.socket.send(Buffer.alloc(50, 0xff))],
    ['a message over the limit', (c: RawClient) => c.socket.send(Buffer.alloc(limits.signalBytes + 1))],
    ['an offer that is no SDP', (c: RawClient) => c.say(offer('nonsense'))],
    ['an empty offer', (c: RawClient) => c.say(offer(''))],
    [
      'an offer without ICE',
      (c: RawClient) => c.say(offer('v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n')),
    ],
    [
      'an answer that is no SDP',
      (c: RawClient) =>
        c.say({ case: 'answer', value: new SessionDescription({ type: 'answer', sdp: 'no', id: 1 }) }),
    ],
    [
      'more messages than anybody needs',
      (c: RawClient) => {
        for (let i = 0; i <= limits.signalBurst; i++) c.say({ case: 'trickle', value: new TrickleRequest() });
      },
    ],
  ])('%s', async (_name, attack) => {
    const client = await raw('mallory');
    expect(client.answers[0]?.case).toBe('join');
    attack(client);
    await until(() => client.closed, 'the connection is closed');
    await isWell();
  });

  it('candidates and kinds that mean nothing are ignored', async () => {
    const client = await raw('mallory');
    for (const candidateInit of ['', '{', '[]', '{"candidate":7}', '{"candidate":"x"}', 'x'.repeat(9_000)]) {
      client.say({ case: 'trickle', value: new TrickleRequest({ candidateInit }) });
    }
    client.socket.send(Buffer.from([0xf2, 0x3f, 0x00])); // a field number that no version has
    client.say({ case: 'mute', value: new MuteTrackRequest({ sid: 'TR_none', muted: true }) });
    client.say({ case: 'pingReq', value: new Ping({ timestamp: 5n }) });
    await until(() => client.got('pongResp') !== undefined, 'it still answers');
    client.socket.close();
  });

  it('tracks of another kind, and more than the limit, are refused by name', async () => {
    const client = await raw('mallory');
    client.say({ case: 'addTrack', value: new AddTrackRequest({ cid: 'v', type: TrackType.VIDEO }) });
    for (let i = 0; i <= limits.tracksPerParticipant; i++) {
      client.say({ case: 'addTrack', value: new AddTrackRequest({ cid: `a${i}`, type: TrackType.AUDIO }) });
    }
    await until(
      () => client.answers.filter((a) => a.case === 'requestResponse').length === 2,
      'two refusals',
    );
    expect(client.answers.filter((a) => a.case === 'trackPublished')).toHaveLength(
      limits.tracksPerParticipant,
    );
    client.socket.close();
  });

  it('a client that wants to resume is asked to join anew', async () => {
    const client = await raw('mallory', '&reconnect=1&sid=PA_x');
    await until(() => client.closed, 'closed');
    const leave = client.got('leave');
    expect(leave?.case === 'leave' && leave.value.action).toBe(LeaveRequest_Action.RECONNECT);
  });

  it('a room takes no more participants than its limit', async () => {
    const room = 'crowded';
    const clients: RawClient[] = [];
    for (let i = 0; i <= limits.participantsPerRoom; i++) {
      clients.push(new RawClient(`${sfu.url}/rtc?access_token=${await sfu.token(`p${i}`, room)}`));
    }
    await until(() => clients.every((c) => c.answers.length > 0), 'all are answered', 30_000);
    const refused = clients.filter((c) => c.answers[0]?.case === 'leave');
    expect(refused).toHaveLength(1);
    for (const client of clients) client.socket.close();
    await isWell();
  });

  it('data that is too long, malformed, or in a server’s name is not passed on', async () => {
    const room = 'data';
    const bob = await joinMeeting({ url: sfu.url, token: await sfu.token('bob', room) });
    const mallory = new RawClient(`${sfu.url}/rtc?access_token=${await sfu.token('mallory', room)}`);
    await until(() => mallory.got('join') !== undefined, 'joined');
    const peer = openPeer(
      { name: 'mallory', role: 'offers', bindAddress: '127.0.0.1', maxMessageSize: 262_144 },
      {
        onCandidate: ({ candidate, mid }) =>
          mallory.say({
            case: 'trickle',
            value: new TrickleRequest({
              candidateInit: JSON.stringify({ candidate, sdpMid: mid }),
              target: SignalTarget.PUBLISHER,
            }),
          }),
        onState: () => undefined,
        onChannelOpen: () => undefined,
        onMessage: () => undefined,
      },
    );
    if (!peer.ok) throw new Error(peer.reason);
    peer.value.createChannel('_reliable', 'reliable');
    peer.value.createChannel('other', 'reliable');
    const sdp = peer.value.offer();
    mallory.say(offer(sdp.ok ? sdp.value : ''));
    await until(() => mallory.got('answer') !== undefined, 'an answer');
    const answer = mallory.got('answer');
    if (answer?.case === 'answer') peer.value.acceptAnswer(answer.value.sdp);
    for (const trickle of mallory.answers) {
      if (trickle.case !== 'trickle' || trickle.value.target !== SignalTarget.PUBLISHER) continue;
      const { candidate, sdpMid } = JSON.parse(trickle.value.candidateInit) as {
        candidate: string;
        sdpMid: string;
      };
      peer.value.addCandidate({ candidate, mid: sdpMid });
    }
    await until(
      () => peer.value.channelOpen('_reliable') && peer.value.channelOpen('other'),
      'channels are open',
    );
    const user = (text: string, identity: string): Uint8Array =>
      new DataPacket({
        participantIdentity: identity,
        value: { case: 'user', value: new UserPacket({ payload: Buffer.from(text), topic: 't' }) },
      }).toBinary();
    peer.value.send('_reliable', Buffer.alloc(40, 0xff));
    peer.value.send('_reliable', new DataPacket({ value: { case: 'speaker', value: {} } }).toBinary());
    peer.value.send('other', user('another channel', 'mallory'));
    peer.value.send('_reliable', user('i am the host', 'host'));
    await until(() => bob.data.length > 0, 'the proper packet arrives');
    expect(bob.data).toEqual([{ from: 'mallory', topic: 't', text: 'i am the host' }]);
    peer.value.close();
    mallory.socket.close();
    await bob.meeting.close();
  });
});

describe('HTTP', () => {
  it.each([
    ['GET', '/', 200],
    ['GET', '/rtc/validate', 401],
    ['GET', '/rtc/validate?access_token=x.y.z', 401],
    ['GET', '/rtc/v1/validate', 404],
    ['GET', '/rtc/v1', 404],
    ['GET', '/twirp/livekit.RoomService/ListRooms', 404],
    ['POST', '/rtc/validate', 405],
    ['OPTIONS', '/rtc/validate', 204],
  ])('%s %s is %i', async (method, path, status) => {
    const response = await fetch(sfu.httpUrl + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('/rtc/validate says yes to a good token', async () => {
    const response = await fetch(`${sfu.httpUrl}/rtc/validate?access_token=${await sfu.token('alice')}`);
    expect([response.status, await response.text()]).toEqual([200, 'success']);
  });

  it.each([
    'GET /rtc HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    '\0\0\0\r\n\r\n',
    'GET //[ HTTP/1.1\r\nhost: x\r\n\r\n',
  ])('a broken request %j is closed', async (request) => {
    const socket = connect(sfu.child.info.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(request);
    socket.setTimeout(1_000, () => socket.end());
    await once(socket, 'close');
    await isWell();
  });
});

it('the tap copies every packet as published, and a key opens it', async () => {
  const ear = createSocket('udp4');
  ear.bind(0, '127.0.0.1');
  await once(ear, 'listening');
  const packets: Buffer[] = [];
  ear.on('message', (message) => packets.push(message));
  const own = await startSfu({ tap: { host: '127.0.0.1', port: ear.address().port } });
  const alice = await joinMeeting({ url: own.url, token: await own.token('alice') });
  const ring = new KeyRing();
  const key = createHash('sha256').update('a key').digest();
  await ring.setKey('alice', 1, key);
  const track = await alice.meeting.publish('leg-1');
  const opus = Buffer.concat([Buffer.from([0x78]), randomBytes(50)]);
  const sealer = ring.sealer('alice');
  await until(() => {
    track.send(sealer.seal(opus)!, 960, false);
    return packets.length > 0;
  }, 'a packet at the tap');
  const packet = packets[0]!;
  const identityLength = packet.readUInt8(0);
  const sidAt = 2 + identityLength;
  const sidLength = packet.readUInt8(1 + identityLength);
  expect(packet.toString('utf8', 1, 1 + identityLength)).toBe('alice');
  expect(packet.toString('utf8', sidAt, sidAt + sidLength)).toBe(track.sid);
  const rtp = parseRtp(packet.subarray(sidAt + sidLength));
  const opened = rtp.ok ? ring.open('alice', rtp.value.payload) : rtp;
  expect(opened.ok && opened.value.equals(opus)).toBe(true);
  await alice.meeting.close();
  await own.stop();
  ear.close();
});

it('starts only with a tap on loopback and a free port, and says which setting is wrong', async () => {
  await expect(startSfu({ tap: { host: '192.0.2.1', port: 9 } })).rejects.toMatchObject({
    code: 'config-invalid',
  });
  await expect(startSfu({ port: sfu.child.info.port })).rejects.toMatchObject({ code: 'port-busy' });
});
