import { once } from 'node:events';
import {
  DisconnectReason,
  JoinResponse,
  LeaveRequest,
  ParticipantInfo,
  SessionDescription,
  SignalRequest,
  SignalResponse,
} from '@livekit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { joinLiveKit } from '../../../src/meeting/livekit/join.ts';
import type { Meeting, MeetingEvents } from '../../../src/meeting/meeting.ts';

/** Real time, a hundred times as fast. */
const fastClock: Clock = {
  wallMs: () => systemClock.wallMs(),
  monoMs: () => systemClock.monoMs() * 100,
  after: (ms, fn) => systemClock.after(ms / 100, fn),
};

let server: WebSocketServer;
let url: string;
let headers: Record<string, unknown>;
let path: string;
let serve: (socket: WebSocket) => void;

beforeEach(async () => {
  serve = () => undefined;
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, request) => {
    headers = request.headers;
    path = request.url ?? '';
    socket.on('error', () => undefined);
    serve(socket);
  });
  await once(server, 'listening');
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

const silent: MeetingEvents = {
  onParticipantJoined: () => undefined,
  onParticipantLeft: () => undefined,
  onTrack: () => undefined,
  onTrackEnded: () => undefined,
  onFrame: () => undefined,
  onData: () => undefined,
  onClosed: () => undefined,
};

function join(events: Partial<MeetingEvents> = {}, clock: Clock = fastClock): Promise<Meeting> {
  const options = { clock, log: createLog('test', 'silent'), encrypted: true };
  return joinLiveKit(
    { url, token: 'the-token', bindAddress: '127.0.0.1' },
    { ...silent, ...events },
    options,
  );
}

const say = (socket: WebSocket, message: SignalResponse['message']): void =>
  socket.send(new SignalResponse({ message }).toBinary());

const joinResponse = (others: ParticipantInfo[] = []): SignalResponse['message'] => ({
  case: 'join',
  value: new JoinResponse({
    participant: new ParticipantInfo({ sid: 'PA_me', identity: 'me' }),
    otherParticipants: others,
    pingInterval: 5,
    pingTimeout: 15,
  }),
});

describe('a meeting server that does not behave', () => {
  it.each<[string, (socket: WebSocket) => void, RegExp]>([
    ['says nothing', () => undefined, /join-timeout/],
    ['closes at once', (s) => s.close(), /signal-closed/],
    ['resets the connection', (s) => s.terminate(), /signal-closed/],
    ['sends text', (s) => s.send('hello'), /server-malformed/],
    ['sends bytes that are no protobuf', (s) => s.send(Buffer.alloc(60, 0xff)), /server-malformed/],
    ['sends more than a message may hold', (s) => s.send(Buffer.alloc(2_000_000)), /unreachable/],
    ['joins nobody', (s) => say(s, { case: 'join', value: new JoinResponse() }), /server-malformed/],
    [
      'refuses',
      (s) => say(s, { case: 'leave', value: new LeaveRequest({ reason: DisconnectReason.JOIN_FAILURE }) }),
      /server-join-failure/,
    ],
    [
      'refuses for an unknown reason',
      (s) => say(s, { case: 'leave', value: LeaveRequest.fromBinary(Buffer.from([0x10, 99])) }),
      /server-unknown/,
    ],
    [
      'offers nonsense',
      (s) => {
        say(s, joinResponse());
        say(s, { case: 'offer', value: new SessionDescription({ type: 'offer', sdp: 'nonsense', id: 1 }) });
      },
      /offer-refused-by-webrtc/,
    ],
    [
      'answers nonsense',
      (s) => {
        say(s, joinResponse());
        s.on('message', (data) => {
          const { message } = SignalRequest.fromBinary(data as Buffer);
          if (message.case !== 'offer') return;
          say(s, {
            case: 'answer',
            value: new SessionDescription({ type: 'answer', sdp: 'x', id: message.value.id }),
          });
        });
      },
      /answer-refused-by-webrtc/,
    ],
    ['joins, then is silent', (s) => say(s, joinResponse()), /ping-timeout/],
  ])('%s', async (_name, behaviour, reason) => {
    serve = behaviour;
    await expect(join()).rejects.toMatchObject({ code: 'meeting-unreachable', message: reason });
  });

  it('cannot fill the memory with participants, nor name one after its limit', async () => {
    const crowd = Array.from(
      { length: 3_000 },
      (_, i) => new ParticipantInfo({ sid: `PA_${i}`, identity: `p${i}` }),
    );
    const long = new ParticipantInfo({ sid: 'PA_long', identity: 'x'.repeat(1_000) });
    const joined: string[] = [];
    serve = (socket) => say(socket, joinResponse([long, new ParticipantInfo({ sid: 'PA_none' }), ...crowd]));
    // The crowd has to be read before the time for joining is over, on a busy machine too.
    const clock: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms / 5, fn) };
    const onParticipantJoined: MeetingEvents['onParticipantJoined'] = ({ identity }) => joined.push(identity);
    await expect(join({ onParticipantJoined }, clock)).rejects.toThrow();
    expect(joined).toHaveLength(1_000);
    expect(joined[0]).toBe('p0');
  });

  it('gets the token in a header and nowhere in the address', async () => {
    serve = (socket) => socket.close();
    await expect(join()).rejects.toThrow();
    expect(headers['authorization']).toBe('Bearer the-token');
    expect(path).toMatch(/^\/rtc\?/);
    expect(path).not.toContain('token');
  });
});
