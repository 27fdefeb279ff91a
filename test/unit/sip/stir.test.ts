import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { ok } from '../../../src/base/result.ts';
import {
  createCertificateStore,
  type CertificateStoreOptions,
} from '../../../src/sip/stir/certificate-store.ts';
import { mayUse, numberAuthority } from '../../../src/sip/stir/number-authority.ts';
import { readIdentity } from '../../../src/sip/stir/passport.ts';
import { isPublicAddress } from '../../../src/sip/stir/public-address.ts';
import { SeenPassports } from '../../../src/sip/stir/seen-passports.ts';
import { verifierOf } from '../../../src/sip/stir/settings.ts';
import { createCallVerifier, type CallClaims, type Verified } from '../../../src/sip/stir/verify-call.ts';
import { manualClock } from '../../support/clock.ts';
import {
  destination,
  identityHeader,
  oneNumber,
  origin,
  rootAuthority,
  signedAtMs,
  x5u,
  type Authority,
  type Issued,
  type PassportText,
} from '../../support/stir-signer.ts';
import { waitUntil } from '../../support/sip-until.ts';

let root: Authority;
let between: Authority;
let provider: Issued;
beforeAll(() => {
  root = rootAuthority('Root');
  between = root.authority('Between');
  provider = between.issue({ name: 'SHAKEN 709J' });
});

const claims = (over: Partial<CallClaims> = {}): CallClaims => ({
  identity: identityHeader(provider.key),
  from: `+${origin}`,
  to: [`+${destination}`],
  atMs: signedAtMs,
  ...over,
});

interface Given {
  readonly served?: string;
  readonly ownNumbers?: readonly string[];
}

function verify(over: Partial<CallClaims>, { served, ownNumbers = [] }: Given = {}): Promise<Verified> {
  return createCallVerifier({
    anchors: [root.certificate],
    certificates: {
      get: (url) => Promise.resolve(ok(url === x5u ? (served ?? provider.pem + between.pem) : '')),
    },
    ownNumbers,
  }).verify(claims(over));
}
const passport = (over: PassportText, key = provider.key): Partial<CallClaims> => ({
  identity: identityHeader(key, over),
});
const failed = (why: string): Verified => ({ verification: 'failed', why }) as Verified;

describe('a call (RFC 8224 §6.2)', () => {
  test.each(['A', 'B', 'C'] as const)('with attestation %s', async (attest) => {
    expect(await verify(passport({ claims: { attest } }))).toEqual({ verification: attest, why: 'signed' });
  });

  test('by a passport that another call has brought before is replayed, until nobody would take it any more', async () => {
    const given = { anchors: [root.certificate], ownNumbers: [] };
    const certificates = { get: () => Promise.resolve(ok(provider.pem + between.pem)) };
    const seen = new SeenPassports(2);
    const verifier = createCallVerifier({ ...given, certificates, seen });
    const signed = { verification: 'A', why: 'signed' };
    const first = identityHeader(provider.key);
    expect(await verifier.verify(claims({ identity: first }))).toEqual(signed);
    // Signed once more over the same claims it is another text, and the same passport.
    const again = identityHeader(provider.key);
    expect(again).not.toBe(first);
    expect(await verifier.verify(claims({ identity: again }))).toEqual(failed('passport-replayed'));
    // One that fails for another reason is not remembered, and cannot fill the memory.
    for (let n = 0; n < 5; n += 1)
      await verifier.verify(
        claims({
          identity: identityHeader(between.issue({ name: 'x' }).key, { claims: { origid: `${n}` } }),
        }),
      );
    const other = (origid: string) =>
      claims({ identity: identityHeader(provider.key, { claims: { origid } }) });
    expect(await verifier.verify(other('another'))).toEqual(signed);
    expect(await verifier.verify(other('a third'))).toEqual(failed('passports-too-many'));
    const later = signedAtMs + 61_000;
    const fresh = { claims: { iat: later / 1_000, origid: 'later' } };
    expect(
      await verifier.verify(claims({ identity: identityHeader(provider.key, fresh), atMs: later })),
    ).toEqual(signed);
  });

  test('without an Identity header, or with none of type shaken, says nothing', async () => {
    expect(await verify({ identity: undefined })).toEqual({ verification: 'absent', why: 'no-identity' });
    const div = identityHeader(provider.key, { ppt: 'div' });
    expect(await verify({ identity: div })).toEqual({ verification: 'absent', why: 'no-shaken-passport' });
    // Beside another type, and in a URI with a comma.
    const both = `${div.replace('a.pem', 'a,b.pem')},${identityHeader(provider.key)}`;
    expect(await verify({ identity: both })).toMatchObject({ verification: 'A' });
  });

  test('is fresh for 60 seconds, before and after', async () => {
    for (const seconds of [-60, 60])
      expect(await verify({ atMs: signedAtMs + seconds * 1_000 })).toMatchObject({ verification: 'A' });
    for (const seconds of [-61, 61])
      expect(await verify({ atMs: signedAtMs + seconds * 1_000 })).toEqual(failed('passport-stale'));
  });

  test('is from the number that signed, and to the number that was signed', async () => {
    expect(await verify({ from: '+49 (30) 123-45' })).toMatchObject({ verification: 'A' });
    for (const from of ['+493012346', 'alice', '030123'])
      expect(await verify({ from })).toEqual(failed('orig-mismatch'));
    for (const from of ['', 'Anonymous'])
      expect(await verify({ from })).toEqual({ verification: 'absent', why: 'number-withheld' });
    expect(await verify({ to: ['meet', destination] })).toMatchObject({ verification: 'A' });
    expect(await verify({ to: ['meet', ''] })).toEqual(failed('dest-mismatch'));
    expect(await verify({ to: ['meet'] }, { ownNumbers: [`+${destination}`] })).toMatchObject({
      verification: 'A',
    });
  });

  test('whatever is changed in it fails', async () => {
    const good = identityHeader(provider.key);
    const parts = good.split(/[.;]/);
    const other = identityHeader(provider.key, { claims: { attest: 'B' } }).split(/[.;]/);
    const swapped = good.replace(parts[1]!, other[1]!);
    expect(await verify({ identity: swapped })).toEqual(failed('signature-wrong'));
    const stranger = between.issue({ name: 'Stranger' });
    expect(await verify(passport({}, stranger.key))).toEqual(failed('signature-wrong'));
  });

  test.each<[string, PassportText]>([
    ['passport-algorithm', { header: { alg: 'none' } }],
    ['passport-algorithm', { header: { alg: 'HS256' } }],
    ['passport-syntax', { header: { typ: 'JWT' } }],
    ['passport-syntax', { header: { ppt: undefined } }],
    ['passport-syntax', { header: { x5u: 7 } }],
    ['passport-info', { info: 'https://certs.example.net/b.pem' }],
    ['passport-info', { info: null }],
    ['passport-claims', { claims: { attest: 'D' } }],
    ['passport-claims', { claims: { iat: '1700000000' } }],
    ['passport-claims', { claims: { origid: undefined } }],
    ['passport-claims', { claims: { orig: { tn: [origin] } } }],
    ['passport-claims', { claims: { dest: { uri: ['sip:meet@example.net'] } } }],
    ['passport-claims', { claims: { dest: { tn: [] } } }],
  ])('%s', async (why, over) => expect(await verify(passport(over))).toEqual(failed(why)));

  test('the compact form and broken texts are refused', async () => {
    const good = identityHeader(provider.key);
    const compact = good.replace(/^[^.]+\.[^.]+\./, '..');
    for (const identity of [compact, `x${good}`, good.replace('.', '.='), good.replace('.', '..')])
      expect((await verify({ identity })).verification).toBe('failed');
  });
});

describe('its signer (RFC 8226)', () => {
  const signedWith = (issued: Issued, served: string): Promise<Verified> =>
    verify(passport({}, issued.key), { served });

  test('leads to an anchor, with what the repository serves and in any order behind the first', async () => {
    const last = between.authority('Last');
    const deep = last.issue({ name: 'Deep' });
    expect(await signedWith(deep, deep.pem + between.pem + last.pem)).toMatchObject({ verification: 'A' });
    expect(await signedWith(deep, deep.pem + between.pem)).toEqual(failed('certificate-untrusted'));
    expect(await signedWith(provider, provider.pem)).toEqual(failed('certificate-untrusted'));
    const forger = rootAuthority('Root');
    const forged = forger.issue({ name: 'SHAKEN 709J' });
    expect(await signedWith(forged, forged.pem + forger.pem)).toEqual(failed('certificate-untrusted'));
    // A certificate that is no authority's signs none.
    const child = { ...provider, ...between.issue({ name: 'x' }) };
    expect(await signedWith(child, child.pem + provider.pem + root.pem)).toEqual(
      failed('certificate-untrusted'),
    );
  });

  test('has a certificate of its own kind that is valid now', async () => {
    expect(await signedWith(between, between.pem)).toEqual(failed('certificate-kind'));
    const large = between.issue({ name: 'Large', curve: 'secp384r1' });
    expect(await signedWith(large, large.pem + between.pem)).toMatchObject({ verification: 'failed' });
    const iat = signedAtMs / 1_000 + 40 * 86_400;
    const late = await verify({ ...passport({ claims: { iat } }), atMs: iat * 1_000 });
    expect(late).toEqual(failed('certificate-expired'));
    expect(await signedWith(provider, 'no certificate')).toEqual(failed('certificate-syntax'));
  });

  test('may sign for that number', async () => {
    const own = between.issue({ name: 'Own', numbers: oneNumber(origin) });
    expect(await signedWith(own, own.pem + between.pem)).toMatchObject({ verification: 'A' });
    const others = between.issue({ name: 'Other', numbers: oneNumber('493099999') });
    expect(await signedWith(others, others.pem + between.pem)).toEqual(failed('number-not-authorized'));
    const none = between.issue({ name: 'None', numbers: null });
    expect(await signedWith(none, none.pem + between.pem)).toEqual(failed('no-number-authority'));
    const broken = between.issue({ name: 'Broken', numbers: '3003a00116' });
    expect(await signedWith(broken, broken.pem + between.pem)).toEqual(failed('certificate-syntax'));
  });

  test('a range begins at its number and ends before its count', () => {
    const range = [{ kind: 'range', start: '4930000', count: 100 }] as const;
    const inside = (number: string): boolean => mayUse(range, number);
    expect(['4930000', '4930099', '4930100', '4929999', '49300000', '493'].map(inside)).toEqual([
      ...[true, true, false, false, false, false],
    ]);
  });
});

test('whatever the bytes, parsers answer', () => {
  const der = [...provider.certificate.raw];
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (at, byte, length) => {
      numberAuthority(Uint8Array.from(der.with(at, byte)));
      numberAuthority(Uint8Array.from(der.slice(0, length)));
    }),
    { numRuns: 2_000, seed: 8226 },
  );
  const good = identityHeader(provider.key);
  fc.assert(
    fc.property(fc.string(), fc.nat(good.length), (text, at) => {
      readIdentity(good.slice(0, at) + text + good.slice(at + 1));
      readIdentity(text);
    }),
    { numRuns: 2_000, seed: 8224 },
  );
});

test('the configuration: no anchors, no start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'anchors-'));
  const file = join(folder, 'anchors.pem');
  const settings = { anchorsFile: file, certificateHosts: ['certs.example.net'], ownNumbers: [] };
  try {
    expect(verifierOf(null, systemClock)).toBeNull();
    expect(() => verifierOf(settings, systemClock)).toThrow(/sip\.stir\.anchorsFile: cannot read/);
    for (const wrong of ['', provider.pem, root.pem + provider.pem]) {
      writeFileSync(file, wrong);
      expect(() => verifierOf(settings, systemClock)).toThrow(/holds no certificates of authorities/);
    }
    writeFileSync(file, root.pem + between.pem);
    expect(verifierOf(settings, systemClock)).not.toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('addresses that are not public', () => {
  const inner = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1'],
    ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fd00::1', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1', '2002:7f00:1::', '2001:db8::1', 'name', ''],
  ];
  expect(inner.filter((address) => isPublicAddress(address))).toEqual([]);
  expect(['8.8.8.8', '172.32.0.1', '2606:4700::1111'].filter((address) => !isPublicAddress(address))).toEqual(
    [],
  );
});

describe('certificates by URL', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** A repository on loopback, named certs.example.net by a certificate of its own. */
  async function repository(
    answer: Parameters<typeof createServer>[1],
    over: Partial<CertificateStoreOptions> = {},
  ) {
    const host = root.issue({ name: 'certs.example.net', dns: 'certs.example.net' });
    const asked: string[] = [];
    const server: Server = createServer({ key: host.keyPem, cert: host.pem }, (request, response) => {
      asked.push(request.url ?? '');
      answer!(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const store = createCertificateStore({
      ...{ clock: systemClock, hosts: ['certs.example.net', '*.example.org'], ports: [port], ca: root.pem },
      ...{ resolve: () => Promise.resolve(['127.0.0.1']), isPublic: () => true },
      ...over,
    });
    return {
      asked,
      store,
      url: (path: string, name = 'certs.example.net') => `https://${name}:${port}${path}`,
    };
  }

  test('is asked once, for all that want it at once and for an hour', async () => {
    const clock = manualClock();
    const one = await repository((_, response) => response.end('PEM'), { clock });
    const twice = await Promise.all([one.store.get(one.url('/a')), one.store.get(one.url('/a'))]);
    expect(twice).toEqual([ok('PEM'), ok('PEM')]);
    clock.advance(3_599_000);
    await one.store.get(one.url('/a'));
    expect(one.asked).toEqual(['/a']);
    clock.advance(2_000);
    await one.store.get(one.url('/a'));
    expect(one.asked).toEqual(['/a', '/a']);
  });

  test('no other host, port, scheme or user than allowed', async () => {
    const one = await repository((_, response) => response.end('PEM'));
    for (const url of [
      ...[one.url('/a', 'certs.example.com'), one.url('/a', 'example.org'), one.url('/a', '127.0.0.1')],
      ...[one.url('/a', 'xcerts.example.net'), one.url('/a', '[::1]'), one.url('/a', 'certs.example.net.')],
      ...['https://certs.example.net/a', one.url('/a').replace('https', 'http'), 'file:///etc/passwd', 'x'],
      ...[one.url('/a').replace('//', '//user:word@'), one.url(`/${'a'.repeat(600)}`)],
    ])
      expect(await one.store.get(url), url).toEqual({ ok: false, reason: 'x5u-not-allowed' });
    expect(one.asked).toEqual([]);
  });

  test('no address that is not public, even beside one that is', async () => {
    for (const addresses of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1']]) {
      const one = await repository((_, response) => response.end('PEM'), {
        resolve: () => Promise.resolve(addresses),
        isPublic: isPublicAddress,
      });
      expect(await one.store.get(one.url('/a'))).toEqual({ ok: false, reason: 'x5u-private-address' });
      expect(one.asked).toEqual([]);
    }
  });

  test('no redirect, no long answer, no name but its own', async () => {
    const one = await repository((request, response) => {
      if (request.url === '/long') response.end('x'.repeat(40_000));
      else response.writeHead(302, { location: one.url('/a') }).end();
    });
    expect(await one.store.get(one.url('/moved'))).toEqual({ ok: false, reason: 'x5u-status' });
    expect(await one.store.get(one.url('/long'))).toEqual({ ok: false, reason: 'x5u-too-long' });
    expect(await one.store.get(one.url('/a', 'a.example.org'))).toEqual({
      ok: false,
      reason: 'x5u-unreachable',
    });
    // A failure is remembered for a while.
    await one.store.get(one.url('/moved'));
    expect(one.asked).toEqual(['/moved', '/long']);
  });

  test('two seconds, and eight at once', async () => {
    const clock = manualClock();
    const one = await repository(() => undefined, { clock });
    const waiting = Array.from({ length: 8 }, (_, n) => one.store.get(one.url(`/${n}`)));
    await waitUntil(() => one.asked.length === 8, 'eight requests');
    expect(await one.store.get(one.url('/8'))).toEqual({ ok: false, reason: 'x5u-busy' });
    clock.advance(2_000);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ ok: false, reason: 'x5u-slow' })));
  });

  test('a name that cannot be looked up', async () => {
    const one = await repository(() => undefined, { resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    expect(await one.store.get(one.url('/a'))).toEqual({ ok: false, reason: 'x5u-unreachable' });
  });
});
