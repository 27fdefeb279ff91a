import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { missedOf, searchLeaks, type Canary } from '../../canary/search.ts';

const key: Canary = { name: 'key', bytes: randomBytes(32) };
const pin: Canary = { name: 'PIN', bytes: Buffer.from('907351'), digits: true };
const secret: Canary = { name: 'secret', bytes: Buffer.from('canary/pass+word=9f2c') };
const all = [key, pin, secret];
const found = (line: string): string[] =>
  searchLeaks([{ from: 'log', lines: [line] }], all).map((l) => l.canary);

it('finds every canary in every form that it claims to, and says where', () => {
  expect(missedOf(all)).toEqual([]);
  const lines = ['{"msg":"nothing"}', `{"msg":"sealed ${key.bytes.toString('hex')}"}`];
  expect(searchLeaks([{ from: 'vault.log', lines }], all)).toEqual([
    { canary: 'key', form: 'hex', from: 'vault.log', line: 2 },
  ]);
});

it('finds a key inside longer base64, whatever stands before it', () => {
  for (const before of [0, 1, 2, 3, 16]) {
    const blob = Buffer.concat([Buffer.alloc(before, 7), key.bytes, Buffer.alloc(5)]);
    expect(found(`x=${blob.toString('base64')}`)).toContain('key');
    expect(found(`x=${blob.toString('base64url')}`)).toContain('key');
  }
});

it('takes digits for a PIN only where they are a number of their own', () => {
  expect(found('"time":1790735142')).toEqual([]);
  expect(found('entered 907351.')).toEqual(['PIN']);
  expect(found('keys: 9 0 7 3 5 1')).toEqual(['PIN']);
});

it('knows tokens, crypto lines, private keys and typed digits whatever they hold', () => {
  expect(found('/rtc?access_token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwLTEyMyJ9.x')).toEqual(['any token']);
  expect(found('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj')).toEqual(
    ['any crypto line'],
  );
  expect(found('-----BEGIN PRIVATE KEY-----')).toEqual(['any private key']);
  expect(found('{"digit":"5"}')).toEqual(['any digit']);
  expect(found('{"digit":"[secret]","pin":"[secret]"}')).toEqual([]);
});
