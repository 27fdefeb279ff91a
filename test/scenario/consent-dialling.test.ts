import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { BridgeFact } from '../../src/consent/bridge-port.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import { signMessage } from '../../src/consent/messages/jws.ts';
import { createRoom, callerOf, legOf, type Room, type RoomRules } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

/** A host has a bridge call a phone: what goes out, on whose word, and what is on record before. */
async function meeting(rules: RoomRules = {}) {
  const room = await createRoom({ coHosts: ['deputy'], ...rules });
  const host = await room.host();
  const deputy = await room.coHost('deputy');
  const ann = await room.member('Ann');
  await room.pass(2_000);
  const bridge = await room.bridge('bridge', { dials: true });
  await room.pass(2_500);
  return { room, host, deputy, ann, bridge };
}

const dialsOf = ({ facts }: Room) =>
  facts.filter((fact): fact is Extract<BridgeFact, { kind: 'dial' }> => fact.kind === 'dial');
const cancelled = ({ facts }: Room) => facts.filter((fact) => fact.kind === 'dial-cancelled');
const recorded = ({ vault }: Room, type: string) => vault.entries.filter((entry) => entry.type === type);
const refusals = (room: Room) =>
  recorded(room, 'refused')
    .filter(({ data }) => data!['what'] === 'dial-request')
    .map(({ data }) => data!['reason']);
const requestsSent = ({ server }: Room) =>
  server.log.filter(({ message }) => message?.type === 'dial-request');
const number = '+49 30 123-456';

describe('a phone that the host invites', () => {
  it('is called on the signed word alone, which is on record before, with the number under a salt', async () => {
    const { room, host, bridge } = await meeting();
    expect(host.session.view.bridges[0]!.canDial).toBe(true);
    const dialId = await host.session.invitePhone(number);
    await settled();
    const [dial, ...others] = dialsOf(room);
    expect(others).toEqual([]);
    expect(dial!.number).toBe('+4930123456');
    const [leaf] = recorded(room, 'dial-requested');
    expect(leaf).toMatchObject({ leg: dial!.legId, personal: [{ name: 'number', value: '+4930123456' }] });
    // Neither the server nor the signed part, which stays in the ledger, has the number.
    for (const { bytes } of requestsSent(room))
      expect(Buffer.from(bytes).toString('latin1')).not.toContain('30123456');
    expect(Buffer.from(leaf!.jws!.split('.')[1]!, 'base64url').toString()).not.toContain('123456');
    bridge.engine.dialled({ legId: dial!.legId, state: 'ringing', reason: '' });
    await settled();
    expect(host.session.view.dials).toEqual([
      expect.objectContaining({ dialId, number: '+···· 456', mine: true, state: 'ringing' }),
    ]);
  });

  it('is seen by every member, without its number', async () => {
    const { room, host, ann, deputy, bridge } = await meeting();
    await host.session.invitePhone(number);
    await settled();
    bridge.engine.dialled({ legId: dialsOf(room)[0]!.legId, state: 'calling', reason: '' });
    await settled();
    for (const { session } of [ann, deputy])
      expect(session.view.dials).toMatchObject([{ state: 'calling', number: '', mine: false }]);
  });

  it('is a leg like any other once it has said yes: asked for, and in by the grant alone', async () => {
    const { room, host, bridge } = await meeting();
    await host.session.invitePhone(number);
    await settled();
    const { legId } = dialsOf(room)[0]!;
    bridge.engine.dialled({ legId, state: 'accepted', reason: '' });
    bridge.engine.callersWaiting([{ ...callerOf('1'), legId }]);
    await settled();
    expect(host.session.view.dials).toMatchObject([{ state: 'accepted', legId }]);
    expect(bridge.engine.isAdmitted(legId)).toBe(false);
    expect(recorded(room, 'dial-ended')).toMatchObject([{ leg: legId, data: { outcome: 'accepted' } }]);
    await room.pass(900);
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    expect(bridge.engine.isAdmitted(legId)).toBe(true);
  });

  it('is not called where the ledger cannot take it', async () => {
    const { room, host } = await meeting();
    room.vault.broken = true;
    await host.session.invitePhone(number);
    await settled();
    expect(dialsOf(room)).toEqual([]);
  });

  it('is called once, however often the server delivers the word, and never under another start of the host', async () => {
    const { room, host, bridge } = await meeting();
    await host.session.invitePhone(number);
    await settled();
    const [sent] = requestsSent(room);
    room.server.deliver(host.identity, bridge.identity, sent!.bytes);
    await settled();
    expect(dialsOf(room)).toHaveLength(1);
    expect(refusals(room)).toEqual(['replayed']);
    await host.leave();
    const again = await room.host({ join: 'host again' });
    await room.pass(2_500);
    room.server.deliver(again.identity, bridge.identity, sent!.bytes);
    await room.pass(1_500);
    expect(dialsOf(room)).toHaveLength(1);
    expect(cancelled(room).length).toBeGreaterThan(0);
  });

  it('is called by the bridge that is meant, and by no other presence of the same connector', async () => {
    const { room, host, bridge } = await meeting();
    bridge.leave();
    await room.pass(1_000);
    const second = await room.bridge('second', { dials: true });
    await room.pass(2_500);
    await host.session.invitePhone(number);
    await settled();
    const [sent] = requestsSent(room);
    expect(dialsOf(room)).toHaveLength(1);
    const third = await room.bridge('third', { dials: true });
    await room.pass(2_500);
    room.server.deliver(host.identity, third.identity, sent!.bytes);
    await settled();
    expect(dialsOf(room)).toHaveLength(1);
    second.leave();
  });

  it('is not called on the word of a member, or with a number that was put beside another word', async () => {
    const { room, host, bridge, ann } = await meeting();
    let beside = '';
    room.server.tamper = (flight) => {
      if (flight.message?.type !== 'dial-request' || flight.to !== bridge.identity) return [flight.bytes];
      const [jws, sealed] = Buffer.from(flight.bytes).toString('latin1').split('~');
      const swapped = beside === '' ? sealed! : beside;
      beside = sealed!;
      return [Buffer.from(`${jws}~${swapped}`, 'latin1')];
    };
    await host.session.invitePhone(number);
    await settled();
    await host.session.invitePhone('+49 30 999');
    await settled();
    expect(dialsOf(room)).toHaveLength(1);
    expect(refusals(room)).toEqual(['number-unreadable']);
    expect(host.session.view.dials.at(-1)).toMatchObject({ state: 'refused', reason: 'number-unreadable' });
    const [genuine] = requestsSent(room);
    const { payload } = genuine!.message!;
    const forged = await signMessage(seededSigner('member Ann'), 'dial-request', {
      ...(payload as Payload<'dial-request'>),
      dial: legOf('another'),
      seq: 900,
    });
    room.server.deliver(ann.identity, bridge.identity, utf8(`${forged}~AAAA`));
    await room.pass(1_500);
    expect(dialsOf(room)).toHaveLength(1);
    expect(refusals(room)).toContain('jws-signature');
  });

  it('is called for a co-host by his own word, and given up on any host’s', async () => {
    const { room, host, deputy, bridge } = await meeting();
    const dialId = await deputy.session.invitePhone(number);
    await settled();
    const { legId } = dialsOf(room)[0]!;
    bridge.engine.dialled({ legId, state: 'ringing', reason: '' });
    await settled();
    expect(host.session.view.dials).toMatchObject([{ dialId, state: 'ringing', mine: false }]);
    await host.session.cancelInvite(dialId);
    await settled();
    expect(cancelled(room)).toEqual([{ kind: 'dial-cancelled', legId }]);
    bridge.engine.dialled({ legId, state: 'over', reason: 'cancelled' });
    await settled();
    expect(deputy.session.view.dials).toMatchObject([{ state: 'over', reason: 'cancelled', mine: true }]);
    expect(recorded(room, 'dial-ended')).toMatchObject([{ data: { outcome: 'cancelled' } }]);
  });

  it('is refused in a locked meeting, and the host reads why', async () => {
    const { room, host } = await meeting();
    await host.session.setLocked(true);
    await settled();
    await host.session.invitePhone(number);
    await settled();
    expect(dialsOf(room)).toEqual([]);
    expect(host.session.view.dials).toMatchObject([{ state: 'refused', reason: 'locked' }]);
  });

  it('cannot be invited where no bridge offers it, or by what is no number', async () => {
    const room = await createRoom();
    const host = await room.host();
    await room.bridge();
    await room.pass(2_500);
    expect(host.session.view.bridges[0]!.canDial).toBe(false);
    await expect(host.session.invitePhone(number)).rejects.toThrow('no-bridge-dials');
    await expect(host.session.invitePhone('sip:me@example.org')).rejects.toThrow('number-invalid');
  });
});
