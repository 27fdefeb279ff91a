import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64url, utf8 } from '../../../src/base/bytes.ts';
import { payloads } from '../../../src/consent/messages/catalog.ts';
import { peekMessage, signMessage, signPayload, verifyMessage } from '../../../src/consent/messages/jws.ts';
import { isSoundSigningKey } from '../../../src/consent/messages/keys.ts';
import { labels, messageTypes, typOf } from '../../../src/consent/messages/labels.ts';
import { maxPacketLength, packetBytes, parsePacket } from '../../../src/consent/messages/packet.ts';
import { samples, seededBytes, seededSigner } from '../../support/consent-samples.ts';

const signer = seededSigner('host');
const key = signer.publicKey;
const good = await signMessage(signer, 'denial', samples.denial);
const [header, payload, signature] = good.split('.') as [string, string, string];
const decoded = Buffer.from(payload, 'base64url').toString();

/** A message with a valid signature over whatever bytes. */
async function signRaw(headerText: string, payloadText: string): Promise<string> {
  const input = `${toBase64url(utf8(headerText))}.${toBase64url(utf8(payloadText))}`;
  return `${input}.${toBase64url(await signer.sign(utf8(input)))}`;
}
const goodHeader = `{"alg":"EdDSA","typ":"${typOf('denial')}"}`;

describe('labels', () => {
  it('are all different, and none begins another', () => {
    const all = [...Object.values(labels), ...messageTypes.map(typOf)];
    for (const a of all) {
      for (const b of all) if (a !== b) expect(b.startsWith(a) && b[a.length] === undefined).toBe(false);
    }
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(messageTypes).size).toBe(messageTypes.length);
  });
});

describe('schemas', () => {
  it.each(messageTypes)('%s is closed: every member is needed and none may be added', (type) => {
    const sample = samples[type] as unknown as Record<string, unknown>;
    expect(payloads[type](sample)).toBe(true);
    expect(payloads[type]({ ...sample, extra: 1 })).toBe(false);
    for (const name of Object.keys(sample)) {
      const without = Object.fromEntries(Object.entries(sample).filter(([n]) => n !== name));
      expect(payloads[type](without), name).toBe(false);
      const free = ['operatorName', 'connectorName', 'checkpoint'].includes(name);
      for (const wrong of [null, undefined, -1, 1.5, 2 ** 53, {}, [{}], '*', 'x'.repeat(5_000)]) {
        const taken = free && wrong === '*';
        expect(payloads[type]({ ...sample, [name]: wrong }), `${name} ${JSON.stringify(wrong)}`).toBe(taken);
      }
    }
  });
});

describe('verifyMessage', () => {
  it('takes what was signed, under that key and that type only', async () => {
    expect((await verifyMessage(good, 'denial', key)).ok).toBe(true);
    expect(await verifyMessage(good, 'grant', key)).toEqual({ ok: false, reason: 'jws-type' });
    const other = seededSigner('co-host').publicKey;
    expect(await verifyMessage(good, 'denial', other)).toEqual({ ok: false, reason: 'jws-signature' });
  });

  it.each([
    ['duplicate names', decoded.replace('{', '{"v":1,')],
    ['white space', decoded.replace(',', ', ')],
    ['another order', `{"v":1,${decoded.slice(1).replace(',"v":1', '')}`],
    ['another spelling of a number', decoded.replace('"v":1', '"v":1.0')],
    ['another spelling of a string', decoded.replace('"denied"', '"\\u0064enied"')],
    ['a second value', `${decoded}{}`],
    ['a trailing zero byte', `${decoded}\0`],
  ])('refuses a signed payload with %s', async (_name, text) => {
    expect(text).not.toBe(decoded);
    const jws = await signRaw(goodHeader, text);
    expect(await verifyMessage(jws, 'denial', key)).toEqual({ ok: false, reason: 'jws-payload' });
  });

  it.each([
    ['one more member', `{"alg":"EdDSA","kid":"x","typ":"${typOf('denial')}"}`],
    ['a key in it', `{"alg":"EdDSA","jwk":{},"typ":"${typOf('denial')}"}`],
    ['another order', `{"typ":"${typOf('denial')}","alg":"EdDSA"}`],
    ['another algorithm', `{"alg":"none","typ":"${typOf('denial')}"}`],
    ['an unknown type', `{"alg":"EdDSA","typ":"latchkey/1/msg/nothing"}`],
    ['no type', `{"alg":"EdDSA"}`],
    ['not an object', `[]`],
  ])('refuses a signed header with %s', async (_name, text) => {
    const jws = await signRaw(text, decoded);
    expect(await verifyMessage(jws, 'denial', key)).toEqual({ ok: false, reason: 'jws-header' });
  });

  it('refuses other spellings of base64url', async () => {
    // 64 bytes end in a character of which 4 bits are slack.
    const last = signature.at(-1)!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const slack = alphabet[alphabet.indexOf(last) + 1]!;
    for (const jws of [
      `${header}.${payload}.${signature.slice(0, -1)}${slack}`,
      `${header}.${payload}.${signature}==`,
      `${header}.${payload}=.${signature}`,
      `${header}.${payload}.${signature} `,
    ]) {
      expect(await verifyMessage(jws, 'denial', key)).toEqual({ ok: false, reason: 'jws-base64' });
    }
    for (const jws of [`${good}.`, `${header}.${payload}`, good.replaceAll('.', ''), '']) {
      expect(await verifyMessage(jws, 'denial', key)).toEqual({ ok: false, reason: 'jws-form' });
    }
    expect(await verifyMessage(`${good}${'A'.repeat(16_384)}`, 'denial', key)).toEqual({
      ok: false,
      reason: 'jws-too-long',
    });
  });

  it('never throws, and no altered character survives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, char) => {
          const jws = good.slice(0, at) + char + good.slice(at + 1);
          const verified = await verifyMessage(jws, 'denial', key);
          expect(verified.ok).toBe(jws === good);
        },
      ),
      { numRuns: 400 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (jws) => !peekMessage(jws).ok));
  });

  it('signs nothing that a reader would refuse', async () => {
    await expect(signPayload(signer, 'denial', utf8(`${decoded} `))).rejects.toThrow(TypeError);
    const wrong = { ...samples.denial, seq: 2 ** 53 };
    await expect(signMessage(signer, 'denial', wrong)).rejects.toThrow(TypeError);
  });
});

describe('signing keys', () => {
  const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

  it('are refused where anybody could sign for them', async () => {
    const smallOrder = [
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ];
    const nonCanonical = [
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0100000000000000000000000000000000000000000000000000000000000080',
      'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    ];
    for (const bytes of [...smallOrder, ...nonCanonical].map(hex)) {
      expect(isSoundSigningKey(bytes)).toBe(false);
      expect(await verifyMessage(good, 'denial', Uint8Array.from(bytes))).toEqual({
        ok: false,
        reason: 'jws-key',
      });
    }
    expect(isSoundSigningKey(key)).toBe(true);
    expect(isSoundSigningKey(key.subarray(1))).toBe(false);
  });

  it('the small-order key verifies a forgery in implementations that take it', () => {
    // The signature R = identity, S = 0 under the identity point. OpenSSL 3.0 says yes, 3.5 says no: hence our own check.
    const identity = hex('0100000000000000000000000000000000000000000000000000000000000000');
    const forged = new Uint8Array(64);
    forged[0] = 1;
    expect(ed25519.verify(forged, utf8('anything'), identity, { zip215: true })).toBe(true);
  });

  it('with a small-order part are refused too', () => {
    const torsion = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
    const mixed = ed25519.Point.fromBytes(key).add(torsion);
    expect(isSoundSigningKey(mixed.toBytes())).toBe(false);
  });
});

describe('packets', () => {
  it('carry what may not be signed, beside what is', () => {
    const beside = [seededBytes('a', 32), seededBytes('b', 5)];
    const parsed = parsePacket(packetBytes(good, ...beside));
    expect(parsed).toEqual({ ok: true, value: { jws: good, beside } });
    expect(parsePacket(packetBytes(good))).toEqual({ ok: true, value: { jws: good, beside: [] } });
  });

  it('are refused when too long, not text, or with more than two parts beside', () => {
    expect(parsePacket(new Uint8Array(maxPacketLength + 1))).toEqual({
      ok: false,
      reason: 'packet-too-long',
    });
    for (const bytes of [
      utf8(''),
      utf8('~AAAA'),
      utf8(`${good}~`),
      utf8(`${good}~AAAA~AAAA~AAAA`),
      utf8(`${good}~AAAB=`),
      utf8(`${good}~AB`),
      Uint8Array.of(0xff, 0xfe),
    ]) {
      expect(parsePacket(bytes)).toEqual({ ok: false, reason: 'packet-form' });
    }
    expect(() => packetBytes(good, new Uint8Array(12_000))).toThrow(RangeError);
  });
});
