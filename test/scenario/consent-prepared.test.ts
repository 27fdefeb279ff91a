import { describe, expect, it } from 'vitest';
import {
  callerOf,
  createRoom,
  hears,
  opensWithAnyKey,
  talk,
  type Person,
  type Room,
} from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

/** The next epoch is sealed to the members before the click that needs it (docs/protocol.md §4). */
async function asked() {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const bob = await room.member('Bob');
  const bridge = await room.bridge();
  await room.pass(2_000);
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(900);
  return { room, host, ann, bob, bridge, prompt: host.session.view.prompt! };
}

/** Keys that the host sealed to members since the flight number `from`, by epoch and to whom. */
function welcomes({ server }: Room, from = 0): readonly string[] {
  return server.log.slice(from).flatMap(({ message, to }) => {
    if (message?.type !== 'welcome') return [];
    return [`${String(message.payload.epoch)} ${to ?? 'all'}`];
  });
}

const inUse = (person: Person): number => person.session.view.epoch;

describe('an epoch that is made ahead', () => {
  it('is with every member while the host still reads the question, and with nobody else', async () => {
    const { room, host, ann, bob, bridge, prompt } = await asked();
    const next = inUse(host) + 1;
    const ahead = welcomes(room).filter((one) => one.startsWith(`${String(next)} `));
    expect(ahead.sort()).toEqual([ann, bob].map(({ identity }) => `${String(next)} ${identity}`).sort());
    expect([inUse(ann), inUse(bob), bridge.held.length]).toEqual([next - 1, next - 1, 0]);
    const click = room.server.log.length;
    await host.session.approve(prompt.requestHash);
    await settled();
    expect(welcomes(room, click)).toEqual([]);
    expect([inUse(host), inUse(ann), inUse(bob)]).toEqual([next, next, next]);
    for (const other of [host, ann, bob]) expect(hears(bridge, other)).toBe(true);
  });

  it('is ready again for the revoke, and was never with the bridge', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await room.pass(3_000);
    const granted = inUse(host);
    const click = room.server.log.length;
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await settled();
    expect(welcomes(room, click)).toEqual([]);
    expect([inUse(host), inUse(ann)]).toEqual([granted + 1, granted + 1]);
    for (const person of [host, ann]) {
      for (const frame of talk(person)) expect(await opensWithAnyKey(bridge, frame)).toBe(false);
    }
  });

  it('is never used once somebody has left who has it', async () => {
    const { room, host, ann, bob, prompt } = await asked();
    const prepared = inUse(host) + 1;
    const slot = prepared % 256;
    expect(bob.ring.holds(ann.identity, slot)).toBe(true);
    // Bob keeps what he was given.
    const kept = room.frameKeys.filter((key) => key.slot === slot);
    expect(kept.length).toBeGreaterThan(0);
    await bob.leave();
    await room.pass(1_000);
    expect([inUse(host), inUse(ann)]).toEqual([prepared + 1, prepared + 1]);
    await host.session.approve(host.session.view.prompt?.requestHash ?? prompt.requestHash);
    await settled();
    for (const person of [host, ann]) {
      for (const frame of talk(person)) {
        expect(await opensWithAnyKey({ held: kept } as never, frame)).toBe(false);
      }
    }
    // What was given up is gone two seconds after the switch.
    await room.pass(2_500);
    expect(ann.ring.holds(host.identity, slot)).toBe(false);
  });

  it('is not lost by a no: the next change of the key uses it, and whoever came meanwhile is sealed to then', async () => {
    const { room, host, ann, prompt } = await asked();
    const prepared = inUse(host) + 1;
    await host.session.deny(prompt.requestHash);
    await settled();
    const before = room.server.log.length;
    const eve = await room.member('Eve');
    await room.pass(1_000);
    expect([inUse(host), inUse(ann), inUse(eve)]).toEqual([prepared, prepared, prepared]);
    expect(welcomes(room, before)).toEqual([`${String(prepared)} ${eve.identity}`]);
    expect(hears(eve, ann)).toBe(true);
  });

  it('that a member missed comes with the next try', async () => {
    const { room, host, ann, bob, bridge } = await asked();
    // Everything to Bob was lost since before the question; his page is told again by his own nonces.
    room.server.tamper = ({ to, message, bytes }) =>
      to === bob.identity && message?.type === 'welcome' ? [] : [bytes];
    await host.session.deny(host.session.view.prompt!.requestHash);
    await ann.leave();
    await room.pass(1_000);
    expect(hears(bob, host)).toBe(false);
    room.server.tamper = ({ bytes }) => [bytes];
    await room.pass(6_000);
    expect(inUse(bob)).toBe(inUse(host));
    expect(hears(bob, host)).toBe(true);
    expect(bridge.held).toEqual([]);
  });
});
