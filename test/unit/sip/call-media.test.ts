import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { q850Reason } from '../../../src/base/q850.ts';
import { legCapability } from '../../../src/media/capability.ts';
import { startMedia, type CallMedia } from '../../../src/sip/call-media.ts';
import type { MediaTerms } from '../../../src/sip/media-terms.ts';
import { reasonOfStatus } from '../../../src/sip/reason.ts';
import type { SendOptions, SrfRequest, SrfResponse } from '../../../src/sip/srf.ts';

const local = { address: '127.0.0.1', port: 40_000 };
const offer = (direction: string, { formats = '0 101', address = '192.0.2.1' } = {}): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio 4000 RTP/AVP ${formats}`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');

const plain: MediaTerms = {
  capability: legCapability,
  srtp: 'allow',
  secure: false,
  newKey: (bytes) => new Uint8Array(bytes),
};

function begin(body: string): CallMedia {
  const started = startMedia(body, {
    log: createLog('test', 'silent'),
    terms: plain,
    sessionId: 7,
    headers: () => ({}),
    onChanged: () => undefined,
  });
  if (!started.ok) throw new Error(started.warning);
  return started.media;
}

/** The status and the body that a re-INVITE or an UPDATE with `body` is answered with. */
function change(media: CallMedia, how: 'onReinvite' | 'onUpdate', body: string): [number, string] {
  let answered: [number, string] = [0, ''];
  const response = {
    send: (status: number, options: SendOptions) => (answered = [status, options.body ?? '']),
  };
  media[how]({ body } as SrfRequest, response as unknown as SrfResponse);
  return answered;
}

const versionOf = (sdp: string): number => Number(/^o=latchkey 7 (\d+) /m.exec(sdp)?.[1]);

test('a refresh with the same offer repeats the description, version included', () => {
  const media = begin(offer('sendrecv'));
  const first = media.describe(local);
  expect(versionOf(first)).toBe(1);
  expect(change(media, 'onUpdate', offer('sendrecv'))).toEqual([200, first]);
  expect(change(media, 'onReinvite', offer('sendrecv'))).toEqual([200, first]);
});

test('over any sequence of changes the version rises by one where the description differs, and nowhere else', () => {
  const step = fc.record({
    how: fc.constantFrom('onReinvite' as const, 'onUpdate' as const),
    body: fc.oneof(
      fc.constant(''),
      fc.record({
        direction: fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive'),
        formats: fc.constantFrom('0 101', '8 101', '0', '18'),
        address: fc.constantFrom('192.0.2.1', '0.0.0.0', '192.0.2.2'),
      }),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const media = begin(offer('sendrecv'));
      let last = media.describe(local);
      for (const { how, body } of steps) {
        const text = typeof body === 'string' ? body : offer(body.direction, body);
        const [status, sdp] = change(media, how, text);
        const unusable = typeof body !== 'string' && body.formats === '18';
        expect(status).toBe(unusable ? 488 : 200);
        if (sdp === '') continue;
        expect(versionOf(sdp)).toBe(versionOf(last) + (sdp === last ? 0 : 1));
        last = sdp;
        // A re-INVITE without a body had our offer in its 200: the answer is due in the ACK.
        if (text === '') expect(media.onAck(offer('sendrecv'))).toBe(true);
      }
    }),
    { numRuns: 200, seed: 3264 },
  );
});

test('while our offer is not answered, another is refused with 491 (RFC 3311 §5.2)', () => {
  const media = begin('');
  media.describe(local);
  expect(change(media, 'onUpdate', offer('sendrecv'))[0]).toBe(491);
  expect(change(media, 'onReinvite', offer('sendrecv'))[0]).toBe(491);
  expect(media.onAck(offer('sendrecv'))).toBe(true);
  expect(change(media, 'onUpdate', offer('sendonly'))[0]).toBe(200);
});

test('an offer of an address family that there is no media address for is refused, and named', () => {
  const start = (families: readonly (4 | 6)[]) =>
    startMedia(offer('sendrecv'), {
      log: createLog('test', 'silent'),
      terms: { ...plain, families },
      sessionId: 7,
      headers: () => ({}),
      onChanged: () => undefined,
    });
  expect(start([6])).toEqual({
    ok: false,
    warning: '300 latchkey "Incompatible network address type"',
  });
  expect(start([4]).ok).toBe(true);
});

test('behind a NAT the description names the external address; later offers keep to the family of the socket', () => {
  const started = startMedia(offer('sendrecv'), {
    log: createLog('test', 'silent'),
    terms: plain,
    sessionId: 7,
    headers: () => ({}),
    onChanged: () => undefined,
    announce: () => '203.0.113.7',
  });
  if (!started.ok) throw new Error(started.warning);
  expect(started.media.describe(local)).toContain('c=IN IP4 203.0.113.7\r\n');
  const six = offer('sendrecv').replaceAll('IP4 192.0.2.1', 'IP6 2001:db8::1');
  expect(change(started.media, 'onReinvite', six)[0]).toBe(488);
});

test('Reason: a known status has its Q.850 cause, any other is interworking, and no text breaks the quotes', () => {
  expect(reasonOfStatus(404, 'Not Found')).toBe('Q.850;cause=1;text="Not Found"');
  expect(reasonOfStatus(603, 'Decline')).toBe('Q.850;cause=21;text="Decline"');
  expect(reasonOfStatus(499, 'x')).toBe('Q.850;cause=127;text="x"');
  expect(q850Reason(16, 'a"b\\c\r\nBye: x')).toBe('Q.850;cause=16;text="a b c  Bye: x"');
});
