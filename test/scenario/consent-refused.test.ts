import { describe, expect, it } from 'vitest';
import { toBase64url } from '../../src/base/bytes.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import { peekMessage, signMessage } from '../../src/consent/messages/jws.ts';
import type { MessageType } from '../../src/consent/messages/labels.ts';
import { packetBytes, parsePacket } from '../../src/consent/messages/packet.ts';
import {
  createRoom,
  callerOf,
  grantsSent,
  hears,
  legOf,
  talk,
  type Flight,
  type Room,
} from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

async function asked() {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const bridge = await room.bridge();
  await room.pass(2_500);
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(900);
  const prompt = host.session.view.prompt!;
  return { room, host, ann, bridge, prompt };
}

const last = (room: Room, type: MessageType): Flight =>
  room.server.log.findLast((flight) => flight.message?.type === type)!;

/** Signed by a key of the test's choice, with whatever changed. */
async function resigned<T extends MessageType>(
  flight: Flight,
  signer: string,
  change: (payload: Payload<T>) => Payload<T>,
): Promise<Uint8Array> {
  const packet = parsePacket(flight.bytes);
  if (!packet.ok) throw new Error(packet.reason);
  const peeked = peekMessage(packet.value.jws);
  if (!peeked.ok) throw new Error(peeked.reason);
  const type = peeked.value.type as T;
  const payload = change(peeked.value.payload as Payload<T>);
  return packetBytes(await signMessage(seededSigner(signer), type, payload), ...packet.value.beside);
}

const nobodyIn = (room: Room): void => {
  expect(room.facts.filter((f) => f.kind === 'legs-admitted')).toEqual([]);
  expect(room.vault.entries.filter((e) => e.type === 'key-opened')).toEqual([]);
};

describe('a request', () => {
  it('denied: the caller is told, the request is consumed and the next one may be asked', async () => {
    const { room, host, bridge, prompt } = await asked();
    await host.session.deny(prompt.requestHash);
    await settled();
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'denied' });
    expect(host.session.view).toMatchObject({ prompt: null, bridges: [{ state: 'denied' }] });
    expect(room.vault.entries.map((e) => e.type)).toContain('denial');
    nobodyIn(room);
    await room.pass(60_000);
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    expect(host.session.view.prompt?.requestHash).not.toBe(prompt.requestHash);
    expect(host.session.view.prompt).not.toBeNull();
  });

  it('without an answer for 60 s is void, and a late approval opens nothing', async () => {
    const { room, host, bridge, prompt } = await asked();
    // The server keeps the bridge's words from the host, so that the host's page still shows the prompt.
    room.server.tamper = (f) => (f.message?.type === 'receipt' ? [] : [f.bytes]);
    await room.pass(58_000);
    expect(host.session.view.prompt?.requestHash).toBe(prompt.requestHash);
    room.server.tamper = (f) => (f.message?.type === 'grant' && f.to === bridge.identity ? [] : [f.bytes]);
    await host.session.approve(prompt.requestHash);
    await settled();
    await room.pass(3_000);
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'no-answer' });
    room.server.tamper = (f) => [f.bytes];
    room.server.deliver(host.identity, bridge.identity, last(room, 'grant').bytes);
    await settled();
    nobodyIn(room);
    expect(room.vault.entries).toContainEqual(
      expect.objectContaining({ type: 'refused', data: { what: 'grant', reason: 'request-consumed' } }),
    );
    // No receipt came: the host's client takes the key back by itself.
    await room.pass(10_000);
    expect(host.session.view.alarms.map((a) => a.what)).toContain('no-receipt');
    expect(host.session.view.bridges).toMatchObject([{ state: 'locked-out' }]);
  });

  it('is withdrawn when its caller hangs up', async () => {
    const { host, bridge, prompt } = await asked();
    bridge.engine.callerGone(legOf('1'));
    await settled();
    expect(host.session.view).toMatchObject({ prompt: null, bridges: [{ state: 'waiting' }] });
    await expect(host.session.approve(prompt.requestHash)).rejects.toThrow('prompt-changed');
  });

  it('is answered once: a second approval is refused', async () => {
    const { room, host, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await expect(host.session.approve(prompt.requestHash)).rejects.toThrow('prompt-changed');
    await settled();
    expect(grantsSent(room)).toBe(1);
  });

  it('of a bridge whose operator is not registered never reaches the host', async () => {
    const { room, host } = await asked();
    const forged = await resigned<'bridge-request'>(last(room, 'bridge-request'), 'stranger', (payload) => ({
      ...payload,
      key: toBase64url(seededSigner('stranger').publicKey),
      join: toBase64url(new Uint8Array(16).fill(7)),
    }));
    room.server.deliver(`p-${toBase64url(new Uint8Array(16).fill(7))}`, host.identity, forged);
    await settled();
    expect(host.session.view.bridges).toHaveLength(1);
  });

  it('with labels other than those committed to is not shown', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    await room.pass(2_500);
    let first: Uint8Array | null = null;
    room.server.tamper = (f) => {
      if (f.message?.type !== 'bridge-request' || f.to !== host.identity) return [f.bytes];
      if (first === null) {
        first = f.bytes;
        return [];
      }
      const [a, b] = [parsePacket(first), parsePacket(f.bytes)];
      return a.ok && b.ok ? [packetBytes(b.value.jws, ...a.value.beside)] : [];
    };
    bridge.engine.callersWaiting([callerOf('1')]);
    await settled();
    await room.pass(62_000);
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    expect(host.session.view.prompt).toBeNull();
  });
});

describe('a grant', () => {
  it.each([
    ['by somebody who is no host', 'member Ann', (p: Payload<'grant'>) => p, 'jws-signature'],
    [
      'for another meeting',
      'host',
      (p: Payload<'grant'>) => ({ ...p, meeting: 'A'.repeat(43) }),
      'other-meeting',
    ],
    [
      'of another instance',
      'host',
      (p: Payload<'grant'>) => ({ ...p, instance: 'A'.repeat(22) }),
      'other-instance',
    ],
    [
      'for another request',
      'host',
      (p: Payload<'grant'>) => ({ ...p, request: 'A'.repeat(43) }),
      'no-such-request',
    ],
    [
      'whose seal was changed',
      'host',
      (p: Payload<'grant'>) => ({ ...p, sealed: `AAAA${p.sealed.slice(4)}` }),
      'seal-open',
    ],
    [
      'with another check value',
      'host',
      (p: Payload<'grant'>) => ({ ...p, kcv: 'A'.repeat(22) }),
      'key-mismatch',
    ],
    [
      'for another epoch than sealed',
      'host',
      (p: Payload<'grant'>) => ({ ...p, epoch: p.epoch + 1 }),
      'seal-open',
    ],
  ] as const)('%s opens nothing, and is written down', async (_name, signer, change, reason) => {
    const { room, host, bridge, prompt } = await asked();
    room.server.tamper = (f) => (f.message?.type === 'grant' && f.to === bridge.identity ? [] : [f.bytes]);
    await host.session.approve(prompt.requestHash);
    await settled();
    room.server.tamper = (f) => [f.bytes];
    room.server.deliver(
      host.identity,
      bridge.identity,
      await resigned<'grant'>(last(room, 'grant'), signer, change),
    );
    await settled();
    expect(room.facts.filter((f) => f.kind === 'legs-admitted')).toEqual([]);
    expect(bridge.engine.open).toBe(false);
    expect(hears(bridge, host)).toBe(false);
    expect(room.vault.entries).toContainEqual(
      expect.objectContaining({ type: 'refused', data: { what: 'grant', reason } }),
    );
    await room.pass(11_000);
    expect(host.session.view.bridges).toMatchObject([{ state: 'locked-out' }]);
  });

  it('replayed after the revoke opens nothing', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    expect(hears(bridge, ann)).toBe(true);
    await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
    await settled();
    for (const type of ['grant', 'roster', 'heartbeat', 'instance-start'] as const) {
      for (const flight of room.server.log.filter((f) => f.message?.type === type)) {
        room.server.deliver(host.identity, bridge.identity, flight.bytes);
      }
    }
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(hears(bridge, ann)).toBe(false);
    expect(room.vault.entries.filter((e) => e.type === 'key-opened')).toHaveLength(1);
  });

  it('is worth nothing where the ledger cannot be written, or proves another leaf', async () => {
    for (const sabotage of [
      (room: Room) => void (room.vault.broken = true),
      (room: Room) => void (room.vault.forge = (proof) => ({ ...proof, seq: proof.seq + 1 })),
      (room: Room) => void (room.vault.forge = (proof) => ({ ...proof, leaf: proof.leaf.slice(1) })),
    ]) {
      const { room, host, bridge, prompt } = await asked();
      sabotage(room);
      await host.session.approve(prompt.requestHash);
      await settled();
      expect(bridge.engine.open).toBe(false);
      expect(hears(bridge, host)).toBe(false);
      expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'ledger-failed' });
      expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'denied' });
      expect(room.facts.filter((f) => f.kind === 'legs-admitted')).toEqual([]);
      expect(bridge.held).toEqual([]);
    }
  });

  it('that members did not get themselves keeps them from sending under its epoch', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    room.server.tamper = (f) => (f.message?.type === 'grant' && f.to === ann.identity ? [] : [f.bytes]);
    await host.session.approve(prompt.requestHash);
    await settled();
    expect(hears(bridge, host)).toBe(true);
    expect(hears(bridge, ann)).toBe(false);
    expect(ann.session.view.alarms.map((a) => a.what)).toContain('grant-unverified');
    // Once the server lets the host's second try through, Ann checks it and goes on.
    room.server.tamper = (f) => [f.bytes];
    await room.pass(6_000);
    expect(hears(bridge, ann)).toBe(true);
  });
});

describe('a member', () => {
  it('without the invite secret gets no key', async () => {
    const room = await createRoom();
    const host = await room.host();
    const mallory = await room.member('Mallory', { inviteSecret: new Uint8Array(16) });
    await room.pass(5_000);
    expect(host.session.view.members).toHaveLength(1);
    expect(hears(mallory, host)).toBe(false);
    expect(mallory.session.view.phase).toBe('refused');
  });

  it('with the key of a bridge gets no key, even with the invite secret', async () => {
    const { room, host } = await asked();
    const identity = seededSigner('connector identity');
    const spy = await room.member('Spy', { device: identity });
    await room.pass(5_000);
    expect(host.session.view.members.map((m) => m.name)).toEqual(['host', 'Ann']);
    expect(hears(spy, host)).toBe(false);
  });

  it('who comes late verifies the grant and hears and is heard', async () => {
    const { room, host, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    await room.pass(1_000);
    const late = await room.member('Late');
    await room.pass(500);
    expect(late.session.view).toMatchObject({ phase: 'in-meeting', bridges: [{ state: 'holds-key' }] });
    for (const other of [host, bridge]) {
      expect(hears(other, late)).toBe(true);
      expect(hears(late, other)).toBe(true);
    }
    // The bridge was given the newcomer's epoch, and its receipt for it came.
    expect(room.vault.entries.map((e) => e.type)).toContain('rekeyed');
    await room.pass(15_000);
    expect(bridge.engine.open).toBe(true);
  });

  it('who leaves does not hear what is said after', async () => {
    const room = await createRoom();
    const host = await room.host();
    const ann = await room.member('Ann');
    const bob = await room.member('Bob');
    const held = ann.ring;
    room.server.leave(ann.identity);
    await settled();
    await room.pass(500);
    expect(host.session.view.members.map((m) => m.name)).toEqual(['host', 'Bob']);
    for (const frame of talk(host, 3)) expect(held.open(host.identity, frame).ok).toBe(false);
    expect(hears(bob, host)).toBe(true);
  });
});

describe('the host', () => {
  it('who ends the meeting closes the gate and tells everybody', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    await host.session.end();
    await settled();
    expect(bridge.engine.open).toBe(false);
    expect(ann.session.view.phase).toBe('ended');
    expect(room.facts.filter((f) => f.kind === 'gate-closed')).toEqual([
      { kind: 'gate-closed', reason: 'meeting-ended' },
    ]);
    expect(talk(ann)).toEqual([]);
  });

  it('who vanishes: both ways silent after 10 s, keys destroyed after 30 s', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    const frames = talk(ann, 2);
    room.server.tamper = (f) => (f.from === host.identity ? [] : [f.bytes]);
    await room.pass(13_000);
    expect(bridge.engine.open).toBe(false);
    expect(hears(bridge, ann)).toBe(false);
    expect(ann.session.view.hostPresent).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'host-present', present: false });
    expect(bridge.ring.open(ann.identity, frames[0]!).ok).toBe(true);
    await room.pass(20_000);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'heartbeat-lost' });
    expect(bridge.ring.open(ann.identity, frames[1]!).ok).toBe(false);
  });

  it('whose page reloads is a new instance: every grant is void, and everybody finds in again', async () => {
    const { room, host, ann, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    room.server.leave(host.identity);
    const again = await room.host({ join: 'host again' });
    await room.pass(3_000);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'host-changed' });
    expect(hears(bridge, again)).toBe(false);
    expect(hears(ann, again)).toBe(true);
    expect(again.session.view.bridges).toMatchObject([{ state: 'waiting' }]);
    // What the host before signed is believed by nobody any more.
    for (const flight of room.server.log.filter((f) => f.from === host.identity)) {
      for (const to of [ann.identity, bridge.identity]) room.server.deliver(host.identity, to, flight.bytes);
    }
    await settled();
    expect(hears(bridge, again)).toBe(false);
    expect(hears(ann, again)).toBe(true);
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    await room.pass(900);
    await again.session.approve(again.session.view.prompt!.requestHash);
    await settled();
    expect(hears(bridge, ann)).toBe(true);
  });
});

describe('later callers', () => {
  it('ask one by one: admitted or refused, while the others talk', async () => {
    const { room, host, bridge, prompt } = await asked();
    await host.session.approve(prompt.requestHash);
    await settled();
    bridge.engine.callersWaiting([callerOf('2')]);
    await settled();
    await room.pass(900);
    expect(bridge.engine.isAdmitted(legOf('2'))).toBe(false);
    expect(host.session.view.prompt).toMatchObject({ callers: [{ display: '+49 30 ···· 2' }] });
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.isAdmitted(legOf('2'))).toBe(true);
    bridge.engine.callersWaiting([callerOf('3')]);
    await settled();
    await room.pass(900);
    await host.session.deny(host.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.isAdmitted(legOf('3'))).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('3')], reason: 'denied' });
    expect(bridge.engine.isAdmitted(legOf('1'))).toBe(true);
    expect(host.session.view.bridges[0]!.legs.map((l) => l.state)).toEqual(['admitted', 'admitted']);
    await bridge.engine.legJoined(legOf('1'));
    await bridge.engine.legLeft(legOf('1'));
    await settled();
    expect(host.session.view.bridges[0]!.legs).toHaveLength(1);
  });
});
