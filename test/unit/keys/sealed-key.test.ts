import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { openSealedKey, parseSealedKey, sealKey, type SealSecret } from '../../../src/keys/sealed-key.ts';
import { privateKeyOf, signingKey } from '../../../src/keys/signing-key.ts';

const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));
const { privateKey } = generateKeyPairSync('ed25519');
const der = (): Buffer => privateKey.export({ format: 'der', type: 'pkcs8' });
const { publicKey } = signingKey(privateKey)!;
/** The lowest cost that a reader takes, so that the tests are quick. */
const logN = 14;
const passphrase = (text: string): SealSecret => ({ kind: 'passphrase', bytes: utf8(text) });
const keyFile: SealSecret = { kind: 'key-file', bytes: random(32) };

function open(text: string, secret: SealSecret): string {
  const parsed = parseSealedKey(text);
  if (!parsed.ok) return parsed.reason;
  const opened = openSealedKey(parsed.value, secret);
  return opened.ok ? 'opened' : opened.reason;
}

describe('a sealed key', () => {
  it.each([
    ['a passphrase', passphrase('correct horse battery')],
    ['a key file', keyFile],
  ])('opens with %s to the same key, and names it while sealed', (_, secret) => {
    const text = sealKey(secret, { publicKey, der: der(), random, logN });
    const parsed = parseSealedKey(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.value.publicKey).toEqual(publicKey);
    const opened = openSealedKey(parsed.value, secret);
    if (!opened.ok) throw new Error(opened.reason);
    const key = signingKey(privateKeyOf(opened.value)!)!;
    expect(key.publicKey).toEqual(publicKey);
    expect(opened.value.every((byte) => byte === 0)).toBe(true);
  });

  it('holds nothing of the key in clear', () => {
    const text = sealKey(keyFile, { publicKey, der: der(), random });
    const seed = der().subarray(16);
    expect(Buffer.from(text).includes(seed)).toBe(false);
    expect(text).not.toContain(seed.toString('base64url'));
  });

  it('tells a wrong passphrase from another way of sealing', () => {
    const text = sealKey(passphrase('correct horse'), { publicKey, der: der(), random, logN });
    expect(open(text, passphrase('correct horsf'))).toBe('wrong-secret');
    expect(open(text, keyFile)).toBe('sealed-otherwise');
    const other = sealKey(keyFile, { publicKey, der: der(), random });
    expect(open(other, { kind: 'key-file', bytes: random(32) })).toBe('wrong-secret');
  });

  it('never opens with any character altered, and no parse throws', () => {
    const text = sealKey(keyFile, { publicKey, der: der(), random });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('a', 'A', '0', '_', '\n', ' '), (at, char) => {
        const altered = text.slice(0, at) + char + text.slice(at + 1);
        return altered === text || open(altered, keyFile) !== 'opened';
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (junk) => !parseSealedKey(junk).ok));
  });

  it('cannot ask its reader for gigabytes', () => {
    const text = sealKey(passphrase('correct horse'), { publicKey, der: der(), random, logN });
    expect(open(text.replace('scrypt 14', 'scrypt 29'), passphrase('correct horse'))).toBe('sealed-form');
    expect(open(text.replace('scrypt 14', 'scrypt 15'), passphrase('correct horse'))).toBe('wrong-secret');
  });
});
