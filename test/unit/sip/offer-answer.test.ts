import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CodecCapability, MediaCapability } from '../../../src/media/capability.ts';
import type { MediaTerms } from '../../../src/sip/media-terms.ts';
import {
  negotiate,
  noSession,
  unansweredAudio,
  type Negotiation,
  type NegotiationEvent,
} from '../../../src/sip/offer-answer.ts';
import { createOwnDescriptions, type OwnAudio } from '../../../src/sip/own-description.ts';
import { warningOf, type OfferRefusal } from '../../../src/sip/peer-description.ts';

const g711: readonly CodecCapability[] = [
  { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
  { name: 'PCMA', payloadType: 8, clockRate: 8_000, channels: 1, fmtp: null },
];

/** A media side that can do little: the machine knows no codec by itself. */
const narrow: MediaCapability = { codecs: g711, eventClocks: [8_000], srtpSuites: [], rtcpMux: false };

/** And one that can do much. */
const wide: MediaCapability = {
  codecs: [
    {
      name: 'opus',
      payloadType: 96,
      clockRate: 48_000,
      channels: 2,
      fmtp: 'useinbandfec=1;maxaveragebitrate=32000',
    },
    { name: 'G722', payloadType: 9, clockRate: 8_000, channels: 1, fmtp: null },
    ...g711,
  ],
  eventClocks: [48_000, 8_000],
  srtpSuites: ['AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80'],
  rtcpMux: true,
};

const terms = (over: Partial<MediaTerms> = {}): MediaTerms => {
  let drawn = 0;
  return {
    ...{ capability: wide, srtp: 'allow', secure: false },
    newKey: (bytes) => new Uint8Array(bytes).fill((drawn += 1)),
    ...over,
  };
};

const sdp = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');
const keyOf = (fill: number, length = 30): string => Buffer.alloc(length, fill).toString('base64');
const aesLine = (tag: number, fill = 9, more = ''): string =>
  `a=crypto:${tag} AES_CM_128_HMAC_SHA1_80 inline:${keyOf(fill)}${more}`;

const local = { address: '198.51.100.1', port: 40_000 };
const written = (own: OwnAudio): string[] =>
  createOwnDescriptions(7).next(local, own).trimEnd().split('\r\n').slice(5);

function answered(text: string, how = terms(), from: Negotiation = noSession) {
  const { state, outcome } = negotiate(from, { kind: 'offer', sdp: text }, how);
  if (outcome.kind !== 'answer')
    throw new Error(`${outcome.kind} ${'reason' in outcome ? outcome.reason : ''}`);
  return { state, own: outcome.own, agreed: state.agreed!, lines: written(outcome.own) };
}

function refusal(text: string, how = terms()): OfferRefusal | null {
  const { state, outcome } = negotiate(noSession, { kind: 'offer', sdp: text }, how);
  expect(state).toBe(noSession);
  return outcome.kind === 'refused' ? outcome.reason : null;
}

describe('an answer', () => {
  test('takes the first format of the offer that the media side has, under its number, with our wishes', () => {
    const { agreed, lines } = answered(
      sdp(
        'm=audio 4000 RTP/AVP 18 111 0 110 101',
        'a=rtpmap:111 OPUS/48000/2',
        'a=fmtp:111 stereo=0;usedtx=1',
        'a=rtpmap:110 telephone-event/8000',
        'a=rtpmap:101 telephone-event/48000',
        'a=rtcp-mux',
      ),
    );
    expect(agreed.codec).toEqual({
      ...{ name: 'opus', payloadType: 111, clockRate: 48_000, channels: 2 },
      fmtp: 'stereo=0;usedtx=1',
    });
    expect(agreed.rtcp).toEqual({ mux: true, remote: { address: '192.0.2.1', port: 4_000 } });
    expect(lines).toEqual([
      'm=audio 40000 RTP/AVP 111 101',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 useinbandfec=1;maxaveragebitrate=32000',
      'a=rtpmap:101 telephone-event/48000',
      'a=fmtp:101 0-15',
      'a=rtcp-mux',
      'a=ptime:20',
      'a=sendrecv',
    ]);
  });

  test('announces nothing that the media side lacks', () => {
    const offer = sdp('m=audio 4000 RTP/AVP 111 9 8', 'a=rtpmap:111 opus/48000/2', 'a=rtcp-mux');
    const { agreed, lines } = answered(offer, terms({ capability: narrow }));
    expect(agreed).toMatchObject({ codec: { name: 'PCMA' }, events: null, srtp: null });
    expect(agreed.rtcp).toEqual({ mux: false, remote: { address: '192.0.2.1', port: 4_001 } });
    expect(lines).toEqual(['m=audio 40000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=ptime:20', 'a=sendrecv']);
  });

  test('repeats every refused line in its place, and the times', () => {
    const { lines } = answered(
      sdp('m=video 5000 RTP/AVP 96', 'm=audio 4000 RTP/AVP 0', 'm=application 9 TCP/BFCP *'),
    );
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 40000 RTP/AVP 0',
      'm=application 0 TCP/BFCP *',
    ]);
  });

  test.each([
    ['sendrecv', '192.0.2.1', 'sendrecv', true, true],
    ['sendonly', '192.0.2.1', 'recvonly', false, true],
    ['recvonly', '192.0.2.1', 'sendonly', true, false],
    ['inactive', '192.0.2.1', 'inactive', false, false],
    // RFC 3264 §8.4, the hold of RFC 2543
    ['sendrecv', '0.0.0.0', 'sendrecv', false, true],
    ['sendonly', '0.0.0.0', 'recvonly', false, true],
    ['inactive', '0.0.0.0', 'inactive', false, false],
  ])('to %s at %s says %s', (direction, address, ours, receives, sends) => {
    const held = answered(sdp('m=audio 4000 RTP/AVP 0', `c=IN IP4 ${address}`, `a=${direction}`));
    expect(held.lines.at(-1)).toBe(`a=${ours}`);
    expect(held.agreed).toMatchObject({ receives, sends });
    // And back again.
    const resumed = answered(sdp('m=audio 4000 RTP/AVP 0'), terms(), held.state);
    expect(resumed.agreed).toMatchObject({ receives: true, sends: true });
  });

  test('a=rtcp names another port for RTCP (RFC 3605)', () => {
    const { agreed } = answered(sdp('m=audio 4000 RTP/AVP 0', 'a=rtcp:4999'));
    expect(agreed.rtcp.remote.port).toBe(4_999);
    expect(refusal(sdp('m=audio 4000 RTP/AVP 0', 'a=rtcp:70000'))).toBe('sdp-attribute');
  });
});

describe('a refusal leaves what was agreed', () => {
  test.each<[OfferRefusal, string]>([
    ['no-audio', sdp('m=video 5000 RTP/AVP 96')],
    ['no-audio', sdp('m=audio 0 RTP/AVP 0')],
    ['protocol', sdp('m=audio 4000 UDP/TLS/RTP/SAVPF 0')],
    ['no-codec', sdp('m=audio 4000 RTP/AVP 18')],
    // A dynamic type with no rtpmap, and a static one that says that it is something else, are nothing.
    ['no-codec', sdp('m=audio 4000 RTP/AVP 96')],
    ['no-codec', sdp('m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 PCMU/16000')],
    ['no-codec', sdp('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000')],
    ['srtp-insecure', sdp('m=audio 4000 RTP/SAVP 0', aesLine(1))],
  ])('%s', (reason, offer) => {
    const before = answered(sdp('m=audio 4000 RTP/AVP 0')).state;
    const { state, outcome } = negotiate(before, { kind: 'offer', sdp: offer }, terms());
    expect(state).toBe(before);
    expect(outcome).toEqual({ kind: 'refused', reason });
    expect(warningOf(reason, wide)).toMatch(/^3\d\d latchkey "[^"\\]+"$/);
  });

  test('the Warning of a format names what there is (RFC 3261 §20.43)', () => {
    expect(warningOf('no-codec', narrow)).toBe(
      '305 latchkey "Incompatible media format: PCMU or PCMA needed"',
    );
  });
});

describe('SDES', () => {
  const savp = (...crypto: readonly string[]): string => sdp('m=audio 4000 RTP/SAVP 0', ...crypto);
  const tls = (over: Partial<MediaTerms> = {}): MediaTerms => terms({ secure: true, ...over });

  test('over TLS the first line that is usable is answered with a key of ours under its tag', () => {
    const { agreed, lines } = answered(
      savp('a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA', aesLine(2, 9, '|2^31 WSH=64'), aesLine(3, 8)),
      tls(),
    );
    expect(agreed.srtp).toEqual({
      suite: 'AES_CM_128_HMAC_SHA1_80',
      local: new Uint8Array(30).fill(1),
      remote: new Uint8Array(30).fill(9),
    });
    expect(lines[0]).toBe('m=audio 40000 RTP/SAVP 0');
    expect(lines).toContain(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(1)}`);
  });

  test('RTP/AVP with keys is encrypted where that may be (RFC 8643), and plain elsewhere', () => {
    const offer = sdp('m=audio 4000 RTP/AVP 0', aesLine(1));
    expect(answered(offer, tls()).agreed.srtp?.suite).toBe('AES_CM_128_HMAC_SHA1_80');
    for (const how of [terms(), tls({ srtp: 'off' }), tls({ capability: narrow })]) {
      const { agreed, lines } = answered(offer, how);
      expect(agreed.srtp).toBeNull();
      expect(lines.join()).not.toContain('crypto');
    }
  });

  test('an encrypted line goes before a plain one', () => {
    const { agreed, own } = answered(
      sdp('m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0', aesLine(1)),
      tls(),
    );
    expect(own.index).toBe(1);
    expect(agreed.remote.port).toBe(4_002);
  });

  test.each<[OfferRefusal, string, MediaTerms]>([
    ['srtp-unavailable', savp(aesLine(1)), tls({ srtp: 'off' })],
    ['srtp-unavailable', savp(aesLine(1)), tls({ capability: narrow })],
    ['srtp-insecure', savp(aesLine(1)), terms({ srtp: 'require' })],
    ['srtp-required', sdp('m=audio 4000 RTP/AVP 0'), tls({ srtp: 'require' })],
    ['srtp-required', sdp('m=audio 4000 RTP/AVP 0', aesLine(1)), terms({ srtp: 'require' })],
    ['crypto', savp(), tls()],
  ])('%s', (reason, offer, how) => expect(refusal(offer, how)).toBe(reason));

  test.each([
    ['an MKI', aesLine(1, 9, '|2^31|1:4')],
    ['a short lifetime', aesLine(1, 9, '|2^19')],
    ['an impossible lifetime', aesLine(1, 9, '|2^49')],
    ['no encryption', aesLine(1, 9, ' UNENCRYPTED_SRTP')],
    ['no encryption of RTCP', aesLine(1, 9, ' UNENCRYPTED_SRTCP')],
    ['no authentication', aesLine(1, 9, ' WSH=64 UNAUTHENTICATED_SRTP')],
    ['a parameter that nobody knows', aesLine(1, 9, ' NEW=1')],
    ['a key derivation rate', aesLine(1, 9, ' KDR=2')],
    ['a short key', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(9, 29)}`],
    ['a long key', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(9, 31)}`],
    ['spare bits', `a=crypto:1 AEAD_AES_256_GCM inline:${keyOf(9, 44).replace('k=', 'l=')}`],
    ['two keys', `${aesLine(1)};inline:${keyOf(8)}`],
    ['a leading zero', aesLine(1).replace(':1 ', ':01 ')],
    ['a suite of its own', aesLine(1).replace('_80', '_81')],
    ['a name of Object', aesLine(1).replace('AES_CM_128_HMAC_SHA1_80', 'constructor')],
  ])('a line with %s is not taken', (_, line) => expect(refusal(savp(line), tls())).toBe('crypto'));

  test('the peer’s key repeated keeps ours; a new one gets a new one, for it may be somebody else’s', () => {
    const how = tls();
    const first = answered(savp(aesLine(1)), how);
    const again = answered(savp(aesLine(1)), how, first.state);
    expect(again.agreed.srtp).toEqual(first.agreed.srtp);
    const other = answered(savp(aesLine(1, 5)), how, again.state);
    expect(other.agreed.srtp!.remote).toEqual(new Uint8Array(30).fill(5));
    expect(other.agreed.srtp!.local).not.toEqual(first.agreed.srtp!.local);
  });

  test('an encrypted call is not brought back to clear RTP, by whichever side the offer is', () => {
    const how = tls();
    const { state } = answered(savp(aesLine(1)), how);
    const clear = sdp('m=audio 4000 RTP/AVP 0');
    for (const offer of [
      clear,
      sdp('m=audio 4000 RTP/AVP 0', 'a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA'),
    ]) {
      const refused = negotiate(state, { kind: 'offer', sdp: offer }, how);
      expect(refused).toEqual({ state, outcome: { kind: 'refused', reason: 'srtp-required' } });
    }
    const opportunistic = answered(sdp('m=audio 4000 RTP/AVP 0', aesLine(1)), how).state;
    const ours = negotiate(opportunistic, { kind: 'our-offer' }, how).state;
    const unusable = negotiate(ours, { kind: 'answer', sdp: clear }, how);
    expect(unusable.outcome).toEqual({ kind: 'unusable', reason: 'srtp-required' });
    expect(unusable.state.agreed).toBe(opportunistic.agreed);
    // A call in clear may still become an encrypted one.
    expect(answered(savp(aesLine(1)), how, answered(clear, how).state).agreed.srtp).not.toBeNull();
  });
});

describe('an offer of ours', () => {
  const begin = (how: MediaTerms, from = noSession) => {
    const { state, outcome } = negotiate(from, { kind: 'our-offer' }, how);
    if (outcome.kind !== 'offer') throw new Error(outcome.kind);
    return { state, own: outcome.own, lines: written(outcome.own) };
  };

  test('says everything that the media side can do, and sends nothing before the answer', () => {
    const { own, lines } = begin(terms());
    expect(lines[0]).toBe('m=audio 40000 RTP/AVP 96 9 0 8 101 102');
    expect(lines).toContain('a=rtpmap:101 telephone-event/48000');
    expect(lines).toContain('a=rtpmap:102 telephone-event/8000');
    expect(lines.join()).not.toContain('crypto');
    expect(unansweredAudio(own)).toMatchObject({ receives: false, sends: true, srtp: null });
  });

  test('over TLS it has a key for each suite; the answer names one, or none where that is allowed', () => {
    const how = terms({ secure: true });
    const { state, own, lines } = begin(how);
    expect(lines).toContain(`a=crypto:1 AEAD_AES_256_GCM inline:${keyOf(1, 44)}`);
    expect(lines).toContain(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(2)}`);
    expect(unansweredAudio(own)).toMatchObject({ receives: false, sends: false });
    const take = (text: string) => negotiate(state, { kind: 'answer', sdp: text }, how);
    expect(take(sdp('m=audio 4000 RTP/AVP 0', aesLine(2))).state.agreed?.srtp).toEqual({
      suite: 'AES_CM_128_HMAC_SHA1_80',
      local: new Uint8Array(30).fill(2),
      remote: new Uint8Array(30).fill(9),
    });
    expect(take(sdp('m=audio 4000 RTP/AVP 0')).state.agreed?.srtp).toBeNull();
    // Under a tag that is another suite's.
    expect(take(sdp('m=audio 4000 RTP/AVP 0', aesLine(1))).outcome).toEqual({
      kind: 'unusable',
      reason: 'crypto',
    });
  });

  test('where SRTP is required it is RTP/SAVP, and an answer in clear is not usable', () => {
    const how = terms({ secure: true, srtp: 'require' });
    const { state, lines } = begin(how);
    expect(lines[0]).toMatch(/^m=audio 40000 RTP\/SAVP /);
    const { outcome } = negotiate(state, { kind: 'answer', sdp: sdp('m=audio 4000 RTP/AVP 0') }, how);
    expect(outcome).toEqual({ kind: 'unusable', reason: 'protocol' });
  });

  test.each<[OfferRefusal, string]>([
    ['answer-shape', sdp('m=audio 4000 RTP/AVP 0', 'm=video 4 RTP/AVP 96')],
    ['no-audio', sdp('m=audio 0 RTP/AVP 0')],
    ['no-codec', sdp('m=audio 4000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2')],
  ])('an answer that does not fit is not usable: %s', (reason, text) => {
    const { state } = begin(terms());
    const step = negotiate(state, { kind: 'answer', sdp: text }, terms());
    expect(step.outcome).toEqual({ kind: 'unusable', reason });
    expect(step.state).toMatchObject({ kind: 'stable', agreed: null });
  });

  test('in a running call it keeps lines, numbers and keys (RFC 3264 §8)', () => {
    const how = terms({ secure: true });
    const { state } = answered(
      sdp(
        ...['m=video 5000 RTP/AVP 31', 'm=audio 4000 RTP/AVP 101 96', aesLine(1)],
        ...['a=rtpmap:101 opus/48000/2', 'a=rtpmap:96 telephone-event/48000'],
      ),
      how,
    );
    const { lines } = begin(how, state);
    expect(lines[0]).toBe('m=video 0 RTP/AVP 31');
    expect(lines[1]).toBe('m=audio 40000 RTP/AVP 101 9 0 8 96 102');
    expect(lines).toContain(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(1)}`);
  });

  test('while it is open nothing else is offered; refused, it counts for nothing', () => {
    const before = answered(sdp('m=audio 4000 RTP/AVP 0'));
    const { state, outcome } = negotiate(before.state, { kind: 'refresh' }, terms());
    expect(outcome).toEqual({ kind: 'offer', own: before.own });
    for (const event of [
      { kind: 'offer', sdp: sdp('m=audio 4000 RTP/AVP 8') },
      { kind: 'our-offer' },
      { kind: 'refresh' },
    ] as const)
      expect(negotiate(state, event, terms())).toEqual({ state, outcome: { kind: 'pending' } });
    expect(negotiate(state, { kind: 'withdrawn' }, terms()).state).toEqual(before.state);
  });
});

test('over any sequence of events the machine is total, and what is agreed is always what the media side can do', () => {
  const text = fc.oneof(
    fc.constantFrom(
      ...['', 'v=0', sdp('m=audio 4000 RTP/AVP 0'), sdp('m=audio 4000 RTP/AVP 9', 'a=sendonly')],
      ...[
        sdp('m=audio 4000 RTP/SAVP 8', aesLine(1)),
        sdp('m=audio 4000 RTP/AVP 0', aesLine(2), 'a=inactive'),
      ],
      ...[sdp('m=audio 4000 RTP/AVP 18'), sdp('m=audio 1 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2')],
    ),
    fc.string({ maxLength: 80 }),
  );
  const event: fc.Arbitrary<NegotiationEvent> = fc.oneof(
    fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: text }),
    fc.record({ kind: fc.constantFrom('our-offer' as const, 'refresh' as const, 'withdrawn' as const) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 15 }), fc.boolean(), (events, secure) => {
      const how = terms({ secure });
      let state = noSession;
      for (const each of events) {
        const before = state;
        const step = negotiate(before, each, how);
        const { outcome } = step;
        state = step.state;
        if (outcome.kind === 'refused') expect(state).toBe(before);
        if (outcome.kind === 'pending' && before.own !== null) expect(before.kind).toBe('offered');
        if (outcome.kind === 'answer') expect(state.kind).toBe('stable');
        if (outcome.kind === 'offer') expect(state.kind).toBe('offered');
        const { agreed } = state;
        if (agreed === null) continue;
        expect(wide.codecs.map(({ name }) => name)).toContain(agreed.codec.name);
        if (!secure) expect(agreed.srtp).toBeNull();
        if (before.agreed?.srtp != null) expect(agreed.srtp).not.toBeNull();
      }
    }),
    { numRuns: 300, seed: 3264 },
  );
});
