import { describe, expect, it } from 'vitest';
import { createCoHostSession } from '../../src/web/host/index.ts';
import { createRoom, callerOf, grantsSent, hears, legOf, type RoomRules } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

/** Several hosts: decisions, denials and revocations of co-hosts, take-over, two hosts at once. */
async function meeting(rules: RoomRules = {}) {
  const room = await createRoom({ coHosts: ['deputy'], ...rules });
  const host = await room.host();
  const deputy = await room.coHost('deputy');
  const ann = await room.member('Ann');
  await room.pass(2_000);
  return { room, host, deputy, ann };
}

async function asked(rules?: RoomRules) {
  const all = await meeting(rules);
  const bridge = await all.room.bridge();
  await all.room.pass(2_500);
  const ask = async (name: string): Promise<void> => {
    bridge.engine.callersWaiting([callerOf(name)]);
    await settled();
    await all.room.pass(900);
  };
  await ask('1');
  return { ...all, bridge, ask };
}

async function granted(rules?: RoomRules) {
  const all = await asked(rules);
  await all.host.session.approve(all.host.session.view.prompt!.requestHash);
  await settled();
  await all.room.pass(500);
  return all;
}

const cardOf = (voice: {
  session: { view: { bridges: readonly { thumbprint: string; state: string }[] } };
}) => voice.session.view.bridges[0]!;

describe('a co-host', () => {
  it('is a member whom everybody sees as one, and sees the same question as the host', async () => {
    const { host, deputy, ann } = await asked();
    expect(deputy.session.view.role).toBe('co-host');
    expect(ann.session.view.members.filter((m) => m.isCoHost).map((m) => m.name)).toEqual(['deputy']);
    const { liveFromMonoMs: _own, ...shown } = deputy.session.view.prompt!;
    expect(shown.code).toMatch(/^\d{8}$/);
    expect(host.session.view.prompt).toMatchObject(shown);
    expect(ann.session.view.prompt).toBeNull();
  });

  it('approves: the host carries it out, and the grant names the decision, which is on record', async () => {
    const { room, host, deputy, ann, bridge } = await asked();
    await deputy.session.approve(deputy.session.view.prompt!.requestHash, { untilMinutes: 15 });
    await settled();
    expect(bridge.engine.isAdmitted(legOf('1'))).toBe(true);
    expect(hears(bridge, ann)).toBe(true);
    const grant = room.server.log.findLast((f) => f.message?.type === 'grant')!.message!.payload;
    const leaf = room.vault.entries.find((e) => e.type === 'decision')!;
    expect(leaf.data).toMatchObject({ what: 'approve' });
    expect(grant).toMatchObject({ decision: leaf.data!['decision'], scope: { until: 900_000 } });
    expect(host.session.view.history.map((h) => h.what)).toContain('co-host-decided');
  });

  it('is not heard where the server alters, repeats or lends his words', async () => {
    const { room, host, deputy, bridge } = await asked();
    await deputy.session.approve(deputy.session.view.prompt!.requestHash);
    await settled();
    await host.session.revoke(cardOf(host).thumbprint);
    await room.pass(1_000);
    for (const flight of room.server.log.filter((f) => f.message?.type === 'decision')) {
      room.server.deliver(deputy.identity, host.identity, flight.bytes);
    }
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(grantsSent(room)).toBe(1);
  });

  it('denies by himself, also where the server keeps his word from the host', async () => {
    const { room, host, deputy, bridge } = await asked();
    room.server.tamper = (f) => (f.from === deputy.identity && f.to === host.identity ? [] : [f.bytes]);
    await deputy.session.deny(deputy.session.view.prompt!.requestHash);
    await settled();
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'denied' });
    // The host's late yes opens nothing: the request has had its answer.
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.open).toBe(false);
  });

  it('denies after the grant: that is a revocation', async () => {
    const { room, host, deputy, ann, bridge } = await asked();
    const { requestHash } = deputy.session.view.prompt!;
    // His page has not heard of the grant when he clicks.
    room.server.tamper = (f) => (f.to === deputy.identity ? [] : [f.bytes]);
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.open).toBe(true);
    await deputy.session.deny(requestHash);
    await settled();
    room.server.tamper = (f) => [f.bytes];
    await room.pass(3_000);
    expect(bridge.engine.open).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'revoked' });
    expect(room.vault.entries.map((e) => e.type)).toContain('denial');
    expect(cardOf(host).state).toMatch(/lock/);
    expect(hears(bridge, ann)).toBe(false);
  });

  it('revokes by himself: gate shut, members silent until the new epoch, the host follows', async () => {
    const { room, host, deputy, ann, bridge } = await granted();
    expect(hears(bridge, ann)).toBe(true);
    await deputy.session.revoke(cardOf(deputy).thumbprint);
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(hears(bridge, ann)).toBe(false);
    await room.pass(2_500);
    expect(cardOf(host).state).toBe('locked-out');
    expect(hears(host, ann) && hears(deputy, ann)).toBe(true);
    expect(hears(bridge, host)).toBe(false);
  });

  it('revokes also where the key host never hears of it: nobody talks to the bridge any more', async () => {
    const { room, host, deputy, ann, bridge } = await granted();
    room.server.tamper = (f) => (f.to === host.identity && f.message?.type === 'revocation' ? [] : [f.bytes]);
    await deputy.session.revoke(cardOf(deputy).thumbprint);
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(hears(bridge, ann)).toBe(false);
    // The bridge's own word that it has closed reaches the host, who makes a new epoch.
    await room.pass(3_000);
    expect(hears(host, ann)).toBe(true);
    expect(hears(bridge, host)).toBe(false);
  });

  it('locks, lets people in, puts them out, mutes and ends callers through the host', async () => {
    const { room, host, deputy, ann, bridge, ask } = await granted();
    const card = cardOf(deputy).thumbprint;
    await deputy.session.muteLeg(card, legOf('1'), true);
    await settled();
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(false);
    await deputy.session.endLeg(card, legOf('1'));
    await settled();
    expect(bridge.engine.isAdmitted(legOf('1'))).toBe(false);
    await ask('2');
    await deputy.session.deny(deputy.session.view.prompt!.requestHash);
    await settled();
    expect(host.session.view.prompt).toBeNull();
    await deputy.session.setLocked(true);
    await settled();
    expect([host, ann, deputy].map((v) => v.session.view.locked)).toEqual([true, true, true]);
    const bob = await room.member('Bob');
    await room.pass(1_000);
    expect(deputy.session.view.knocking).toMatchObject([{ name: 'Bob', why: 'locked' }]);
    await deputy.session.admitMember(bob.identity);
    await room.pass(1_000);
    expect(bob.session.view.phase).toBe('in-meeting');
    await deputy.session.removeMember(ann.identity);
    await room.pass(500);
    expect(ann.session.view.phase).toBe('refused');
    await expect(deputy.session.removeMember(ann.identity)).rejects.toThrow('unknown-member');
    await expect(deputy.session.endLeg(card, legOf('1'))).rejects.toThrow('unknown-leg');
  });

  it('is nobody without a key in the registration', async () => {
    const room = await createRoom();
    await room.host();
    await expect(room.coHost('stranger')).rejects.toThrow('not-a-host');
    expect(createCoHostSession).toBeTypeOf('function');
  });
});

describe('take-over', () => {
  it('is a new instance: grants void, everybody in again, the bridge asks the new host by itself', async () => {
    const { room, host, deputy, ann, bridge } = await granted();
    const taken = await deputy.session.takeOver();
    room.server.tellPresence();
    await room.pass(3_000);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'host-changed' });
    expect(taken.view).toMatchObject({ role: 'host', phase: 'in-meeting' });
    expect(host.session.view.phase).toBe('ended');
    expect(host.session.view.alarms.map((a) => a.what)).toContain('two-hosts');
    const newHost = { identity: deputy.identity, ring: deputy.ring };
    expect(hears(ann, newHost) && hears(newHost, ann)).toBe(true);
    expect(hears(bridge, ann)).toBe(false);
    // What control does for callers that wait again.
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    await room.pass(900);
    await taken.approve(taken.view.prompt!.requestHash);
    await settled();
    expect(hears(bridge, ann)).toBe(true);
  });

  it('knows which keys asked as bridges: none of them comes in as a member', async () => {
    const { room, deputy, bridge } = await granted();
    // It is gone before the new host could meet it.
    bridge.leave();
    await room.pass(500);
    const taken = await deputy.session.takeOver();
    room.server.tellPresence();
    await room.pass(2_000);
    const spy = await room.member('Spy', { device: seededSigner('connector identity') });
    await room.pass(3_000);
    expect(taken.view.members.map((m) => m.name)).not.toContain('Spy');
    expect(hears(spy, deputy)).toBe(false);
  });

  it('with the policy to drop, tells every caller and asks nobody', async () => {
    const { room, deputy, ann, bridge } = await granted({ onHostChange: 'drop' });
    expect(ann.session.view.onHostChange).toBe('drop');
    const taken = await deputy.session.takeOver();
    room.server.tellPresence();
    await room.pass(3_000);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'dropped' });
    bridge.engine.callersWaiting([callerOf('2')]);
    await room.pass(1_000);
    expect(taken.view.prompt).toBeNull();
  });

  it('a reload of the same host is no change of host', async () => {
    const { room, host } = await granted({ onHostChange: 'drop' });
    room.server.leave(host.identity);
    await room.host({ join: 'host again' });
    await room.pass(3_000);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'host-changed' });
    expect(room.facts).not.toContainEqual({ kind: 'gate-closed', reason: 'dropped' });
  });

  it('a host who missed one starts above it once it is over', async () => {
    const { room, host, deputy, ann } = await meeting();
    room.server.leave(host.identity);
    const taken = await deputy.session.takeOver();
    room.server.tellPresence();
    await room.pass(3_000);
    await taken.close();
    room.server.leave(deputy.identity);
    await room.pass(500);
    const back = await room.host({ join: 'host again' });
    await room.pass(6_000);
    expect(back.session.view.phase).toBe('in-meeting');
    expect(ann.session.view.phase).toBe('in-meeting');
    expect(hears(ann, back)).toBe(true);
  });
});
