import { describe, expect, it } from 'vitest';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import { messageHash, signMessage } from '../../src/consent/messages/jws.ts';
import { bytesOfText } from '../../src/consent/messages/key-schedule.ts';
import { packetBytes } from '../../src/consent/messages/packet.ts';
import type { Approval } from '../../src/web/host/session.ts';
import { createRoom, callerOf, hears, legOf } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { settled } from '../support/consent-settle.ts';

/** Further callers under a grant: each asked for, any, a list, the next so many; muted and ended one by one. */
async function granted(approval: Approval = {}, callers = ['1']) {
  const room = await createRoom();
  const host = await room.host();
  const ann = await room.member('Ann');
  const bridge = await room.bridge();
  await room.pass(2_500);
  bridge.engine.callersWaiting(callers.map(callerOf));
  await settled();
  await room.pass(900);
  await host.session.approve(host.session.view.prompt!.requestHash, approval);
  await settled();
  const more = async (...names: string[]): Promise<void> => {
    bridge.engine.callersWaiting(names.map(callerOf));
    await settled();
    await room.pass(900);
  };
  const isIn = (name: string): boolean => bridge.engine.isAdmitted(legOf(name));
  const card = () => host.session.view.bridges[0]!;
  return { room, host, ann, bridge, more, isIn, card };
}

describe('a caller whose line changes hands', () => {
  const other = { legId: legOf('1'), label: { ...callerOf('1').label, display: 'number withheld' } };

  it('is out at once and asked for anew, under the label of who is there now', async () => {
    const { room, host, bridge, isIn } = await granted();
    expect(isIn('1')).toBe(true);
    bridge.engine.callerGone(legOf('1'));
    expect(isIn('1')).toBe(false);
    bridge.engine.callersWaiting([other]);
    await settled();
    await room.pass(900);
    expect(isIn('1')).toBe(false);
    const { prompt } = host.session.view;
    expect(prompt).toMatchObject({ kind: 'callers', callers: [{ display: 'number withheld' }] });
    await host.session.approve(prompt!.requestHash);
    await settled();
    expect(isIn('1')).toBe(true);
  });

  it('is not let in by the yes to who was there before', async () => {
    const room = await createRoom();
    const host = await room.host();
    const bridge = await room.bridge();
    await room.pass(2_500);
    bridge.engine.callersWaiting(['1', '2'].map(callerOf));
    await settled();
    await room.pass(900);
    const asked = host.session.view.prompt!.requestHash;
    bridge.engine.callerGone(legOf('1'));
    bridge.engine.callersWaiting([other]);
    await host.session.approve(asked);
    await settled();
    expect(['1', '2'].map((name) => bridge.engine.isAdmitted(legOf(name)))).toEqual([false, true]);
  });
});

describe('a list', () => {
  it('lets in whom the host picked, and tells the others', async () => {
    const { room, isIn, card } = await granted({ only: [legOf('2')] }, ['1', '2', '3']);
    expect(['1', '2', '3'].map(isIn)).toEqual([false, true, false]);
    expect(room.facts).toContainEqual({
      kind: 'legs-refused',
      legIds: [legOf('1'), legOf('3')],
      reason: 'denied',
    });
    expect(card().legs.map((l) => l.legId)).toEqual([legOf('2')]);
  });
});

describe('any', () => {
  it('later callers come in without a click, each with an admission that the host signed', async () => {
    const { room, host, more, isIn, ann } = await granted({ legs: 'any' });
    await more('2', '3');
    expect([isIn('2'), isIn('3')]).toEqual([true, true]);
    expect(host.session.view.prompt).toBeNull();
    expect(ann.session.view.bridges[0]!.legs.map((l) => l.display)).toContain('+49 30 ···· 3');
    const admission = room.server.log.findLast((f) => f.message?.type === 'leg-admission')!;
    expect(admission.message!.payload).toMatchObject({ by: 'any', legs: [legOf('2'), legOf('3')] });
  });
});

describe('the next two', () => {
  it('are counted down on both sides; the third is asked for', async () => {
    const { host, more, isIn, card } = await granted({ next: 2 });
    expect(card().scope).toMatchObject({ next: 2 });
    await more('2');
    expect(card().scope).toMatchObject({ next: 1 });
    // Two at once with one place left: the one comes in, the other is asked for.
    await more('3', '4');
    expect([isIn('2'), isIn('3'), isIn('4')]).toEqual([true, true, false]);
    expect(card().scope).toMatchObject({ next: 0 });
    expect(host.session.view.prompt).toMatchObject({ kind: 'callers', callers: [{ legId: legOf('4') }] });
  });

  it("a host's client that lets in more than it granted is not believed", async () => {
    const { room, host, bridge, more, isIn } = await granted({ next: 1 });
    await more('2');
    await more('3');
    const asked = room.server.log.findLast((f) => f.message?.type === 'leg-request')!;
    const text = new TextDecoder().decode(asked.bytes).split('~')[0]!;
    const request = (await messageHash(text, bytesOfText(room.vault.info.identityKey)))!;
    const last = room.server.log.findLast((f) => f.message?.type === 'leg-admission')!;
    const before = last.message!.payload as Payload<'leg-admission'>;
    const forged = await signMessage(seededSigner('host'), 'leg-admission', {
      ...before,
      seq: before.seq + 1_000,
      request,
      legs: [legOf('3')],
      by: 'next',
      left: 0,
    });
    room.server.deliver(host.identity, bridge.identity, packetBytes(forged));
    await settled();
    expect(isIn('3')).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'alarm', what: 'overdrawn', detail: 'leg-admission' });
  });
});

describe('one caller', () => {
  it('is muted: hears, is not heard, and knows; everybody sees it', async () => {
    const { room, host, ann, bridge, card } = await granted();
    await host.session.muteLeg(card().thumbprint, legOf('1'), true);
    await settled();
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(false);
    expect(bridge.engine.mayHear(legOf('1'))).toBe(true);
    expect(room.facts).toContainEqual({ kind: 'legs-muted', legIds: [legOf('1')], muted: true });
    expect(card().legs).toMatchObject([{ muted: true, state: 'admitted' }]);
    expect(ann.session.view.bridges[0]!.legs).toMatchObject([{ muted: true }]);
    await host.session.muteLeg(card().thumbprint, legOf('1'), false);
    await settled();
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(true);
    expect(room.vault.entries.filter((e) => e.type === 'leg-muted').map((e) => e.data)).toEqual([
      { reason: 'muted' },
      { reason: 'unmuted' },
    ]);
  });

  it('is muted by the signed list where the word itself was kept back', async () => {
    const { room, host, bridge, card } = await granted();
    room.server.tamper = (f) => (f.message?.type === 'leg-revocation' ? [] : [f.bytes]);
    await host.session.muteLeg(card().thumbprint, legOf('1'), true);
    await settled();
    expect(bridge.engine.maySpeak(legOf('1'))).toBe(false);
  });

  it('is ended while the others stay', async () => {
    const { room, host, ann, bridge, isIn, card } = await granted({}, ['1', '2']);
    await host.session.endLeg(card().thumbprint, legOf('1'));
    await settled();
    expect([isIn('1'), isIn('2')]).toEqual([false, true]);
    expect(room.facts).toContainEqual({ kind: 'legs-refused', legIds: [legOf('1')], reason: 'ended' });
    expect(card().legs.map((l) => l.legId)).toEqual([legOf('2')]);
    expect(hears(bridge, ann)).toBe(true);
    await expect(host.session.endLeg(card().thumbprint, legOf('1'))).rejects.toThrow('unknown-leg');
  });
});

describe('for a time', () => {
  it('the grant ends by itself on both sides, also where the host says nothing', async () => {
    const { room, host, bridge, card } = await granted({ untilMinutes: 0.2 });
    expect(card().scope!.untilWallMs).toBeGreaterThan(0);
    room.server.tamper = (f) => (f.message?.type === 'revocation' ? [] : [f.bytes]);
    await room.pass(13_000);
    expect(bridge.engine.open).toBe(false);
    expect(room.facts).toContainEqual({ kind: 'gate-closed', reason: 'until-reached' });
    expect(host.session.view.bridges[0]!.state).toMatch(/lock/);
    expect(hears(bridge, host)).toBe(false);
  });
});

describe('a flood of questions', () => {
  it('is turned away by a signed no, and the callers hear it', async () => {
    const { room, host, bridge, more } = await granted();
    for (let i = 2; i < 9; i++) {
      await more(String(i));
      const { prompt } = host.session.view;
      if (prompt !== null) await host.session.deny(prompt.requestHash);
      await settled();
    }
    expect(room.facts.filter((f) => f.kind === 'legs-refused').map((f) => f.reason)).toContain('too-many');
    expect(bridge.engine.open).toBe(true);
  });
});

describe('a wait that ends without a yes stands in the ledger', () => {
  const refused = ({ room }: Awaited<ReturnType<typeof granted>>): readonly unknown[] =>
    room.vault.entries
      .filter((e) => e.type === 'leg-refused')
      .map(({ leg, data, meeting, bridge }) => [leg, data?.['reason'], meeting !== '', bridge !== '']);

  it('where nobody answers the question about a later caller', async () => {
    const stage = await granted();
    await stage.more('2');
    await stage.room.pass(60_000);
    expect(stage.room.facts).toContainEqual({
      kind: 'legs-refused',
      legIds: [legOf('2')],
      reason: 'no-answer',
    });
    expect(refused(stage)).toEqual([[legOf('2'), 'no-answer', true, true]]);
  });

  it('where the caller hangs up, asked for or still in the queue behind an open question', async () => {
    const stage = await granted();
    await stage.more('2');
    await stage.more('3');
    for (const name of ['2', '3']) stage.bridge.engine.callerGone(legOf(name));
    await settled();
    expect(refused(stage)).toEqual([
      [legOf('2'), 'withdrawn', true, true],
      [legOf('3'), 'withdrawn', true, true],
    ]);
  });

  it('where the meeting is locked', async () => {
    const stage = await granted();
    await stage.host.session.setLocked(true);
    await settled();
    await stage.more('2');
    expect(refused(stage)).toEqual([[legOf('2'), 'locked', true, true]]);
  });

  it('and nothing of the kind of a caller who was in', async () => {
    const stage = await granted();
    stage.bridge.engine.callerGone(legOf('1'));
    await settled();
    expect(refused(stage)).toEqual([]);
  });
});
