import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { parseCommand } from '../../../src/sip-server/app/command.ts';
import { createFrameReader, writeFrame } from '../../../src/sip-server/app/frame.ts';
import { createFramer } from '../../../src/sip-server/transport/framer.ts';
import { sdpOffer, sipRequest } from '../../support/sip-text.ts';

describe('SIP over a stream', () => {
  const one = Buffer.from(sipRequest({ body: sdpOffer() }));
  const two = Buffer.from(sipRequest({ method: 'OPTIONS' }));

  test('messages are the same however the bytes are cut', () => {
    const stream = Buffer.concat([one, two, Buffer.from('\r\n\r\n'), two, one]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const framer = createFramer();
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const out: Buffer[] = [];
        let emptyLines = 0;
        for (let i = 1; i < at.length; i += 1) {
          const framed = framer.push(stream.subarray(at[i - 1], at[i]));
          expect(framed.broken).toBe(false);
          out.push(...framed.messages);
          emptyLines += framed.emptyLines;
        }
        expect(out.map(String)).toEqual([one, two, two, one].map(String));
        expect(emptyLines).toBe(2);
        expect(framer.pending()).toBe(0);
      }),
    );
  });

  test('a body that comes byte by byte has its headers read once', () => {
    const body = 'x'.repeat(20_000);
    const filler = Array.from({ length: 100 }, (_, i) => `X-${i}: ${'y'.repeat(120)}\r\n`).join('');
    const whole = Buffer.from(sipRequest({ body }).replace('Call-ID:', `${filler}Call-ID:`));
    const text = vi.spyOn(Buffer.prototype, 'toString');
    const framer = createFramer();
    const out = Array.from(whole, (byte) => framer.push(Buffer.of(byte)).messages).flat();
    const reads = text.mock.calls.length;
    text.mockRestore();
    expect(out.map(String)).toEqual([String(whole)]);
    expect(reads).toBe(1);
  });

  test('CRLFs between messages are counted', () => {
    const framer = createFramer();
    expect(framer.push(Buffer.from('\r\n\r\n')).emptyLines).toBe(2);
    expect(framer.push(Buffer.concat([Buffer.from('\r\n'), two])).messages).toHaveLength(1);
  });

  test.each([
    ['no Content-Length', sipRequest().replace(/Content-Length: .*\r\n/, '')],
    ['two Content-Lengths', sipRequest({ headers: ['l: 0'] })],
    ['a body longer than is taken', sipRequest({ contentLength: '999999' })],
  ])('%s: the head is handed on to be answered, and the stream is at its end', (_, text) => {
    const framed = createFramer().push(Buffer.from(text));
    expect(framed.broken).toBe(true);
    expect(framed.messages).toHaveLength(1);
  });

  test('headers without end do not grow the buffer without bound', () => {
    const framer = createFramer();
    const chunk = Buffer.alloc(1_000, 'a');
    let broken = false;
    for (let i = 0; i < 100 && !broken; i += 1) broken = framer.push(chunk).broken;
    expect(broken).toBe(true);
    expect(framer.pending()).toBeLessThan(20_000);
  });
});

describe("drachtio's frames", () => {
  test('are the same however the bytes are cut', () => {
    const frames = ['a|ping', 'b|route|invite', `c|sip||\r\n${sipRequest()}`];
    const stream = Buffer.concat(frames.map((f) => writeFrame(f)));
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const reader = createFrameReader();
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const out: string[] = [];
        for (let i = 1; i < at.length; i += 1) {
          for (const frame of reader.push(stream.subarray(at[i - 1], at[i])) ?? ['broken'])
            out.push(String(frame));
        }
        expect(out).toEqual(frames);
      }),
    );
  });

  test.each(['x#', '-1#', '100000#', '0#', '#', '12345678', '12a'])('%s is no frame', (text) => {
    expect(createFrameReader().push(Buffer.from(text))).toBeNull();
  });

  test('length counts bytes, not characters', () => {
    const frame = writeFrame('id|sip', Buffer.from('é☎'));
    expect(frame.toString()).toBe(`${6 + 2 + 5}#id|sip\r\né☎`);
  });
});

describe('commands', () => {
  const read = (text: string): unknown => parseCommand(Buffer.from(text))?.command;

  test('every kind', () => {
    expect(read('1|authenticate|s|a,b')).toEqual({
      ok: true,
      value: { kind: 'authenticate', secret: 's', tags: ['a', 'b'] },
    });
    expect(read('1|route|invite')).toEqual({ ok: true, value: { kind: 'route', verb: 'invite' } });
    expect(read('1|remove_route|invite')).toEqual({
      ok: true,
      value: { kind: 'remove-route', verb: 'invite' },
    });
    expect(read('1|ping')).toEqual({ ok: true, value: { kind: 'ping' } });
    expect(read('1|sip|txn|dlg|sip:p@h\r\nBYE sip:placeholder SIP/2.0\r\n\r\n')).toMatchObject({
      ok: true,
      value: {
        kind: 'sip',
        transactionId: 'txn',
        dialogId: 'dlg',
        routeUrl: 'sip:p@h',
        message: { method: 'BYE' },
      },
    });
    expect(
      read(
        '1|proxy|txn|remainInDialog|fullResponse||serial|2s||sip:a@b|sip:c@d\r\nINVITE sip:a@b SIP/2.0\r\n\r\n',
      ),
    ).toMatchObject({
      ok: true,
      value: {
        kind: 'proxy',
        remainInDialog: true,
        simultaneous: false,
        provisionalTimeout: '2s',
        destinations: ['sip:a@b', 'sip:c@d'],
      },
    });
  });

  test('the body is what the frame holds, whatever Content-Length says', () => {
    const body = 'Grüße';
    expect(read(`1|sip|t|\r\nSIP/2.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)).toMatchObject(
      {
        value: { message: { body: Buffer.from(body) } },
      },
    );
  });

  test.each([
    '1|nonsense',
    '1|sip|t|d',
    '1|sip|t|d\r\nnonsense\r\n\r\n',
    '1|route|<script>',
    '1|proxy|t\r\nINVITE sip:a SIP/2.0\r\n\r\n',
  ])('%s is refused', (text) => {
    expect(read(text)).toMatchObject({ ok: false });
  });

  test('no payload throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseCommand(Buffer.from(bytes))),
    );
  });
});
