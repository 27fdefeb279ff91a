import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { stopWebrtc } from '../../src/webrtc/peer.ts';
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
  stopWebrtc();
});

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
});
