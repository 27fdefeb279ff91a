import { describe, expect, it } from 'vitest';
import { answerChallenge, type Account } from '../../../../src/sip/digest/client.ts';
import { digestResponse, digestResponseWithoutQop, hashedIdentity } from '../../../../src/sip/digest/hash.ts';
import { Nonces } from '../../../../src/sip/digest/nonce.ts';
import { parseDigests } from '../../../../src/sip/digest/parameters.ts';
import { challenges, claimedUser, createRealm, verifyDigest } from '../../../../src/sip/digest/server.ts';

describe('the published examples', () => {
  const mufasa = { user: 'Mufasa', realm: 'http-auth@example.org', password: 'Circle of Life' };
  const exchange = {
    method: 'GET',
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    count: '00000001',
    clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };

  it('RFC 7616 §3.9.1: SHA-256 and MD5', () => {
    expect(digestResponse('SHA-256', hashedIdentity('SHA-256', mufasa), exchange)).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
    expect(digestResponse('MD5', hashedIdentity('MD5', mufasa), exchange)).toBe(
      '8ca523f5e9506fed4657c9700eebdbec',
    );
  });

  it('RFC 7616 §3.9.2 as erratum 4897 corrects it: SHA-512-256 and UTF-8', () => {
    const jason = { user: 'J\u00e4s\u00f8n Doe', realm: 'api@example.org', password: 'Secret, or not?' };
    const get = {
      method: 'GET',
      uri: '/doe.json',
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      count: '00000001',
      clientNonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    };
    expect(digestResponse('SHA-512-256', hashedIdentity('SHA-512-256', jason), get)).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    );
  });

  it('RFC 2069 §2.4 as its erratum corrects it: without qop', () => {
    const old = { user: 'Mufasa', realm: 'testrealm@host.com', password: 'CircleOfLife' };
    const get = { method: 'GET', uri: '/dir/index.html', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' };
    expect(digestResponseWithoutQop('MD5', hashedIdentity('MD5', old), get)).toBe(
      '1949323746fe6a43ef61f9606e7febea',
    );
  });
});

describe('the parameters', () => {
  it('of several challenges that were joined by commas', () => {
    const parsed = parseDigests(
      'Digest realm="a, b", nonce="1\\"2", algorithm=SHA-256,Basic realm="c",Digest realm=d , nonce=e',
    );
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.value.map((each) => Object.fromEntries(each))).toEqual([
      { realm: 'a, b', nonce: '1"2', algorithm: 'SHA-256' },
      { realm: 'd', nonce: 'e' },
    ]);
  });

  it('are refused where they are no parameters, stand twice or are too many', () => {
    const reason = (value: string) => {
      const parsed = parseDigests(value);
      return parsed.ok ? 'ok' : parsed.reason;
    };
    expect(reason('Digest')).toBe('malformed');
    expect(reason('Digest realm')).toBe('malformed');
    expect(reason('realm="x"')).toBe('malformed');
    expect(reason('Digest realm="x" nonce="y"')).toBe('malformed');
    expect(reason('Digest realm="x')).toBe('malformed');
    expect(reason('Digest a="1", A="2"')).toBe('duplicate');
    expect(
      reason(
        `Digest ${Array.from({ length: 30 }, (_, i) => `p${String.fromCharCode(97 + (i % 26))}${'x'.repeat(i)}=1`).join(',')}`,
      ),
    ).toBe('too-long');
    expect(reason(`Digest a="${'x'.repeat(9_000)}"`)).toBe('too-long');
    expect(reason('Digest a=1, '.repeat(20))).toBe('too-long');
  });
});

function stage(options: { allowMd5?: boolean; remembered?: number } = {}) {
  let now = 1_000;
  let salt = 0;
  const random = (bytes: number) => Buffer.alloc(bytes, (salt += 1));
  const nonces = new Nonces({
    secret: Buffer.alloc(32, 7),
    random,
    now: () => now,
    ...(options.remembered === undefined ? {} : { remembered: options.remembered }),
  });
  const realm = createRealm(
    'latchkey',
    [{ name: 'office', password: 'open sesame' }],
    ['SHA-512-256', 'SHA-256', ...(options.allowMd5 === true ? (['MD5'] as const) : [])],
  );
  const uri = 'sip:meet@192.0.2.1';
  const ask = (stale = false) => challenges(realm, nonces, stale).join(',');
  const answer = (account: Partial<Account> = {}, challenge = ask(), signed = uri) => {
    const full = { user: 'office', password: 'open sesame', allowMd5: false, ...account };
    const made = answerChallenge(full, { challenge, method: 'INVITE', uri: signed, clientNonce: 'c0ffee' });
    if (!made.ok) throw new Error(made.reason);
    return made.value.authorization;
  };
  const check = (authorization: string | null, method = 'INVITE', asked = uri) =>
    verifyDigest(realm, nonces, { authorization, method, uri: asked });
  return { nonces, realm, ask, answer, check, pass: (ms: number) => (now += ms) };
}

describe('our server and our client', () => {
  it('agree by the strongest algorithm', () => {
    const { answer, check } = stage();
    const authorization = answer();
    expect(authorization).toContain('algorithm=SHA-512-256');
    expect(claimedUser(authorization)).toBe('office');
    expect(check(authorization)).toBe('right');
    expect(check(null)).toBe('absent');
  });

  it('take an answer once: the same count again is stale, a higher one is right', () => {
    const { answer, check, realm } = stage();
    const authorization = answer();
    expect(check(authorization)).toBe('right');
    expect(check(authorization)).toBe('stale');
    const nonce = /nonce="([^"]+)"/.exec(authorization)![1]!;
    const identity = realm.users.get('office')!['SHA-256']!;
    const exchange = {
      method: 'INVITE',
      uri: 'sip:meet@192.0.2.1',
      nonce,
      count: '0000000a',
      clientNonce: 'x',
    };
    const next = `Digest username="office", realm="latchkey", nonce="${nonce}", uri="${exchange.uri}", response="${digestResponse('SHA-256', identity, exchange)}", algorithm=SHA-256, qop=auth, nc=0000000a, cnonce="x"`;
    expect(check(next)).toBe('right');
    expect(check(next.replace('0000000a', '00000009'))).toBe('wrong');
  });

  it('refuse another password, user, method, URI and nonce', () => {
    const { answer, check } = stage();
    expect(check(answer({ password: 'guess' }))).toBe('wrong');
    expect(check(answer({ user: 'nobody' }))).toBe('wrong');
    expect(check(answer(), 'BYE')).toBe('wrong');
    expect(check(answer(), 'INVITE', 'sip:other@192.0.2.1')).toBe('wrong');
    expect(check(answer(), 'INVITE', 'sip:meet@192.0.2.1;transport=udp')).toBe('right');
    expect(check(answer().replace(/(nonce=".{30})./, '$1_'))).toBe('stale');
    expect(check(answer().replace('realm="latchkey"', 'realm="elsewhere"'))).toBe('absent');
    expect(check(answer().replace('qop=auth', 'qop=auth-int'))).toBe('wrong');
    expect(check('Digest nonsense')).toBe('wrong');
  });

  it('let a nonce grow old, and say so', () => {
    const { answer, check, pass, ask } = stage();
    const authorization = answer();
    pass(300_000);
    expect(check(authorization)).toBe('stale');
    const renewed = answerChallenge(
      { user: 'office', password: 'open sesame', allowMd5: false },
      { challenge: ask(true), method: 'INVITE', uri: 'sip:meet@192.0.2.1', clientNonce: 'z' },
    );
    expect(renewed).toMatchObject({ ok: true, value: { stale: true } });
  });

  it('know MD5 only where it is allowed, on either side', () => {
    const strict = stage();
    expect(strict.ask()).not.toContain('MD5');
    expect(strict.check(strict.answer().replace('SHA-512-256', 'MD5'))).toBe('algorithm');
    const lax = stage({ allowMd5: true });
    const md5 = challenges(lax.realm, lax.nonces, false).at(-1)!;
    expect(md5).toContain('algorithm=MD5');
    expect(lax.check(lax.answer({ allowMd5: true }, md5))).toBe('right');
    expect(() => strict.answer({}, md5)).toThrow('md5-only');
    expect(() => strict.answer({}, 'Digest realm="a", nonce="b", algorithm=SHA-1')).toThrow('unsupported');
  });

  it('remember a bounded number of nonces, and take none back that was let go', () => {
    const { answer, check, nonces, pass } = stage({ remembered: 3 });
    const first = answer();
    expect(check(first)).toBe('right');
    for (let i = 0; i < 5; i++) {
      pass(10);
      expect(check(answer())).toBe('right');
    }
    expect(nonces.inUse).toBe(3);
    expect(check(first)).toBe('stale');
  });
});
