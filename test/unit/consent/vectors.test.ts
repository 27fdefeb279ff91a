import { readFileSync } from 'node:fs';
import { createHmac, createDecipheriv, hkdfSync, createHash } from 'node:crypto';
import { CompactSign, compactVerify, importJWK } from 'jose';
import { XWing } from '@hpke/hybridkem-x-wing';
import { describe, expect, it } from 'vitest';
import { lengthPrefixed, utf8 } from '../../../src/base/bytes.ts';
import { labels, messageTypes, typOf } from '../../../src/consent/messages/labels.ts';
import { verifyMessage } from '../../../src/consent/messages/jws.ts';
import { xWing, xWingEncapsulate, xWingKeyPair } from '../../../src/consent/messages/x-wing.ts';
import { makeVectors } from '../../support/consent-vectors.ts';
import { seededBytes } from '../../support/consent-samples.ts';

type Json = Record<string, unknown>;
const load = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8')) as Json;
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64url'));
const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'hex'));

const ours = load('consent') as unknown as {
  messages: { type: (typeof messageTypes)[number]; key: string; jws: string; hash: string }[];
  keySchedule: Record<
    'mk' | 'instance' | 'identityKey' | 'join' | 'senderKey' | 'sharedKey' | 'kcv',
    string
  > & {
    epoch: number;
  };
  seal: {
    seed: string;
    sealed: string;
    plain: string;
    kem: string;
    context: Record<string, string | number>;
  };
  invite: { secret: string; jws: string; mac: string };
};

describe('our vectors', () => {
  it('are what the code computes', async () => {
    expect(JSON.parse(JSON.stringify(await makeVectors()))).toEqual(load('consent'));
  });

  it('hold one message of each type, which verifies here and in jose', async () => {
    expect(ours.messages.map((m) => m.type)).toEqual([...messageTypes]);
    for (const { type, key, jws, hash } of ours.messages) {
      const verified = await verifyMessage(jws, type, bytes(key));
      expect(verified).toMatchObject({ ok: true, value: { hash } });
      const jwk = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: key }, 'EdDSA');
      const { protectedHeader, payload } = await compactVerify(jws, jwk);
      expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: typOf(type) });
      const again = lengthPrefixed(utf8(labels.objectHash), utf8(type), payload, bytes(key));
      expect(createHash('sha256').update(again).digest('base64url')).toBe(hash);
    }
  });

  it('derive sender key, shared key and check value as HKDF of node:crypto does', () => {
    const { mk, instance, epoch, identityKey, join, senderKey, sharedKey, kcv } = ours.keySchedule;
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(epoch));
    const hkdf = (info: Uint8Array, length: number): string =>
      Buffer.from(hkdfSync('sha256', bytes(mk), new Uint8Array(0), info, length)).toString('base64url');
    const id = Buffer.concat([bytes(identityKey), bytes(join)]);
    expect(hkdf(lengthPrefixed(utf8(labels.senderKey), bytes(instance), counter, id), 32)).toBe(senderKey);
    expect(hkdf(lengthPrefixed(utf8(labels.sharedKey), bytes(instance), counter), 32)).toBe(sharedKey);
    expect(hkdf(lengthPrefixed(utf8(labels.keyCheck), bytes(instance), counter), 16)).toBe(kcv);
  });

  it('make the invite MAC as node:crypto does', () => {
    const { secret, jws, mac } = ours.invite;
    const made = createHmac('sha256', bytes(secret)).update(lengthPrefixed(utf8(labels.invite), utf8(jws)));
    expect(made.digest('base64url')).toBe(mac);
  });

  it('jose cannot be made to sign what we take with another header', async () => {
    const seed = Buffer.from(seededBytes('key host', 32)).toString('base64url');
    const [first] = ours.messages;
    const jwk = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: first!.key, d: seed }, 'EdDSA');
    const payload = bytes(first!.jws.split('.')[1]!);
    const header = { alg: 'EdDSA', typ: typOf(first!.type) };
    const same = await new CompactSign(payload).setProtectedHeader(header).sign(jwk);
    expect(same).toBe(first!.jws);
    const more = await new CompactSign(payload).setProtectedHeader({ ...header, kid: 'x' }).sign(jwk);
    expect(await verifyMessage(more, first!.type, bytes(first!.key))).toEqual({
      ok: false,
      reason: 'jws-header',
    });
  });
});

/** RFC 9180 §5.1 for mode base, §4 for LabeledExtract and LabeledExpand: written for this test alone. */
function keySchedule(
  shared: Uint8Array,
  info: Uint8Array,
  suite: { kem: number; kdf: number; aead: number },
) {
  const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
  const suiteId = Buffer.concat([utf8('HPKE'), u16(suite.kem), u16(suite.kdf), u16(suite.aead)]);
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
    createHmac('sha256', salt.length === 0 ? Buffer.alloc(32) : salt)
      .update(Buffer.concat([utf8('HPKE-v1'), suiteId, utf8(label), ikm]))
      .digest();
  const expand = (prk: Buffer, label: string, context: Uint8Array, length: number): Buffer => {
    const labeled = Buffer.concat([u16(length), utf8('HPKE-v1'), suiteId, utf8(label), context]);
    return createHmac('sha256', prk)
      .update(Buffer.concat([labeled, Buffer.from([1])]))
      .digest()
      .subarray(0, length);
  };
  const none = new Uint8Array(0);
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(none, 'psk_id_hash', none),
    extract(none, 'info_hash', info),
  ]);
  const secret = extract(shared, 'secret', none);
  return { key: expand(secret, 'key', context, 32), baseNonce: expand(secret, 'base_nonce', context, 12) };
}

interface RawKem {
  generateKeyPairDerand(seed: Uint8Array): Promise<{ publicKey: object; privateKey: object }>;
  serializePublicKey(key: object): Promise<ArrayBuffer>;
  encap(p: {
    recipientPublicKey: object;
    ekm: ArrayBuffer;
  }): Promise<Record<'enc' | 'sharedSecret', ArrayBuffer>>;
  decap(p: { recipientKey: object; enc: ArrayBuffer }): Promise<ArrayBuffer>;
}
/** A second implementation, in JavaScript alone. */
const library = new XWing() as unknown as RawKem;

describe('published vectors', () => {
  const published = load('hpke-published') as unknown as Record<
    'xWing' | 'hpkeXWing',
    { vectors: Record<string, string>[] }
  >;

  it.each(published.xWing.vectors)('X-Wing (draft-connolly-cfrg-xwing-kem), seed $seed', async (vector) => {
    const pair = await xWingKeyPair(hex(vector['sk']!));
    expect(Buffer.from(pair.publicKey).toString('hex')).toBe(vector['pk']);
    const made = await xWingEncapsulate(pair.publicKey, hex(vector['eseed']!));
    expect(Buffer.from(made.encapsulation).toString('hex')).toBe(vector['ct']);
    expect(Buffer.from(made.secret).toString('hex')).toBe(vector['ss']);
    const shared = await pair.decapsulate(hex(vector['ct']!));
    expect(Buffer.from(shared).toString('hex')).toBe(vector['ss']);
  });

  it('HPKE with X-Wing (draft-ietf-hpke-pq): shared secret, key and nonce', async () => {
    const [vector] = published.hpkeXWing.vectors;
    const pair = await xWingKeyPair(hex(vector!['skRm']!));
    const shared = await pair.decapsulate(hex(vector!['enc']!));
    expect(Buffer.from(shared).toString('hex')).toBe(vector!['shared_secret']);
    const schedule = keySchedule(shared, hex(vector!['info']!), { kem: 0x647a, kdf: 1, aead: 3 });
    expect(schedule.key.toString('hex')).toBe(vector!['key']);
    expect(schedule.baseNonce.toString('hex')).toBe(vector!['base_nonce']);
  });

  it('the same key schedule, with AES-256-GCM, opens a seal of ours', async () => {
    const { seed, sealed, plain, kem: kemHash, context } = ours.seal;
    const u64 = (n: string | number): Buffer => {
      const out = Buffer.alloc(8);
      out.writeBigUInt64BE(BigInt(n));
      return out;
    };
    const named = (label: string): Uint8Array =>
      lengthPrefixed(
        utf8(label),
        utf8(context['type'] as string),
        utf8(context['role'] as string),
        bytes(kemHash),
        bytes(context['meeting'] as string),
        bytes(context['instance'] as string),
        u64(context['term']!),
        bytes(context['sender'] as string),
        bytes(context['recipient'] as string),
        u64(context['epoch']!),
        bytes(context['about'] as string),
      );
    const all = bytes(sealed);
    const pair = await library.generateKeyPairDerand(bytes(seed));
    const shared = new Uint8Array(
      await library.decap({ recipientKey: pair.privateKey, enc: all.slice(0, 1120).buffer }),
    );
    const { key, baseNonce } = keySchedule(shared, named(labels.sealInfo), { kem: 0x647a, kdf: 1, aead: 2 });
    const open = createDecipheriv('aes-256-gcm', key, baseNonce);
    open.setAAD(named(labels.sealAad));
    open.setAuthTag(all.subarray(-16));
    const opened = Buffer.concat([open.update(all.subarray(1120, -16)), open.final()]);
    expect(opened.toString('base64url')).toBe(plain);
  });
});

describe('X-Wing, against a second implementation', () => {
  it('gives the same keys, encapsulations and secrets for any seeds', async () => {
    for (let n = 0; n < 8; n += 1) {
      const seed = seededBytes(`pair ${n}`, xWing.seed);
      const ekm = seededBytes(`encapsulation ${n}`, xWing.encapsulationSeed);
      const theirs = await library.generateKeyPairDerand(Uint8Array.from(seed));
      const pair = await xWingKeyPair(Uint8Array.from(seed));
      expect(pair.publicKey).toEqual(new Uint8Array(await library.serializePublicKey(theirs.publicKey)));
      const made = await xWingEncapsulate(pair.publicKey, Uint8Array.from(ekm));
      const { enc, sharedSecret } = await library.encap({
        recipientPublicKey: theirs.publicKey,
        ekm: Uint8Array.from(ekm).buffer,
      });
      expect(made.encapsulation).toEqual(new Uint8Array(enc));
      expect(made.secret).toEqual(new Uint8Array(sharedSecret));
    }
  });

  it('an altered ciphertext gives the same other secret in both (FIPS 203 §6.3, implicit rejection)', async () => {
    const seed = seededBytes('altered', xWing.seed);
    const pair = await xWingKeyPair(Uint8Array.from(seed));
    const theirs = await library.generateKeyPairDerand(Uint8Array.from(seed));
    const made = await xWingEncapsulate(pair.publicKey, seededBytes('ekm', xWing.encapsulationSeed));
    made.encapsulation[17]! ^= 1;
    const secret = await pair.decapsulate(made.encapsulation);
    expect(secret).not.toEqual(made.secret);
    const other = await library.decap({ recipientKey: theirs.privateKey, enc: made.encapsulation.buffer });
    expect(secret).toEqual(new Uint8Array(other));
  });

  it('refuses a point of small order, a coefficient out of range and other lengths; opens nothing once destroyed', async () => {
    const pair = await xWingKeyPair(seededBytes('refused', xWing.seed));
    const ekm = (): Uint8Array<ArrayBuffer> => seededBytes('ekm', xWing.encapsulationSeed);
    const smallOrder = Uint8Array.from(pair.publicKey).fill(0, 1184);
    await expect(xWingEncapsulate(smallOrder, ekm())).rejects.toThrow();
    const outOfRange = Uint8Array.from(pair.publicKey).fill(255, 0, 3);
    await expect(xWingEncapsulate(outOfRange, ekm())).rejects.toThrow();
    await expect(xWingEncapsulate(pair.publicKey.slice(1), ekm())).rejects.toThrow();
    const { encapsulation } = await xWingEncapsulate(pair.publicKey, ekm());
    await expect(pair.decapsulate(encapsulation.slice(1))).rejects.toThrow();
    pair.destroy();
    await expect(pair.decapsulate(encapsulation)).rejects.toThrow('destroyed');
  });
});
