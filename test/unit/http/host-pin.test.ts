import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { MeetingBook } from '../../../src/call/meeting-book.ts';
import { soleOwnership } from '../../../src/call/ownership.ts';
import { signPinAsk, signPinDraw } from '../../../src/consent/messages/pin-ask.ts';
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

interface Recorded {
  readonly type: string;
  readonly data?: object;
}

function stage() {
  const recorded: Recorded[] = [];
  let ledgerDown = false;
  const append = (entries: readonly Recorded[]): Promise<void> => {
    if (ledgerDown) return Promise.reject(new Error('full'));
    recorded.push(...entries);
    return Promise.resolve();
  };
  const clock = manualClock();
  const log = createLog('test', 'silent');
  const book = new MeetingBook({ clock, store: null, onFault: () => undefined });
  const meetings = new Meetings({
    ...{ clock, log, book, ownership: soleOwnership, sharingUp: () => true, connectorName: 'c' },
    ...{ bindAddress: null, rotation: () => ({ hours: null, eachMeeting: false }) },
    vault: { info: {}, append } as never,
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
  const draw = async (
    host: Device,
    meetingId: Parameters<HttpPorts['pinChallenge']>[0],
    replaces: string,
  ): ReturnType<HttpPorts['newPin']> => {
    const ask = { meetingId, challenge: await challengeOf(meetingId), replaces };
    return ports.newPin({ ...ask, signature: await signPinDraw(host, ask) });
  };
  return {
    ...{ clock, book, ports, claimBy, challengeOf, draw, recorded },
    loseLedger: (yes: boolean): void => void (ledgerDown = yes),
  };
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

it('the host may have another one drawn in place of the one he names: recorded first, told again, and the old one opens nothing', async () => {
  const { book, ports, claimBy, challengeOf, draw, recorded, loseLedger } = stage();
  const host = device();
  const { meetingId, pin, pinId } = await claimBy('board', host);
  const personal = await book.issuePin('board', 'Ann');
  recorded.length = 0;
  loseLedger(true);
  expect(await draw(host, meetingId, pinId)).toEqual({ ok: false, reason: 'not-ready' });
  expect(await book.match('board', pin)).not.toBeNull();
  loseLedger(false);
  const drawn = await draw(host, meetingId, pinId);
  if (!drawn.ok || drawn.value.pin === null) throw new Error('not drawn');
  expect(recorded).toEqual([{ type: 'pin-replaced', meeting: meetingId, data: { by: 'host' } }]);
  expect(await book.match('board', pin)).toBeNull();
  expect(await book.match('board', drawn.value.pin)).toEqual({ name: 'board', holder: null });
  if (personal.ok) expect(await book.match('board', personal.value.pin)).toMatchObject({ holder: 'Ann' });
  const challenge = await challengeOf(meetingId);
  const ask = { meetingId, challenge, signature: await signPinAsk(host, meetingId, challenge) };
  expect(await ports.hostPin(ask)).toEqual(drawn);
  // The operator has nothing to hand out: the host has it.
  expect(book.takeNewPin('board')).toBeNull();
  // The same word of the host once more, and two tabs at once: one PIN each, no more.
  expect(await draw(host, meetingId, pinId)).toEqual({ ok: false, reason: 'pin-changed' });
  const both = await Promise.all([1, 2].map(() => draw(host, meetingId, drawn.value.pinId)));
  expect(both.filter(({ ok }) => ok)).toHaveLength(1);
});

it('and nobody else may, nor by the signature of a question', async () => {
  const { book, ports, claimBy, challengeOf, draw, recorded } = stage();
  const [host, coHost, other] = [device(), device(), device()];
  const { meetingId, pin, pinId } = await claimBy('board', host, coHost);
  await claimBy('choir', other);
  recorded.length = 0;
  const refused = { ok: false, reason: 'not-host' };
  expect(await draw(coHost, meetingId, pinId)).toEqual(refused);
  expect(await draw(other, meetingId, pinId)).toEqual(refused);
  const ask = { meetingId, challenge: await challengeOf(meetingId), replaces: pinId };
  const asked = await signPinAsk(host, meetingId, ask.challenge);
  expect(await ports.newPin({ ...ask, signature: asked })).toEqual(refused);
  const forAnother = await signPinDraw(host, { ...ask, replaces: 'another' });
  expect(await ports.newPin({ ...ask, signature: forAnother })).toEqual(refused);
  const right = await signPinDraw(host, ask);
  expect(await ports.hostPin({ ...ask, signature: right })).toEqual(refused);
  expect(recorded).toEqual([]);
  expect(await book.match('board', pin)).not.toBeNull();
});
