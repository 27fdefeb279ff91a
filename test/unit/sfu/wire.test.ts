import { DataPacket, SignalRequest, UserPacket } from '@livekit/protocol';
import fc from 'fast-check';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { accessVerifier, readAttributes, tokenRefresher } from '../../../src/sfu/access.ts';
import { relayedData } from '../../../src/sfu/data.ts';
import { limits } from '../../../src/sfu/limits.ts';
import { parseSignal } from '../../../src/sfu/signal.ts';
import { nextSpeakerState } from '../../../src/sfu/speakers.ts';
import { tapDatagram } from '../../../src/sfu/tap.ts';

const key = { apiKey: 'key', apiSecret: 'a secret of at least thirty-two bytes!!', clock: systemClock };
const verify = accessVerifier(key);

function token(claims: Record<string, unknown>, secret = key.apiSecret): Promise<string> {
  const body = { sub: 'alice', iss: 'key', video: { room: 'r', roomJoin: true }, ...claims };
  const jwt = new SignJWT(body).setProtectedHeader({ alg: 'HS256' });
  if (!('exp' in claims)) jwt.setExpirationTime('1m');
  return jwt.sign(new TextEncoder().encode(secret));
}

describe('access', () => {
  it('grants what the token grants', async () => {
    const access = await verify(await token({ name: 'Alice', metadata: 'm', attributes: { a: 'b' } }));
    expect(access.ok && { ...access.value, attributes: { ...access.value.attributes } }).toEqual({
      identity: 'alice',
      name: 'Alice',
      metadata: 'm',
      attributes: { a: 'b' },
      room: 'r',
      canPublish: true,
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: false,
    });
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['another secret', () => token({}, 'another secret of thirty-two bytes or more'), 'invalid-token'],
    ['another issuer', () => token({ iss: 'other' }), 'invalid-token'],
    ['expired', () => token({ exp: 1 }), 'invalid-token'],
    ['not yet valid', () => token({ nbf: 4_000_000_000 }), 'invalid-token'],
    ['no expiry', () => token({ exp: undefined }), 'invalid-token'],
    [
      'unsigned',
      () => new UnsecuredJWT({ sub: 'a', iss: 'key', exp: 4_000_000_000 }).encode(),
      'invalid-token',
    ],
    ['no token', () => '', 'invalid-token'],
    ['no identity', () => token({ sub: '' }), 'not-allowed'],
    [
      'an identity that is too long',
      () => token({ sub: 'x'.repeat(limits.identityLength + 1) }),
      'invalid-token',
    ],
    ['a name that is no text', () => token({ name: 7 }), 'invalid-token'],
    ['attributes that are no text', () => token({ attributes: { a: 1 } }), 'invalid-token'],
    ['no room', () => token({ video: { roomJoin: true } }), 'not-allowed'],
    ['no right to join', () => token({ video: { room: 'r' } }), 'not-allowed'],
    ['a grant that is none', () => token({ video: 'yes' }), 'not-allowed'],
  ])('refuses: %s', async (_name, make, reason) => {
    expect(await verify(await make())).toEqual({ ok: false, reason });
  });

  it('a renewed token grants the same', async () => {
    const first = await verify(
      await token({ name: 'Alice', video: { room: 'r', roomJoin: true, canPublish: false } }),
    );
    if (!first.ok) throw new Error(first.reason);
    expect(await verify(await tokenRefresher(key)(first.value))).toEqual(first);
  });

  it('attributes are bounded in number and length', () => {
    expect(readAttributes(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, ''])))).toBeNull();
    expect(readAttributes({ a: 'x'.repeat(limits.attributesLength) })).toBeNull();
    expect(readAttributes([])).toBeNull();
    expect(readAttributes(JSON.parse('{"__proto__":"x"}'))).not.toBeNull();
  });
});

describe('relayed data', () => {
  const sender = { sid: 'PA_a', identity: 'alice' };
  const user = (packet: Partial<DataPacket> = {}, inner: Partial<UserPacket> = {}): Buffer => {
    const payload = { case: 'user' as const, value: new UserPacket({ payload: Buffer.from('x'), ...inner }) };
    return Buffer.from(new DataPacket({ ...packet, value: payload }).toBinary());
  };

  it('names the sender itself, whatever the packet says, in both places that clients read', () => {
    const claimed = { participantIdentity: 'host', participantSid: 'PA_host' };
    const relayed = relayedData(sender, '_reliable', user(claimed, claimed));
    const packet = DataPacket.fromBinary(relayed.ok ? relayed.value.bytes : Buffer.alloc(0));
    expect([packet.participantIdentity, packet.participantSid]).toEqual(['alice', 'PA_a']);
    const inner = packet.value.case === 'user' ? packet.value.value.toJson() : null;
    expect(inner).toMatchObject({ participantIdentity: 'alice', participantSid: 'PA_a' });
  });

  it('goes to whom either list names', () => {
    const outer = relayedData(sender, '_lossy', user({ destinationIdentities: ['bob'] }));
    const inner = relayedData(sender, '_lossy', user({}, { destinationIdentities: ['carol'] }));
    const all = relayedData(sender, '_lossy', user());
    expect([outer, inner, all].map((r) => r.ok && [...r.value.to])).toEqual([['bob'], ['carol'], []]);
  });

  it('is refused by name', () => {
    const many = Array.from({ length: limits.dataDestinations + 1 }, (_, i) => `p${i}`);
    const cases: [string, Buffer, string][] = [
      ['_other', user(), 'unknown-channel'],
      ['_reliable', Buffer.alloc(limits.dataMessageBytes + 1), 'too-long'],
      ['_reliable', Buffer.alloc(9, 0xff), 'malformed'],
      ['_reliable', user({ destinationIdentities: many }), 'too-many-destinations'],
      [
        '_reliable',
        Buffer.from(new DataPacket({ value: { case: 'speaker', value: {} } }).toBinary()),
        'not-relayed',
      ],
    ];
    for (const [label, message, reason] of cases) {
      expect(relayedData(sender, label, message)).toEqual({ ok: false, reason });
    }
  });

  it('is total', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        (b) => void relayedData(sender, '_reliable', Buffer.from(b)),
      ),
    );
  });
});

it('signals parse or do not, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (b) => void parseSignal(Buffer.from(b), true)));
  expect(parseSignal(Buffer.from('x'), false)).toEqual({ ok: false, reason: 'not-binary' });
  expect(parseSignal(Buffer.from(new SignalRequest().toBinary()), true)).toEqual({
    ok: false,
    reason: 'empty',
  });
});

it('somebody speaks from -45 dBov on, and small changes of loudness are not news', () => {
  const quiet = nextSpeakerState(undefined, 127);
  expect(quiet).toEqual({ state: { active: false, level: 0 }, changed: false });
  const loud = nextSpeakerState(quiet.state, 10);
  expect([loud.changed, loud.state.active]).toEqual([true, true]);
  expect(nextSpeakerState(loud.state, 10).changed).toBe(false);
  expect(nextSpeakerState(loud.state, 45)).toEqual({ state: { active: false, level: 0 }, changed: true });
});

it('a tap datagram holds identity, track and packet; a name that does not fit is not sent', () => {
  expect(tapDatagram('ann', 'TR_1', Buffer.from('rtp'))?.toString('latin1')).toBe('\x03ann\x04TR_1rtp');
  expect(tapDatagram('ä'.repeat(128), 'TR_1', Buffer.alloc(0))).toBeNull();
});
