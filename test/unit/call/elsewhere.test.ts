import { describe, expect, it } from 'vitest';
import { elsewhereOf, sendElsewhere } from '../../../src/call/elsewhere.ts';
import { soleOwnership, type Elsewhere, type Ownership } from '../../../src/call/ownership.ts';
import type { WayIn } from '../../../src/call/way-in.ts';
import type { InboundCall } from '../../../src/sip/gateway.ts';

const other: Elsewhere = { kind: 'elsewhere', contact: '192.0.2.7:5060;transport=tls', retryMs: 2_100 };

/** Of a connector that serves nothing: `board` is served by another one. */
function ownership(sentFrom: string | null = null): { readonly asked: string[]; readonly port: Ownership } {
  const asked: string[] = [];
  const port: Ownership = {
    take: (meeting) => {
      asked.push(`take ${meeting}`);
      return Promise.resolve(meeting === 'board' ? other : { kind: 'here', lease: null });
    },
    look: (meeting) => {
      asked.push(`look ${meeting}`);
      return Promise.resolve(meeting === 'board' ? other : null);
    },
    sentAway: () => Promise.resolve(),
    sentFrom: () => Promise.resolve(sentFrom),
  };
  return { asked, port };
}

function call(kind: InboundCall['destination']['kind'], user = '5550100') {
  const answered: { status: number; headers: Readonly<Record<string, string>> }[] = [];
  const inbound = {
    destination: kind === 'ivr' || kind === 'echo' ? { kind } : { kind, name: 'board' },
    from: { user: '+4930555', displayName: '' },
    to: { user },
    reject: (status: number, _reason: string, headers = {}) => void answered.push({ status, headers }),
  } as unknown as InboundCall;
  return { inbound, answered };
}
const room = (name: string) => ({ name, bridge: null, meetingId: null });
const way = (parts: Partial<WayIn>): WayIn => ({ entry: { kind: 'pin' }, place: null, room: null, ...parts });

describe('before a call is answered', () => {
  it('its meeting is taken where it needs no PIN, and looked for where it needs one', async () => {
    const { asked, port } = ownership();
    expect(await elsewhereOf(call('meeting').inbound, way({ room: room('board') }), port)).toEqual(other);
    expect(await elsewhereOf(call('meeting').inbound, way({ room: room('free') }), port)).toBeNull();
    const place = { kind: 'meeting', name: 'board' } as const;
    expect(await elsewhereOf(call('pin').inbound, way({ place }), port)).toEqual(other);
    expect(asked).toEqual(['take board', 'take free', 'look board']);
  });

  it('a caller who was sent away is known, on a number that asks for a code', async () => {
    const { asked, port } = ownership('board');
    expect(await elsewhereOf(call('ivr').inbound, way({}), port)).toEqual(other);
    expect(await elsewhereOf(call('echo').inbound, way({}), port)).toBeNull();
    expect(await elsewhereOf(call('ivr').inbound, way({}), ownership(null).port)).toBeNull();
    expect(asked).toEqual(['look board']);
  });

  it('a connector that is alone answers everything', async () => {
    expect(
      await elsewhereOf(call('meeting').inbound, way({ room: room('board') }), soleOwnership),
    ).toBeNull();
    expect(await elsewhereOf(call('ivr').inbound, way({}), soleOwnership)).toBeNull();
  });
});

describe('a call for another connector', () => {
  const answer = (user: string, elsewhere: Elsewhere, redirects: boolean) => {
    const { inbound, answered } = call('ivr', user);
    sendElsewhere(inbound, elsewhere, redirects);
    return answered;
  };

  it('is sent to its contact with the number that was called', () => {
    expect(answer('+49305550100', other, true)).toEqual([
      { status: 302, headers: { Contact: '<sip:+49305550100@192.0.2.7:5060;transport=tls>' } },
    ]);
  });

  it('brings nothing of a caller’s making into the contact', () => {
    for (const user of ['', 'a>,<sip:x', 'a@b', 'a;b=c', 'a%0d', 'x'.repeat(65)])
      expect(answer(user, other, true)).toEqual([
        { status: 302, headers: { Contact: '<sip:192.0.2.7:5060;transport=tls>' } },
      ]);
  });

  it('is refused for so long as the lease lasts where it cannot be sent on', () => {
    const refused = [{ status: 503, headers: { 'Retry-After': '3' } }];
    expect(answer('1', other, false)).toEqual(refused);
    expect(answer('1', { ...other, contact: null }, true)).toEqual(refused);
    expect(answer('1', { ...other, contact: 'x:1>\r\nContact: <sip:y:1' }, true)).toEqual(refused);
    expect(answer('1', { ...other, contact: null, retryMs: 1 }, true)[0]?.headers).toEqual({
      'Retry-After': '1',
    });
  });
});
