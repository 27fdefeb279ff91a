import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badServer } from '../hostile/random.ts';
import { callerOf, createRoom, hears, opensWithAnyKey, talk, type Voice } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

const pairs = (voices: readonly Voice[]): [Voice, Voice][] =>
  voices.flatMap((a) => voices.filter((b) => b !== a).map((b): [Voice, Voice] => [a, b]));

/** Returns whether the bridge got as far as holding a key: what is shown never to happen must have had its chance. */
async function story(seed: number): Promise<boolean> {
  const room = await createRoom();
  const host = await room.host();
  room.server.tamper = badServer(room, seed);
  const ann = await room.member('Ann');
  const bob = await room.member('Bob');
  const bridge = await room.bridge();
  const people = [host, ann, bob];
  bridge.engine.callersWaiting([callerOf('1')]);
  for (let i = 0; i < 100 && host.session.view.prompt === null; i += 1) {
    await room.pass(1_000);
    for (const person of people) expect(hears(bridge, person)).toBe(false);
    // A server that loses much costs callers their patience, nothing else: they ask again.
    bridge.engine.callersWaiting([callerOf('1')]);
  }
  await room.pass(1_000);
  expect(bridge.held).toEqual([]);
  const before = people.flatMap((p) => talk(p));
  const live = (): boolean => room.clock.monoMs() >= (host.session.view.prompt?.liveFromMonoMs ?? Infinity);
  for (let i = 0; i < 20 && !live(); i += 1) await room.pass(1_000);
  const prompt = host.session.view.prompt;
  if (prompt !== null && live()) await host.session.approve(prompt.requestHash);
  await room.pass(5_000);
  for (const frame of before) expect(await opensWithAnyKey(bridge, frame)).toBe(false);
  const card = host.session.view.bridges.find((b) => ['granted', 'holds-key'].includes(b.state));
  if (card !== undefined) await host.session.revoke(card.thumbprint);
  // The worst that the server can do is to keep the new epoch from somebody; then he is silent by himself.
  await room.pass(25_000);
  for (const person of people) {
    for (const frame of talk(person, 2)) expect(await opensWithAnyKey(bridge, frame)).toBe(false);
    expect(hears(bridge, person)).toBe(false);
  }
  expect(talk(bridge)).toEqual([]);
  // An honest server again: everybody finds together by himself.
  room.server.tamper = (flight) => [flight.bytes];
  await room.pass(20_000);
  // Whom the server kept out until after the revocation, the host lets in by a click (A1).
  for (const { identity } of host.session.view.knocking) await host.session.admitMember(identity);
  await room.pass(8_000);
  for (const [a, b] of pairs(people)) expect(hears(a, b)).toBe(true);
  for (const person of people) {
    for (const frame of talk(person)) expect(await opensWithAnyKey(bridge, frame)).toBe(false);
  }
  return bridge.held.length > 0;
}

describe('a server that loses, doubles, delays, reorders and replays', () => {
  it('never makes a bridge hear what was not granted, nor after the revoke', async () => {
    let granted = 0;
    const told = fc.asyncProperty(fc.integer(), async (seed) => {
      if (await story(seed)) granted += 1;
    });
    await fc.assert(told, { numRuns: 12, examples: [[0], [323431897]] });
    expect(granted).toBeGreaterThan(3);
  });

  it('cannot keep a meeting from working for longer than it misbehaves', async () => {
    const room = await createRoom();
    const host = await room.host();
    const ann = await room.member('Ann');
    room.server.tamper = () => [];
    await room.pass(12_000);
    expect(ann.session.view.hostPresent).toBe(false);
    expect(hears(host, ann)).toBe(false);
    room.server.tamper = (flight) => [flight.bytes];
    await room.pass(8_000);
    await settled();
    expect(hears(host, ann)).toBe(true);
    expect(hears(ann, host)).toBe(true);
  });
});
