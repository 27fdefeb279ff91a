import { describe, expect, it } from 'vitest';
import { fromBase64url, utf8 } from '../../src/base/bytes.ts';
import { peekMessage, signMessage } from '../../src/consent/messages/jws.ts';
import { timing } from '../../src/consent/timing.ts';
import { openCheckpoint } from '../../src/consent/messages/log-checkpoint.ts';
import { packetBytes } from '../../src/consent/messages/packet.ts';
import { callerOf, createRoom, type Bridged, type Person, type Room } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';
import { fakeVault } from '../support/consent-vault.ts';
import type { HostSession } from '../../src/web/host/session.ts';

type Host = Person & { readonly session: HostSession };

const alarms = (person: Person): readonly string[] => person.session.view.alarms.map((a) => a.what);

async function ask(room: Room, host: Host, bridge: Bridged, caller = '1'): Promise<string> {
  bridge.engine.callersWaiting([callerOf(caller)]);
  await settled();
  await room.pass(1_000);
  return host.session.view.prompt?.requestHash ?? '';
}

async function callAndRevoke(room: Room, host: Host, bridge: Bridged): Promise<void> {
  await host.session.approve(await ask(room, host, bridge));
  await room.pass(3_000);
  await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
  await room.pass(5_000);
}

const witnessed = (room: Room) => room.vault.entries.filter((e) => e.type === 'witnessed');

describe('a connector’s ledger', () => {
  it('is seen for the first time, and is proven to have only grown at every request after', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    await ask(room, host, bridge);
    expect(host.session.view.prompt).toMatchObject({ ledger: 'first-seen' });
    await host.session.deny(host.session.view.prompt!.requestHash);
    await host.leave();
    const again = await room.host({ join: 'host again' });
    await room.pass(3_000);
    await ask(room, again, bridge, '2');
    expect(again.session.view.prompt).toMatchObject({ ledger: 'consistent' });
    expect(again.session.view.bridges).toMatchObject([{ ledger: 'consistent' }]);
    await again.session.approve(again.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.open).toBe(true);
    expect(alarms(again)).toEqual([]);
  });

  it('is cosigned by host and members after the grant and after the lock-out', async () => {
    const room = await createRoom();
    const host = await room.host();
    await room.member('Ann');
    await room.member('Bob');
    const bridge = await room.bridge();
    await callAndRevoke(room, host, bridge);
    await room.pass(timing.announceBatch + timing.cosignEvery + timing.cosignSpread);
    const peeked = witnessed(room).map((entry) => peekMessage(entry.jws!));
    const keys = new Set(peeked.map((p) => (p.ok && p.value.type === 'witness' ? p.value.payload.key : '')));
    expect(keys.size).toBe(3);
    const last = room.vault.entries.findLastIndex((e) => e.type === 'key-destroyed');
    const covering = witnessed(room).filter((e) => Number(e.data?.['size']) > last);
    expect(new Set(covering.map((e) => e.data?.['by'])).size).toBe(3);
    // Nothing that a witness says makes the connector announce anything.
    const count = room.vault.entries.length;
    await room.pass(10_000);
    expect(room.vault.entries.length).toBe(count);
  });

  it('that was restored from an older copy is found at the next request, and stays found', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    const copy = room.vault.log();
    await callAndRevoke(room, host, bridge);
    const whole = room.vault.log();
    await host.leave();
    room.vault.rewrite(() => copy);
    const again = await room.host({ join: 'host again' });
    await room.pass(3_000);
    const hash = await ask(room, again, bridge, '2');
    expect(again.session.view.prompt).toMatchObject({ ledger: 'fork' });
    await expect(again.session.approve(hash)).rejects.toThrow('ledger-inconsistent');
    expect(again.session.view.alarms).toMatchObject([
      { what: 'ledger-fork', detail: { reason: 'rolled-back' } },
    ]);
    await again.leave();
    // Both notes are kept: putting the log back does not make it unseen.
    room.vault.rewrite(() => whole);
    const third = await room.host({ join: 'host once more' });
    await room.pass(3_000);
    await ask(room, third, bridge, '3');
    expect(third.session.view.prompt).toMatchObject({ ledger: 'fork' });
    expect(alarms(third)).toEqual(['ledger-fork']);
    expect(bridge.engine.open).toBe(false);
  });

  it('in which something old was changed is found', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    await callAndRevoke(room, host, bridge);
    await host.leave();
    room.vault.rewrite((leaves) => leaves.map((leaf, i) => (i === 1 ? utf8('another leaf') : leaf)));
    const again = await room.host({ join: 'host again' });
    await room.pass(3_000);
    const hash = await ask(room, again, bridge, '2');
    expect(again.session.view.alarms).toMatchObject([
      { what: 'ledger-fork', detail: { reason: 'not-proven' } },
    ]);
    await expect(again.session.approve(hash)).rejects.toThrow('ledger-inconsistent');
  });

  it('whose proof is withheld gets no key; the button is dead, and nobody is accused', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    room.server.tamper = ({ bytes, message }) => (message?.type === 'ledger-state' ? [] : [bytes]);
    const hash = await ask(room, host, bridge);
    await room.pass(10_000);
    expect(host.session.view.prompt).toMatchObject({ ledger: 'none', liveFromMonoMs: Infinity });
    await expect(host.session.approve(hash)).rejects.toThrow('ledger-inconsistent');
    expect(alarms(host)).toEqual([]);
    room.server.tamper = ({ bytes }) => [bytes];
    await room.pass(3_000);
    await host.session.approve(hash);
    await settled();
    expect(bridge.engine.open).toBe(true);
  });

  it('that answers without the proof is forked for whoever asked for it', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    await ask(room, host, bridge);
    await host.session.deny(host.session.view.prompt!.requestHash);
    room.vault.withhold = true;
    await room.pass(1_000);
    const hash = await ask(room, host, bridge, '2');
    expect(host.session.view.prompt).toMatchObject({ ledger: 'fork' });
    await expect(host.session.approve(hash)).rejects.toThrow('ledger-inconsistent');
  });

  it('of which one member is shown another version: she and the host find out, and the key is taken back', async () => {
    const room = await createRoom();
    const host = await room.host();
    const evil = await fakeVault(room.vault.operatorThumbprint);
    const ann = await room.member('Ann');
    const connector = seededSigner('connector identity');
    for (let i = 0; i < 40; i += 1)
      await evil.append([{ type: 'refused', data: { what: 'packet', reason: 'probe', n: i } }]);
    const forged: Uint8Array[] = [];
    const forge = async (payload: Parameters<typeof signMessage<'ledger-state'>>[2], sizes: number[]) => {
      const grown = await evil.proveGrowth(sizes);
      if (!grown.ok) return;
      const proofs = grown.value.proofs.map(({ size, path }) => ({
        size,
        path: path.map((node) => Buffer.from(node).toString('base64url')),
      }));
      const { checkpoint } = grown.value;
      const jws = await signMessage(connector, 'ledger-state', { ...payload, checkpoint, proofs });
      room.server.deliver(`p-${payload.join}`, ann.identity, packetBytes(jws));
      forged.push(utf8(jws));
    };
    let sizes: number[] = [];
    room.server.tamper = ({ from, to, bytes, message }) => {
      if (from === ann.identity && message?.type === 'ledger-ask') sizes = [...message.payload.sizes];
      if (to !== ann.identity || message?.type !== 'ledger-state') return [bytes];
      void forge(message.payload, sizes);
      return [];
    };
    const bridge = await room.bridge();
    await host.session.approve(await ask(room, host, bridge));
    await room.pass(8_000);
    expect(forged.length).toBeGreaterThan(0);
    expect(ann.session.view.alarms).toMatchObject([
      { what: 'ledger-fork', detail: { reason: 'others-saw' } },
    ]);
    expect(alarms(host)).toContain('ledger-fork');
    expect(bridge.engine.open).toBe(false);
  });

  it('is not accused by a member who makes checkpoints up, nor by a server that sends old ones again', async () => {
    const room = await createRoom();
    const host = await room.host();
    const ann = await room.member('Ann');
    const bridge = await room.bridge();
    await callAndRevoke(room, host, bridge);
    const states = room.server.log.filter((f) => f.message?.type === 'ledger-state');
    for (const { from, bytes } of states) {
      for (const person of [host, ann]) room.server.deliver(from, person.identity, bytes);
    }
    const found = room.server.log.findLast((f) => f.message?.type === 'witness' && f.from === ann.identity);
    if (found?.message?.type !== 'witness') throw new Error('Ann cosigned nothing');
    const ledgerKey = fromBase64url(room.vault.info.ledgerKey)!;
    const { payload } = found.message;
    expect(await openCheckpoint(payload.checkpoint, ledgerKey)).toMatchObject({ ok: true });
    const lie = payload.checkpoint.replace(
      /\n(\d+)\n/,
      (_, size: string) => `\n${String(Number(size) + 1)}\n`,
    );
    const jws = await signMessage(seededSigner('member Ann'), 'witness', { ...payload, checkpoint: lie });
    room.server.deliver(ann.identity, host.identity, packetBytes(jws));
    await room.pass(5_000);
    await ask(room, host, bridge, '2');
    expect([alarms(host), alarms(ann)]).toEqual([[], []]);
    expect(host.session.view.prompt?.ledger).toBe('first-seen');
  });
});
