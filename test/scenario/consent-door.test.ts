import { describe, expect, it } from 'vitest';
import { createRoom, callerOf, hears, legOf, type Room, type RoomRules } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

/** Who comes in: locked meetings, clicks after a revocation, people put out. */
async function meeting(rules?: RoomRules) {
  const room = await createRoom(rules);
  const host = await room.host();
  const ann = await room.member('Ann');
  await room.pass(2_000);
  return { room, host, ann };
}

async function granted(room: Room, host: Awaited<ReturnType<Room['host']>>) {
  const bridge = await room.bridge();
  await room.pass(2_500);
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(900);
  await host.session.approve(host.session.view.prompt!.requestHash);
  await settled();
  return bridge;
}

const knocks = (host: { session: { view: { knocking: readonly { name: string; why: string }[] } } }) =>
  host.session.view.knocking.map(({ name, why }) => ({ name, why }));

describe('a locked meeting', () => {
  it('lets new members knock, and nobody in without the click', async () => {
    const { room, host, ann } = await meeting();
    await host.session.setLocked(true);
    await settled();
    expect(ann.session.view.locked).toBe(true);
    const bob = await room.member('Bob');
    await room.pass(3_000);
    expect(knocks(host)).toEqual([{ name: 'Bob', why: 'locked' }]);
    expect(bob.session.view.phase).toBe('joining');
    expect(hears(bob, host)).toBe(false);
    await host.session.admitMember(bob.identity);
    await room.pass(500);
    expect(bob.session.view.phase).toBe('in-meeting');
    expect(hears(bob, host) && hears(ann, bob)).toBe(true);
    expect(knocks(host)).toEqual([]);
  });

  it('takes back who was in before, and tells who is refused', async () => {
    const { room, host, ann } = await meeting();
    await host.session.setLocked(true);
    await ann.leave();
    const again = await room.member('Ann again', { device: seededSigner('member Ann') });
    await room.pass(500);
    expect(again.session.view.phase).toBe('in-meeting');
    const mallory = await room.member('Mallory');
    await room.pass(1_000);
    await host.session.refuseMember(mallory.identity);
    await room.pass(3_000);
    expect(mallory.session.view.phase).toBe('refused');
    expect(knocks(host)).toEqual([]);
    await expect(host.session.admitMember(mallory.identity)).rejects.toThrow('unknown-member');
  });

  it('asks for no bridge and no further caller, and the callers hear it', async () => {
    const { room, host } = await meeting();
    const bridge = await granted(room, host);
    await host.session.setLocked(true);
    await settled();
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('2')], reason: 'locked' });
    expect(host.session.view.prompt).toBeNull();
    // Who is in stays in.
    expect(bridge.engine.isAdmitted(legOf('1'))).toBe(true);
    await host.session.setLocked(false);
    await settled();
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    await room.pass(900);
    expect(host.session.view.prompt?.kind).toBe('callers');
  });

  it('refuses the open question when it is locked, and whatever a server kept back until then', async () => {
    const { room, host } = await meeting();
    const bridge = await room.bridge();
    await room.pass(2_500);
    // The bridge does not learn of the lock by the host's list.
    room.server.tamper = (f) => (f.to === bridge.identity && f.message?.type === 'roster' ? [] : [f.bytes]);
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    await host.session.setLocked(true);
    await settled();
    expect(host.session.view.prompt).toBeNull();
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'locked' });
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('2')], reason: 'locked' });
    expect(bridge.engine.open).toBe(false);
  });

  it('by registration is locked for good', async () => {
    const { host } = await meeting({ locked: true });
    expect(host.session.view.locked).toBe(true);
    await expect(host.session.setLocked(false)).rejects.toThrow('locked-by-registration');
    expect(knocks(host)).toEqual([{ name: 'Ann', why: 'locked' }]);
  });
});

describe('after a revocation', () => {
  it('a key that was not in needs the click, also after the host has reloaded', async () => {
    const { room, host, ann } = await meeting();
    await granted(room, host);
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await room.pass(1_000);
    const bob = await room.member('Bob');
    expect(knocks(host)).toEqual([{ name: 'Bob', why: 'after-revocation' }]);
    room.server.leave(host.identity);
    const again = await room.host({ join: 'host again' });
    await room.pass(3_000);
    expect(ann.session.view.phase).toBe('in-meeting');
    expect(bob.session.view.phase).toBe('joining');
    expect(knocks(again)).toEqual([{ name: 'Bob', why: 'after-revocation' }]);
  });
});

describe('who is put out', () => {
  it('hears it, hears nothing else any more, and does not come back by the link', async () => {
    const { room, host, ann } = await meeting();
    const bob = await room.member('Bob');
    expect(hears(ann, bob)).toBe(true);
    await host.session.removeMember(bob.identity);
    await room.pass(500);
    expect(bob.session.view.phase).toBe('refused');
    expect(hears(bob, host)).toBe(false);
    expect(hears(ann, bob)).toBe(false);
    expect(host.session.view.members.map((m) => m.name)).toEqual(['host', 'Ann']);
    const back = await room.member('Bob again', { device: seededSigner('member Bob') });
    await room.pass(1_000);
    expect(back.session.view.phase).toBe('refused');
    await expect(host.session.removeMember(host.identity)).rejects.toThrow('unknown-member');
  });

  it('who has no invite knocks; who has a wrong one is told', async () => {
    const { room, host } = await meeting();
    const guest = await room.member('Guest', { inviteSecret: new Uint8Array(0) });
    const wrong = await room.member('Wrong', { inviteSecret: new Uint8Array(16) });
    await room.pass(1_000);
    expect(knocks(host)).toEqual([{ name: 'Guest', why: 'no-invite' }]);
    expect(wrong.session.view.phase).toBe('refused');
    expect(hears(wrong, host) || hears(guest, host)).toBe(false);
    await host.session.admitMember(guest.identity);
    await room.pass(500);
    expect(hears(guest, host)).toBe(true);
  });

  it('a crowd that knocks costs no more than eight places', async () => {
    const { room, host } = await meeting();
    await host.session.setLocked(true);
    for (let i = 0; i < 10; i++) await room.member(`Nobody ${String(i)}`);
    expect(knocks(host)).toHaveLength(8);
  });
});
