import { describe, expect, it } from 'vitest';
import { identityOf } from '../../src/consent/messages/key-schedule.ts';
import type { Approval } from '../../src/web/host/session.ts';
import { createRoom, callerOf, hears, legOf, talk, type RoomRules } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

/** What a grant allows in each direction, and that a bridge has no key for what it may not do. */
async function asked(rules?: RoomRules) {
  const room = await createRoom(rules);
  const host = await room.host();
  const ann = await room.member('Ann');
  const bridge = await room.bridge();
  await room.pass(2_500);
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(900);
  const approve = async (approval: Approval): Promise<void> => {
    await host.session.approve(host.session.view.prompt!.requestHash, approval);
    await settled();
    await room.pass(300);
  };
  return { room, host, ann, bridge, approve };
}

describe('talk-only', () => {
  it('gives the bridge its own sender key and no other, at the grant and at each rekey', async () => {
    const { room, host, ann, bridge, approve } = await asked();
    expect(host.session.view.prompt!.canTalkOnly).toBe(true);
    await approve({ audio: 'speak' });
    expect(host.session.view.bridges[0]).toMatchObject({ state: 'holds-key', scope: { audio: 'speak' } });
    expect(bridge.engine.mayHear(legOf('1'))).toBe(false);
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(true);
    expect(hears(ann, bridge) && hears(host, bridge)).toBe(true);
    const kept = talk(ann, 2);
    await room.member('Bob');
    await room.pass(1_000);
    kept.push(...talk(ann, 2), ...talk(host, 2));
    expect(hears(ann, bridge)).toBe(true);
    // Not one key of anybody else was ever in its hands, so nothing that was said can be opened.
    expect(new Set(bridge.held.map((h) => h.identity))).toEqual(new Set([bridge.identity]));
    for (const frame of kept)
      for (const from of [ann, host])
        expect(bridge.ring.open(from.identity, Buffer.from(frame)).ok).toBe(false);
    expect(room.vault.entries.map((e) => e.type)).toContain('rekeyed');
    expect(host.session.view.alarms).toEqual([]);
  });

  it('is refused where all share one key', async () => {
    const { host, approve, bridge } = await asked({ keys: 'shared' });
    expect(host.session.view.prompt!.canTalkOnly).toBe(false);
    await expect(approve({ audio: 'speak' })).rejects.toThrow('talk-only-impossible');
    expect(bridge.engine.open).toBe(false);
    await approve({});
    expect(bridge.engine.open).toBe(true);
  });

  it('is refused while another presence of the same connector has the key, and the other way round', async () => {
    const { room, host, bridge, approve } = await asked();
    await approve({});
    const second = await room.bridge('second');
    await room.pass(2_500);
    second.engine.callersWaiting([callerOf('9')]);
    await settled();
    await room.pass(900);
    expect(host.session.view.prompt!.canTalkOnly).toBe(false);
    await expect(approve({ audio: 'speak' })).rejects.toThrow('talk-only-impossible');
    await host.session.deny(host.session.view.prompt!.requestHash);
    expect(bridge.engine.open).toBe(true);
  });
});

describe('listen-only', () => {
  it('nobody hears the bridge: members have no key of it, and it has none to send with', async () => {
    const { room, host, ann, bridge, approve } = await asked();
    await approve({ audio: 'listen' });
    expect(bridge.engine.mayHear(legOf('1'))).toBe(true);
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(false);
    expect(hears(bridge, ann) && hears(bridge, host)).toBe(true);
    expect(talk(bridge)).toEqual([]);
    await room.member('Bob');
    await room.pass(1_000);
    expect(hears(bridge, ann)).toBe(true);
    expect(talk(bridge)).toEqual([]);
    expect(ann.session.view.bridges[0]!.scope).toMatchObject({ audio: 'listen' });
  });

  it('members drop the frames of a bridge that talks all the same', async () => {
    const { ann, host, bridge, approve } = await asked();
    await approve({ audio: 'listen' });
    // What a bridge could do that keeps no promise: it derives its sender key from the meeting key. Any key that opens
    // anything here was loaded by the receivers; of the bridge they loaded none.
    const noise = Buffer.alloc(60, 1);
    for (const voice of [ann, host])
      expect(voice.ring.open(identityOf(bridge.identity.slice(2)), noise).ok).toBe(false);
    expect(hears(ann, bridge) || hears(host, bridge)).toBe(false);
  });
});

describe('why a bridge asks', () => {
  it('new, again, and for more than it was given', async () => {
    const { room, host, bridge, approve } = await asked();
    expect(host.session.view.prompt).toMatchObject({ kind: 'key', reason: 'new', scope: { audio: 'both' } });
    await approve({ audio: 'listen' });
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await room.pass(1_000);
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    await room.pass(900);
    expect(host.session.view.prompt!.reason).toBe('scope-growth');
    await approve({});
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await room.pass(1_000);
    bridge.engine.callersWaiting([callerOf('3')]);
    await settled();
    expect(host.session.view.prompt!.reason).toBe('again');
  });

  it('another version, also after the host has reloaded', async () => {
    const { room, host, bridge, approve } = await asked();
    await approve({});
    bridge.leave();
    room.server.leave(host.identity);
    const again = await room.host({ join: 'host again' });
    const next = await room.bridge('next', { version: '0.2.0' });
    await room.pass(3_000);
    next.engine.callersWaiting([callerOf('2')]);
    await settled();
    expect(again.session.view.prompt!.reason).toBe('version-changed');
  });
});
