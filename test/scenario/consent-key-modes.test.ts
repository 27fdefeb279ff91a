import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { callerOf, createRoom, hears, opensWithAnyKey, talk, type Room } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

/** What differs between meetings: one frame key a sender or one for all, apps that rotate or are asked to. */
async function withBridge(room: Room, rotation: 'confirmed' | 'asked' = 'confirmed') {
  const host = await room.host();
  const ann = await room.member('Ann', {}, (keys) => ({ ...keys, rotation }));
  const bridge = await room.bridge();
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(1_000);
  return { host, ann, bridge };
}

async function approve({ host }: Awaited<ReturnType<typeof withBridge>>): Promise<void> {
  await host.session.approve(host.session.view.prompt!.requestHash);
  await settled();
}

async function revoke({ host }: Awaited<ReturnType<typeof withBridge>>): Promise<void> {
  await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
  await settled();
}

describe('one key for all', () => {
  it('opens everybody at the bridge after the grant and nobody after the revoke', async () => {
    const room = await createRoom({ keys: 'shared' });
    const party = await withBridge(room);
    const { host, ann, bridge } = party;
    expect([hears(host, ann), hears(bridge, ann)]).toEqual([true, false]);
    await approve(party);
    expect([hears(bridge, host), hears(bridge, ann), hears(ann, bridge)]).toEqual([true, true, true]);
    await room.pass(3_000);
    await revoke(party);
    expect(host.session.view.bridges).toMatchObject([{ state: 'locked-out' }]);
    expect(hears(host, ann)).toBe(true);
    for (const frame of talk(ann, 3)) expect(await opensWithAnyKey(bridge, frame)).toBe(false);
  });

  it('is one key: what Ann says opens under the name of another', async () => {
    for (const keys of ['shared', 'per-sender'] as const) {
      const room = await createRoom({ keys });
      const { host, ann } = await withBridge(room);
      const bob = await room.member('Bob');
      await room.pass(2_000);
      const [frame] = talk(ann);
      expect(host.ring.open(bob.identity, Buffer.from(frame!)).ok).toBe(keys === 'shared');
    }
  });

  it('goes on being heard by a member that has stopped sending', async () => {
    const room = await createRoom({ keys: 'shared' });
    const { host, ann } = await withBridge(room);
    room.server.tamper = (flight) => (flight.message?.type === 'heartbeat' ? [] : [flight.bytes]);
    const before = talk(host);
    await room.pass(10_500);
    expect(ann.session.view.hostPresent).toBe(false);
    expect(hears(host, ann)).toBe(false);
    expect(ann.ring.open(host.identity, before[0]!).ok).toBe(true);
  });
});

describe('a sink of the other mode', () => {
  it.each(['shared', 'per-sender'] as const)('is refused where the registration says %s', async (keys) => {
    const room = await createRoom({ keys });
    const ring = new KeyRing();
    const sink = {
      mode: keys === 'shared' ? ('per-sender' as const) : ('shared' as const),
      setKey: (identity: string, slot: number, key: Uint8Array) => ring.setKey(identity, slot, key),
      overwrite: (identity: string, slot: number) => ring.overwrite(identity, slot),
    };
    await expect(room.member('Ann', { keys: sink })).rejects.toThrow('key-mode-mismatch');
  });
});

describe('an app that is only asked to rotate', () => {
  it('is never called locked out, by host or member', async () => {
    const room = await createRoom();
    const party = await withBridge(room, 'asked');
    await approve(party);
    await room.pass(3_000);
    await revoke(party);
    await room.pass(11_000);
    for (const { session } of [party.host, party.ann]) {
      expect(session.view.bridges).toMatchObject([{ state: 'asked-to-rotate', lockedOutAfterMs: null }]);
      const said = session.view.history.map((item) => item.what);
      expect(said).toContain('asked-to-rotate');
      expect(said).not.toContain('locked-out');
    }
    expect(hears(party.bridge, party.ann)).toBe(false);
  });
});
