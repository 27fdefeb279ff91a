import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import type { BridgeKeys } from '../../src/consent/bridge-port.ts';
import { audioPath } from '../support/consent-audio.ts';
import { callerOf, createRoom, legOf, type Room } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

/**
 * K1 to K5 of the design, each broken on purpose, and still silence at the phone and from it: the connector's real audio
 * path, with a gate or a cryptor that does not do its part. Beside each silence stands the same path, heard.
 */
const leg = legOf('1');
const stuckOpen = { mayHear: () => true, maySpeak: () => true };
const audible = 1_000;

/** A cryptor that keeps every key that it was ever given. */
function hoarder(ring: KeyRing): BridgeKeys {
  return {
    setKey: (who, slot, key) => ring.setKey(who, slot, key),
    overwrite: () => Promise.resolve(),
    destroy: () => undefined,
  };
}

async function asked(keysOf?: (ring: KeyRing) => BridgeKeys) {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const ring = new KeyRing();
  const bridge = await room.bridge('bridge', keysOf === undefined ? {} : { keys: keysOf(ring) });
  await room.pass(2_500);
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(900);
  const own = { identity: bridge.identity, ring: keysOf === undefined ? bridge.ring : ring };
  const approve = async (): Promise<void> => {
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    await room.pass(300);
  };
  const revoke = async (): Promise<void> => {
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await settled();
    await room.pass(1_000);
  };
  return { room, host, ann, bridge, own, approve, revoke };
}

describe('the path as it is', () => {
  it('is silent before the grant, heard both ways after it, silent after the revoke', async () => {
    const { ann, bridge, own, approve, revoke } = await asked();
    const path = await audioPath(own, bridge.engine, leg);
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
    await approve();
    expect(path.heardFrom(ann)).toBeGreaterThan(audible);
    expect(path.reaches(ann)).toBe(true);
    await revoke();
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
  });
});

describe('K1 broken: keys in the cryptor before any grant', () => {
  it('is silence: the gate is shut', async () => {
    const { room, host, ann, bridge, own } = await asked();
    await leakKeys(room, own.ring, [host.identity, ann.identity, bridge.identity]);
    const control = await audioPath(own, stuckOpen, leg);
    const path = await audioPath(own, bridge.engine, leg);
    expect(control.heardFrom(ann)).toBeGreaterThan(audible);
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
  });
});

describe('K2 broken: a gate that lets everything through', () => {
  it('is silence before the grant: there is no key', async () => {
    const { ann, own, approve } = await asked();
    const path = await audioPath(own, stuckOpen, leg);
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
    await approve();
    expect(path.heardFrom(ann)).toBeGreaterThan(audible);
  });
});

describe('K3: gate and cryptor, each broken alone, after a revoke', () => {
  it('a gate that stays open is silence', async () => {
    const { ann, own, approve, revoke } = await asked();
    const path = await audioPath(own, stuckOpen, leg);
    await approve();
    expect(path.heardFrom(ann)).toBeGreaterThan(audible);
    await revoke();
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
  });

  it('a cryptor that forgets nothing is silence', async () => {
    const { ann, bridge, own, approve, revoke } = await asked(hoarder);
    const path = await audioPath(own, bridge.engine, leg);
    await approve();
    expect(path.heardFrom(ann)).toBeGreaterThan(audible);
    await revoke();
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
  });
});

describe('K4 broken: a connector that keeps every key, with a gate that stays open', () => {
  it('hears nothing that is said after the switch, and is heard by nobody', async () => {
    const { room, host, ann, own, approve, revoke } = await asked(hoarder);
    const path = await audioPath(own, stuckOpen, leg);
    await approve();
    expect(path.heardFrom(ann)).toBeGreaterThan(audible);
    await revoke();
    expect([path.heardFrom(ann), path.heardFrom(host)]).toEqual([0, 0]);
    // The receivers' old keys die within two seconds of their switch.
    await room.pass(2_500);
    expect([path.reaches(ann), path.reaches(host)]).toEqual([false, false]);
  });
});

describe('K5 broken: a ledger that writes nothing, or lies about it, with a gate that lets everything through', () => {
  it.each([
    ['writes nothing', (room: Room) => void (room.vault.broken = true)],
    [
      'proves another leaf',
      (room: Room) => void (room.vault.forge = (proof) => ({ ...proof, seq: proof.seq + 1 })),
    ],
    ['proves nothing', (room: Room) => void (room.vault.forge = (proof) => ({ ...proof, path: [] }))],
  ])('%s: there is no key', async (_name, sabotage) => {
    const { room, ann, own, approve } = await asked();
    const path = await audioPath(own, stuckOpen, leg);
    sabotage(room);
    await approve();
    expect([path.heardFrom(ann), path.reaches(ann)]).toEqual([0, false]);
  });
});

/** What no connector has before a grant: the frame keys of everybody in this epoch, taken from the host's cryptor. */
async function leakKeys(room: Room, ring: KeyRing, identities: readonly string[]): Promise<void> {
  for (const { identity, slot, key } of room.frameKeys.filter((k) => identities.includes(k.identity)))
    await ring.setKey(identity, slot, Uint8Array.from(key));
}
