import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { seededBytes } from '../support/consent-samples.ts';
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

describe('software of another protocol version', () => {
  const joinOf = (name: string): string => toBase64url(seededBytes(`join ${name}`, 16));
  /** A connector, or a host, whose every message is of version 2. */
  const renumber = (bytes: Uint8Array): Uint8Array => {
    const [header = '', ...rest] = Buffer.from(bytes).toString().split('.');
    const typ = Buffer.from(header, 'base64url').toString().replace('latchkey/1/', 'latchkey/2/');
    return Buffer.from([Buffer.from(typ).toString('base64url'), ...rest].join('.'));
  };

  it('as a connector gets no prompt and no key, and everybody is told why', async () => {
    const room = await createRoom();
    const host = await room.host();
    const ann = await room.member('Ann');
    const seen: string[] = [];
    room.server.tamper = (flight) => {
      if (!flight.bytes.includes(0x2e)) seen.push(`${flight.to} ${Buffer.from(flight.bytes).toString()}`);
      const from = flight.message?.payload as { readonly join?: string } | undefined;
      const isBridge = from?.join !== undefined && flight.from === bridgeIdentity;
      return [isBridge ? renumber(flight.bytes) : flight.bytes];
    };
    const bridgeIdentity = `p-${joinOf('bridge')}`;
    const bridge = await room.bridge();
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    await room.pass(5_000);
    expect(host.session.view).toMatchObject({
      prompt: null,
      bridges: [],
      alarms: [{ what: 'version-mismatch', detail: { from: bridgeIdentity, theirs: '2', ours: 1 } }],
    });
    expect(seen.filter((line) => line === `${bridgeIdentity} latchkey-speaks 1`).length).toBeGreaterThan(0);
    expect(hears(host, ann)).toBe(true);
    expect(hears(bridge, host)).toBe(false);
  });

  it('as a host is told so by the connector, which says it to its operator', async () => {
    const room = await createRoom();
    const host = await room.host();
    const seen: string[] = [];
    room.server.tamper = (flight) => {
      if (!flight.bytes.includes(0x2e)) seen.push(`${flight.to} ${Buffer.from(flight.bytes).toString()}`);
      return [flight.from === host.identity ? renumber(flight.bytes) : flight.bytes];
    };
    const bridge = await room.bridge();
    await room.pass(5_000);
    const detail = `${host.identity} speaks 2, this connector 1`;
    expect(room.facts).toContainEqual({ kind: 'alarm', what: 'version-mismatch', detail });
    expect(seen).toEqual([`${host.identity} latchkey-speaks 1`]);
    expect(bridge.engine.open).toBe(false);
  });
});
