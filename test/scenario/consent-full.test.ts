import { describe, expect, it } from 'vitest';
import { maxPacketLength } from '../../src/consent/messages/packet.ts';
import { callerOf, createRoom, hears } from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

describe('a full meeting', () => {
  it('of 40 with long names and 16 callers fits its packets; the 41st gets no key', async () => {
    const room = await createRoom();
    const host = await room.host();
    // All at once: one new epoch for everybody who joins within a tenth of a second.
    const names = Array.from({ length: 39 }, (_, i) => `${String(i)} ${'ÄÖÜ 会議 '.repeat(8)}`);
    const members = await Promise.all(names.map((name) => room.member(name)));
    await room.pass(3_000);
    expect(host.session.view.members).toHaveLength(40);
    const bridge = await room.bridge();
    await room.pass(2_500);
    bridge.engine.callersWaiting(Array.from({ length: 16 }, (_, i) => callerOf(String(i))));
    await settled();
    await room.pass(900);
    await host.session.approve(host.session.view.prompt!.requestHash);
    await settled();
    expect(host.session.view.bridges).toMatchObject([{ state: 'holds-key' }]);
    for (const member of members) expect(hears(bridge, member)).toBe(true);
    expect(members[7]!.session.view.members).toHaveLength(40);
    expect(members[7]!.session.view.bridges[0]!.legs).toHaveLength(16);
    const late = await room.member('one too many');
    await room.pass(3_000);
    expect(hears(host, late)).toBe(false);
    expect(Math.max(...room.server.log.map((f) => f.bytes.length))).toBeLessThanOrEqual(maxPacketLength);
  });
});
