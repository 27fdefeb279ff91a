import { describe, expect, it } from 'vitest';
import { callerOf, createRoom, hears, legOf, talk, type Room } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

async function threeAndABridge(): Promise<{
  room: Room;
  host: Awaited<ReturnType<Room['host']>>;
  ann: Awaited<ReturnType<Room['member']>>;
  bob: Awaited<ReturnType<Room['member']>>;
  bridge: Awaited<ReturnType<Room['bridge']>>;
}> {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const bob = await room.member('Bob');
  const bridge = await room.bridge();
  return { room, host, ann, bob, bridge };
}

describe('a meeting', () => {
  it('members hear each other, the waiting bridge nobody', async () => {
    const { host, ann, bob, bridge } = await threeAndABridge();
    expect(host.session.view.members.map((m) => m.name)).toEqual(['host', 'Ann', 'Bob']);
    expect(ann.session.view).toMatchObject({ phase: 'in-meeting', hostPresent: true });
    for (const [a, b] of [
      [host, ann],
      [ann, bob],
      [bob, host],
      [host, bob],
    ] as const) {
      expect(hears(a, b)).toBe(true);
      expect(hears(b, a)).toBe(true);
    }
    expect(hears(bridge, host)).toBe(false);
    expect(talk(bridge)).toEqual([]);
    expect(host.session.view.bridges).toMatchObject([{ state: 'waiting', operator: 'Example Operator' }]);
    expect(ann.session.view.bridges).toMatchObject([{ state: 'waiting', operator: 'Example Operator' }]);
  });

  it('approve: everybody hears everybody; revoke: the bridge hears nothing more', async () => {
    const { room, host, ann, bob, bridge } = await threeAndABridge();
    await room.pass(2_000);
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    const prompt = host.session.view.prompt!;
    expect(prompt).toMatchObject({ operator: 'Example Operator', callers: [{ display: '+49 30 ···· 1' }] });
    expect(ann.session.view.bridges).toMatchObject([{ state: 'asking' }]);
    await expect(host.session.approve(prompt.requestHash)).rejects.toThrow('prompt-not-live');
    await room.pass(800);
    const before = talk(ann);
    await host.session.approve(prompt.requestHash);
    await settled();
    expect(room.facts).toContainEqual({ kind: 'legs-admitted', legIds: [legOf('1')] });
    expect(bridge.engine.isAdmitted(legOf('1'))).toBe(true);
    expect(host.session.view.bridges).toMatchObject([{ state: 'holds-key', legs: [{ state: 'admitted' }] }]);
    await room.pass(200);
    expect(bob.session.view.bridges).toMatchObject([
      { state: 'holds-key', legs: [{ display: '+49 30 ···· 1' }] },
    ]);
    for (const other of [host, ann, bob]) {
      expect(hears(bridge, other)).toBe(true);
      expect(hears(other, bridge)).toBe(true);
    }
    // The grant sealed a fresh epoch: nothing said before it opens.
    expect(bridge.ring.open(ann.identity, before[0]!).ok).toBe(false);
    await room.pass(3_000);
    const revoked = host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await revoked;
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'revoked' });
    expect(host.session.view.bridges).toMatchObject([{ state: 'locked-out' }]);
    expect(ann.session.view.bridges).toMatchObject([{ state: 'locked-out' }]);
    for (const other of [host, ann, bob]) {
      expect(hears(bridge, other)).toBe(false);
      for (const third of [host, ann, bob]) if (third !== other) expect(hears(other, third)).toBe(true);
    }
    expect(talk(bridge)).toEqual([]);
    const types = room.vault.entries.map((e) => e.type);
    expect(types).toEqual(
      expect.arrayContaining(['request', 'grant', 'key-opened', 'revoked', 'gate-closed']),
    );
    expect(types.indexOf('grant')).toBeLessThan(types.indexOf('key-opened'));
    expect(types.filter((t) => t === 'switched').length).toBeGreaterThanOrEqual(6);
  });
});
