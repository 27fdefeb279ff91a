import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenCheck, type TokenCheck } from '../../../src/admin/oidc.ts';
import { adminStage } from '../../support/admin-stage.ts';

type KeyLike = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const issuer = 'https://id.example';
const audience = 'latchkey';
const nowMs = 1_800_000_000_000;
let privateKey: KeyLike;
let stranger: KeyLike;
let check: TokenCheck;

beforeAll(async () => {
  const own = await generateKeyPair('ES256');
  privateKey = own.privateKey;
  stranger = (await generateKeyPair('ES256')).privateKey;
  const jwk: JWK = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES256' };
  check = createTokenCheck({
    ...{ issuer, audience, jwksUrl: 'https://id.example/jwks', roleClaim: 'groups' },
    roleNames: { reader: 'phone-readers', auditor: '', operator: 'phone-operators' },
    clock: { wallMs: () => nowMs },
    keys: { keys: [jwk] },
  });
});

interface TokenOptions {
  readonly key?: KeyLike;
  readonly issuer?: string;
  readonly audience?: string;
  readonly endsInSeconds?: number;
}

const token = (groups: unknown, options: TokenOptions = {}): Promise<string> =>
  new SignJWT({ groups })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(options.issuer ?? issuer)
    .setAudience(options.audience ?? audience)
    .setSubject('ann')
    .setExpirationTime(nowMs / 1_000 + (options.endsInSeconds ?? 60))
    .sign(options.key ?? privateKey);

describe('an access token', () => {
  it('has the highest role that it names', async () => {
    const both = await check.check(await token(['phone-readers', 'phone-operators']));
    expect(both).toEqual({ kind: 'token', id: 'https://id.example ann', role: 'operator' });
    expect(await check.check(await token('phone-readers'))).toMatchObject({ role: 'reader' });
  });

  it('is refused without a role, and an empty role name is nobody’s', async () => {
    expect(await check.check(await token(['others']))).toBeNull();
    expect(await check.check(await token(''))).toBeNull();
    expect(await check.check(await token(undefined))).toBeNull();
  });

  it('is refused of another signer, issuer, audience, and after its end', async () => {
    const groups = ['phone-operators'];
    expect(await check.check(await token(groups, { key: stranger }))).toBeNull();
    expect(await check.check(await token(groups, { issuer: 'https://evil.example' }))).toBeNull();
    expect(await check.check(await token(groups, { audience: 'another' }))).toBeNull();
    expect(await check.check(await token(groups, { endsInSeconds: -60 }))).toBeNull();
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token(groups)).split('.')[1] ?? ''}.`;
    expect(await check.check(none)).toBeNull();
    const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
    const hmac = new SignJWT({ groups }).setProtectedHeader({ alg: 'HS256' }).setIssuer(issuer);
    const forged = hmac.setAudience(audience).setSubject('ann').setExpirationTime('1h');
    expect(await check.check(await forged.sign(secret))).toBeNull();
    expect(await check.check('x'.repeat(9_000))).toBeNull();
  });

  it('stands in the ledger as a commitment, beside it the person', async () => {
    const stage = await adminStage({ tokens: check });
    const key = await token(['phone-operators']);
    const body = JSON.stringify({ name: 'board', kept: false });
    expect((await stage.ask('/v1/meetings', { key, method: 'POST', body })).status).toBe(201);
    const [entry] = stage.recorded;
    expect(JSON.stringify(entry?.data)).not.toContain('ann');
    expect(entry?.data?.['by']).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(entry?.personal).toMatchObject([{ name: 'operator', value: 'https://id.example ann' }]);
    await stage.stop();
  });
});
