import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { MeetingBook } from '../../../src/call/meeting-book.ts';
import { soleOwnership } from '../../../src/call/ownership.ts';
import { signPinAsk } from '../../../src/consent/messages/pin-ask.ts';
import { buildRegistration } from '../../../src/consent/messages/registration.ts';
import type { HttpPorts } from '../../../src/http/ports.ts';
import { Meetings } from '../../../src/meetings.ts';
import { manualClock } from '../../support/clock.ts';

/** Who is told the room PIN that has replaced the one of the claim. */
function device() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: (bytes: Uint8Array) => Promise.resolve(new Uint8Array(sign(null, bytes, privateKey))),
  };
}
type Device = ReturnType<typeof device>;

function stage() {
  const clock = manualClock();
  const log = createLog('test', 'silent');
  const book = new MeetingBook({ clock, store: null, onFault: () => undefined });
  const meetings = new Meetings({
    ...{ clock, log, book, ownership: soleOwnership, sharingUp: () => true, connectorName: 'c' },
    ...{ bindAddress: null, rotation: { hours: null, eachMeeting: false } },
    vault: { info: {}, append: () => Promise.resolve() } as never,
    platform: { url: 'ws://127.0.0.1', apiKey: 'k', apiSecret: 'secret of the server', sfu: null },
  });
  const calls = { claimed: () => undefined, closeRoom: () => Promise.resolve() };
  meetings.attach(calls as never);
  const ports: HttpPorts = meetings.pages(calls as never, { number: null, sip: 'sip:meet@127.0.0.1' });
  const claimBy = async (name: string, host: Device, ...coHosts: readonly Device[]) => {
    const made = await meetings.create({ name, kept: false });
    if (!made.ok) throw new Error(made.reason);
    const registration = buildRegistration({
      salt: randomBytes(16),
      hosts: [host, ...coHosts].map(({ publicKey }) => publicKey),
      operators: ['T3BlcmF0b3JLZXlUaHVtYnByaW50MDEyMzQ1Njc4OWE'],
    });
    const claimed = await ports.claimMeeting({ claim: made.value.claim, registration, hostName: 'Hanna' });
    if (!claimed.ok) throw new Error(claimed.reason);
    return claimed.value;
  };
  const challengeOf = async (meetingId: Parameters<HttpPorts['pinChallenge']>[0]) => {
    const challenge = await ports.pinChallenge(meetingId);
    if (challenge === null) throw new Error('no challenge');
    return new Uint8Array(challenge);
  };
  return { clock, book, ports, claimBy, challengeOf };
}

it('the host is told the PIN that has replaced his, by name where it has not, and again after each rotation', async () => {
  const { book, ports, claimBy, challengeOf } = stage();
  const host = device();
  const { meetingId, pin, pinId } = await claimBy('board', host);
  const ask = async () => {
    const challenge = await challengeOf(meetingId);
    return ports.hostPin({ meetingId, challenge, signature: await signPinAsk(host, meetingId, challenge) });
  };
  expect(await ask()).toEqual({ ok: true, value: { pinId, pin: null } });
  let before = pinId;
  for (let n = 0; n < 2; n++) {
    const rotated = await book.rotatePins('board');
    if (!rotated.ok) throw new Error(rotated.reason);
    const told = await ask();
    expect(told).toEqual({ ok: true, value: rotated.value });
    // A page that lost the answer asks again.
    expect(await ask()).toEqual(told);
    expect(rotated.value.pinId).not.toBe(before);
    before = rotated.value.pinId;
    expect(await book.match('board', rotated.value.pin)).toMatchObject({ name: 'board' });
  }
  expect(await book.match('board', pin)).toBeNull();
});

it('nobody else is: no co-host, no other host, no signature for another meeting, time or challenge', async () => {
  const { clock, book, ports, claimBy, challengeOf } = stage();
  const [host, coHost, other] = [device(), device(), device()];
  const { meetingId } = await claimBy('board', host, coHost);
  const { meetingId: elsewhere } = await claimBy('choir', other);
  await book.rotatePins('board');
  const refused = { ok: false, reason: 'not-host' };
  const challenge = await challengeOf(meetingId);
  const right = await signPinAsk(host, meetingId, challenge);
  for (const signature of [
    await signPinAsk(coHost, meetingId, challenge),
    await signPinAsk(other, meetingId, challenge),
    await signPinAsk(host, elsewhere, challenge),
    await signPinAsk(host, meetingId, await challengeOf(meetingId)),
    await host.sign(challenge),
    right.map((byte, i) => (i === 9 ? byte ^ 1 : byte)),
    right.subarray(0, 63).slice(),
  ])
    expect(await ports.hostPin({ meetingId, challenge, signature })).toEqual(refused);

  const of = async (used: Uint8Array<ArrayBuffer>) =>
    ports.hostPin({ meetingId, challenge: used, signature: await signPinAsk(host, meetingId, used) });
  expect(await of(await challengeOf(elsewhere))).toEqual(refused);
  expect(await of(challenge.map((byte, i) => (i === 23 ? byte ^ 1 : byte)))).toEqual(refused);
  expect(await of(new Uint8Array(40))).toEqual(refused);
  expect(await of(challenge)).toMatchObject({ ok: true });
  clock.advance(60_001);
  expect(await of(challenge)).toEqual(refused);
});

it('and nobody of a meeting that is not there, or is no more', async () => {
  const { book, ports, claimBy, challengeOf } = stage();
  const host = device();
  const { meetingId } = await claimBy('board', host);
  const challenge = await challengeOf(meetingId);
  expect(await ports.pinChallenge('A'.repeat(43) as never)).toBeNull();
  await book.close('board');
  const signature = await signPinAsk(host, meetingId, challenge);
  expect(await ports.hostPin({ meetingId, challenge, signature })).toEqual({ ok: false, reason: 'not-host' });
});
