import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import type { LocalTrack } from '../../src/meeting/meeting.ts';
import { joinMeeting, until, type TestClient } from '../support/meeting-client.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

let sfu: RunningSfu;
const clients: TestClient[] = [];
const opus = (n: number): Buffer => Buffer.concat([Buffer.from([0x78, n & 0xff]), randomBytes(60)]);

async function join(identity: string, room = 'room'): Promise<TestClient> {
  const client = await joinMeeting({
    url: sfu.url,
    token: await sfu.token(identity, room, { name: identity.toUpperCase() }),
  });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  sfu = await startSfu();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.meeting.close();
});
afterAll(async () => {
  await sfu.stop();
});

/** Sends frames on these tracks, 20 ms apart, until stopped. The frame's second byte is the last digit of the name. */
function pump(tracks: readonly LocalTrack[]): () => void {
  const timer = setInterval(() => {
    for (const track of tracks) track.send(opus(Number(/\d+$/.exec(track.name)?.[0] ?? 0)), 960, false);
  }, 20);
  return () => clearInterval(timer);
}

describe('two clients of ours through the embedded SFU', () => {
  it('exchange sealed frames: what was sealed comes out, in order, at the other side only', async () => {
    const [alice, bob] = [await join('alice'), await join('bob')];
    const key = randomBytes(32);
    const [ringA, ringB] = [new KeyRing(), new KeyRing()];
    await ringA.setKey('alice', 3, key);
    await ringB.setKey('alice', 3, key);
    const track = await alice.meeting.publish('leg-1');
    await until(() => bob.tracks.length === 1, 'bob is told of the track');
    expect(bob.tracks[0]).toEqual({
      sid: track.sid,
      identity: 'alice',
      name: 'leg-1',
      flaggedEncrypted: true,
    });
    const sealer = ringA.sealer('alice');
    const sent: Buffer[] = [];
    await until(() => track.send(sealer.seal(opus(0))!, 960, true), 'the track can send');
    await until(() => bob.frames.length > 0, 'the first frame');
    bob.frames.length = 0;
    for (let i = 0; i < 50; i++) {
      const frame = opus(i);
      sent.push(frame);
      expect(track.send(sealer.seal(frame)!, 960, false)).toBe(true);
    }
    await until(() => bob.frames.length >= 50, 'all frames');
    const opened = bob.frames.map(({ frame }) => ringB.open('alice', frame));
    expect(opened.map((result) => result.ok && result.value.toString('hex'))).toEqual(
      sent.map((frame) => frame.toString('hex')),
    );
    expect(alice.frames).toHaveLength(0);
  });

  it('exchange data, to all and to named participants, with the sender named by the server', async () => {
    const [alice, bob, carol] = [await join('alice'), await join('bob'), await join('carol')];
    alice.meeting.sendData('latchkey', Buffer.from('to all'));
    bob.meeting.sendData('latchkey', Buffer.from('to carol'), ['carol']);
    await until(() => carol.data.length === 2 && bob.data.length === 1, 'data arrives');
    expect(bob.data).toEqual([{ from: 'alice', topic: 'latchkey', text: 'to all' }]);
    expect(carol.data).toContainEqual({ from: 'bob', topic: 'latchkey', text: 'to carol' });
    expect(alice.data).toEqual([]);
    const big = Buffer.alloc(15_000, 'x');
    alice.meeting.sendData('big', big, ['bob']);
    await until(() => bob.data.length === 2, 'the largest packet');
    expect(bob.data[1]?.text).toBe(big.toString());
    expect(() => alice.meeting.sendData('big', Buffer.alloc(15_001))).toThrow(RangeError);
  });

  it('who does not listen gets no frames of present and new tracks, and all of them at once when listening', async () => {
    const alice = await join('alice');
    const tracks = [await alice.meeting.publish('leg-1')];
    const stop = pump(tracks);
    const address = { url: sfu.url, token: await sfu.token('bob', 'room') };
    const bob = await joinMeeting(address, undefined, { listening: false });
    clients.push(bob);
    tracks.push(await alice.meeting.publish('leg-2'));
    await until(() => bob.tracks.length === 2, 'both tracks are announced');
    const carol = await join('carol');
    const heardBy = (client: TestClient): number =>
      new Set(client.frames.map(({ track }) => track.name)).size;
    await until(() => heardBy(carol) === 2, 'somebody else hears both');
    // What was on its way when he said so has come by now.
    const sofar = [bob.frames.length, carol.frames.length];
    await until(() => carol.frames.length > sofar[1]! + 50, 'half a second of both');
    expect(bob.frames.length).toBe(sofar[0]);
    bob.meeting.listen(true);
    await until(() => heardBy(bob) === 2 && bob.frames.length > sofar[0]! + 20, 'both are heard');
    bob.meeting.listen(false);
    await until(() => carol.frames.length > sofar[1]! + 150, 'they go on');
    const silentFrom = bob.frames.length;
    await until(() => carol.frames.length > sofar[1]! + 200, 'and on');
    expect(bob.frames.length).toBe(silentFrom);
    stop();
  });

  it('a late joiner gets the tracks that are there, and every track is heard under its own name', async () => {
    const alice = await join('alice');
    const names = ['leg-1', 'leg-2', 'leg-3'];
    const published = await Promise.all(names.map((name) => alice.meeting.publish(name)));
    const stop = pump(published);
    const bob = await join('bob');
    await until(
      () => new Set(bob.frames.map(({ track }) => track.name)).size === 3,
      'three tracks are heard',
    );
    // Each frame carries its track's number: nothing is mixed up on the way.
    for (const { track, frame } of bob.frames) expect(`leg-${frame.readUInt8(1)}`).toBe(track.name);
    expect(bob.meeting.participants()).toEqual([{ identity: 'alice', name: 'ALICE' }]);
    stop();
  });

  it('unpublishing and publishing again reuses the line, and nothing of the old track is left', async () => {
    const [alice, bob] = [await join('alice'), await join('bob')];
    for (let round = 1; round <= 5; round++) {
      const track = await alice.meeting.publish(`round-${round}`);
      const stop = pump([track]);
      await until(() => bob.frames.some((f) => f.track.name === `round-${round}`), `round ${round} is heard`);
      stop();
      await alice.meeting.unpublish(track);
      await until(() => bob.tracks.length === 0, `round ${round} has ended`);
      expect(track.send(opus(1), 960, false)).toBe(false);
    }
    expect(bob.log.filter((line) => line.includes('track'))).toEqual(
      [1, 2, 3, 4, 5].flatMap((n) => [`+track round-${n}`, `-track round-${n}`]),
    );
  });

  it('leaving ends the tracks first, then the participant, for everybody else', async () => {
    const [alice, bob] = [await join('alice'), await join('bob')];
    await alice.meeting.publish('leg-1');
    await until(() => bob.tracks.length === 1, 'the track is there');
    await alice.meeting.close();
    await until(() => bob.log.includes('-alice'), 'alice has left');
    expect(bob.log).toEqual(['+alice', '+track leg-1', '-track leg-1', '-alice']);
    expect(bob.meeting.participants()).toEqual([]);
    expect(alice.log.filter((line) => line.startsWith('closed'))).toEqual([]);
  });

  it('a second life of one identity puts the first one out', async () => {
    const [first, bob] = [await join('alice'), await join('bob')];
    await join('alice');
    await until(() => first.log.includes('closed server-duplicate-identity'), 'the first one is told');
    await until(() => bob.log.filter((line) => line === '+alice').length === 2, 'bob sees the second one');
    expect(bob.meeting.participants().map((p) => p.identity)).toEqual(['alice']);
  });

  it('rooms are apart: neither tracks nor data nor presence cross', async () => {
    const [alice, bob, carol] = [await join('alice'), await join('bob', 'other room'), await join('carol')];
    const stop = pump([await alice.meeting.publish('leg-1')]);
    alice.meeting.sendData('latchkey', Buffer.from('hello'));
    alice.meeting.sendData('latchkey', Buffer.from('hello bob'), ['bob']);
    await until(() => carol.frames.length > 0 && carol.data.length === 1, 'carol hears');
    expect(bob.log).toEqual([]);
    expect(bob.data).toEqual([]);
    expect(bob.frames).toEqual([]);
    stop();
  });

  it('the timestamp goes on through a pause', async () => {
    const [alice, bob] = [await join('alice'), await join('bob')];
    const track = await alice.meeting.publish('leg-1');
    const stop = pump([track]);
    await until(() => bob.frames.length > 3, 'frames without a pause');
    stop();
    await until(() => false, 'a pause', 200).catch(() => undefined);
    const count = bob.frames.length;
    track.send(opus(1), 960, true);
    await until(() => bob.frames.length === count + 1, 'the frame after the pause');
    const [last, next] = bob.frames.slice(-2);
    const gapMs = ((next!.timestamp - last!.timestamp) >>> 0) / 48;
    expect(gapMs).toBeGreaterThanOrEqual(180);
    expect(gapMs).toBeLessThan(2_000);
    expect(next!.sequence).toBe((last!.sequence + 1) & 0xffff);
  });

  it('forty tracks of one bridge all arrive', async () => {
    const [alice, bob] = [await join('alice'), await join('bob')];
    const published = await Promise.all(
      Array.from({ length: 40 }, (_, i) => alice.meeting.publish(`leg-${i}`)),
    );
    const stop = pump(published);
    await until(() => new Set(bob.frames.map(({ track }) => track.sid)).size === 40, 'forty tracks', 20_000);
    stop();
    await Promise.all(published.map((track) => alice.meeting.unpublish(track)));
    await until(() => bob.tracks.length === 0, 'all have ended');
  });

  it('one UDP port can carry everybody', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const rtcPort = socket.address().port;
    await expect(startSfu({ rtcPort })).rejects.toMatchObject({ code: 'port-busy' });
    socket.close();
    await once(socket, 'close');
    const own = await startSfu({ rtcPort });
    const parties = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => joinMeeting({ url: own.url, token: await own.token(name) })),
    );
    const tracks = await Promise.all(parties.map((party, i) => party.meeting.publish(`leg-${i}`)));
    const stop = pump(tracks);
    await until(
      () => parties.every((party) => new Set(party.frames.map(({ track }) => track.sid)).size === 2),
      'everybody hears the two others',
    );
    stop();
    for (const party of parties) await party.meeting.close();
    await own.stop();
  });

  it('a server that ends is reported once', async () => {
    const own = await startSfu();
    const client = await joinMeeting({ url: own.url, token: await own.token('alice') });
    await own.stop();
    await until(() => client.log.length > 0, 'the end is reported');
    expect(client.log).toEqual(['closed server-server-shutdown']);
    await expect(client.meeting.publish('leg-1')).rejects.toMatchObject({ code: 'meeting-unreachable' });
    client.meeting.sendData('latchkey', Buffer.from('nobody hears this'));
    await client.meeting.close();
    expect(client.log).toHaveLength(1);
  });
});

describe('joining fails with a named reason', () => {
  it.each([
    [
      'a token of another secret',
      () => sfu.token('x', 'room', { apiSecret: 'not the secret, but just as long as it' }),
      /http-401/,
    ],
    ['a token of another key', () => sfu.token('x', 'room', { apiKey: 'other' }), /http-401/],
    ['an expired token', () => sfu.token('x', 'room', { ttlSeconds: -60 }), /http-401/],
    ['a token for no room', () => sfu.token('x', ''), /http-403/],
    ['no token', () => Promise.resolve('nonsense'), /http-401/],
  ])('%s', async (_name, token, message) => {
    const joining = joinMeeting({ url: sfu.url, token: await token() });
    await expect(joining).rejects.toMatchObject({ code: 'meeting-unreachable', message });
  });

  it('a server that is not there, and an address that is none', async () => {
    await expect(joinMeeting({ url: 'ws://127.0.0.1:1', token: 'x' })).rejects.toThrow(/unreachable/);
    await expect(joinMeeting({ url: 'http://127.0.0.1:1', token: 'x' })).rejects.toThrow(/address/);
    await expect(joinMeeting({ url: 'nonsense', token: 'x' })).rejects.toThrow(/address/);
  });
});
