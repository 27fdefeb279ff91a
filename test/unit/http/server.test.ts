import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64url } from '../../../src/base/bytes.ts';
import type { MeetingId } from '../../../src/base/ids.ts';
import { ok, refuse } from '../../../src/base/result.ts';
import { writeBundle, type Asset } from '../../../src/http/bundle.ts';
import type { ClaimRequest, HttpPorts, TokenRequest } from '../../../src/http/ports.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/server.ts';

const meetingId = 'M'.repeat(43) as MeetingId;
const registration = new Uint8Array(64).fill(7);
const joinId = toBase64url(new Uint8Array(16).fill(9));
const canary = 'canary-claim-token-0123456789';
const operators = [{ name: 'Operator', thumbprint: 'T'.repeat(43), kept: 'apart' as const }];
const dialIn = { number: '+49 30 5550 100', sip: 'sip:meet@127.0.0.1', code: '207446' };
const sfuUrl = 'ws://127.0.0.1:7880';

const asset = (file: string): Asset => {
  const body = Buffer.from(`/* ${file} */`.repeat(100));
  return { file, type: 'text/javascript', body, gzip: body, integrity: '' };
};
const names = [
  'host',
  'member',
  'cohost',
  'frame-worker',
  'clock-worker',
  'style',
  'icon',
  'verify',
  'verify-style',
];
const files = names.map(
  (name) => `${name}-AAAAAAAA.${name.endsWith('style') ? 'css' : name === 'icon' ? 'svg' : 'js'}`,
);

let folder: string;
let server: HttpServer;
let base: string;
let logged: string[];
let claims: ClaimRequest[];
let tokens: TokenRequest[];
let ready: boolean;

const ports: HttpPorts = {
  setup: () => Promise.resolve({ operators, kem: 'X-Wing', sfuUrl }),
  claimMeeting(request) {
    claims.push(request);
    if (claims.length > 1) return Promise.resolve(refuse('already-claimed'));
    return Promise.resolve(ok({ meetingId, pin: '482913', pinId: 'first', dialIn, operators, sfuUrl }));
  },
  meetingInfo: (id) => Promise.resolve(id === meetingId ? { registration, dialIn, sfuUrl, operators } : null),
  pinChallenge: (id) => Promise.resolve(id === meetingId ? new Uint8Array(40).fill(5) : null),
  hostPin: ({ meetingId: id, challenge, signature }) =>
    Promise.resolve(
      id === meetingId && challenge[0] === 5 && signature[0] === 6
        ? ok({ pinId: 'second', pin: '771204' })
        : refuse('not-host'),
    ),
  newPin: ({ meetingId: id, challenge, signature, replaces }) =>
    Promise.resolve(
      id !== meetingId || challenge[0] !== 5 || signature[0] !== 7
        ? refuse('not-host')
        : replaces === 'second'
          ? ok({ pinId: 'third', pin: '305816' })
          : refuse('pin-changed'),
    ),
  mintToken(request) {
    tokens.push(request);
    if (request.name === 'Boom') return Promise.reject(new Error(`secret ${canary}`));
    return Promise.resolve(
      request.meetingId === meetingId ? ok({ token: canary, url: sfuUrl }) : refuse('meeting-unknown'),
    );
  },
  readiness: () => Promise.resolve({ ready, reasons: ready ? [] : ['ledger-unavailable'] }),
};

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const claimWith = (extra: object = {}): Promise<Response> =>
  post('/api/meetings/claim', {
    claim: canary,
    registration: toBase64url(registration),
    hostName: 'Ada',
    ...extra,
  });
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { code: unknown }).code;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-http-'));
  await writeBundle(
    {
      assets: new Map(files.map((file) => [file, asset(file)])),
      entries: new Map(names.map((name, i) => [name, files[i]!])),
    },
    folder,
  );
  [claims, tokens, logged, ready] = [[], [], [], true];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  server = createHttpServer({ host: '127.0.0.1', port: 0, ports, log, assetsDir: folder });
  base = (await server.start()).url;
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

it('an address that cannot be read is a problem like any other, which does not repeat it', async () => {
  const answer = await fetch(`${base}/%E0%A4%Ahush`);
  const said = await answer.text();
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(said).not.toContain('hush');
});

describe('pages', () => {
  it.each(['/', '/host', '/cohost', '/verify', `/join/${meetingId}`])(
    '%s is served with a strict policy and nothing to cache',
    async (path) => {
      const response = await fetch(base + path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('cache-control')).toBe('no-cache');
    },
  );

  it.each([
    [undefined, 'en'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['pt-BR, es;q=0.4, fr;q=0.7', 'fr'],
    ['de;q=0, es', 'es'],
    ['ja, zh', 'en'],
    ['<script>, q=;;;', 'en'],
  ])('speak the language of the browser: %s', async (header, language) => {
    const headers = header === undefined ? {} : { 'accept-language': header };
    const response = await fetch(`${base}/`, { headers });
    expect(await response.text()).toContain(`<html lang="${language}">`);
    expect(response.headers.get('vary')).toContain('accept-language');
  });

  it('carry integrity values for every script and style, and nothing inline', async () => {
    const html = await (await fetch(`${base}/host`)).text();
    const loads = html.match(/<(script|link rel="stylesheet")[^>]*>/g) ?? [];
    expect(loads).toHaveLength(2);
    for (const load of loads) expect(load).toMatch(/integrity="sha384-[A-Za-z0-9+/]{64}"/);
    expect(html).not.toMatch(/<script[^>]*>[^<]|style=|onload=|https?:/);
  });

  it('let the ledger’s verifier reach nobody', async () => {
    const policy = (await fetch(`${base}/verify`)).headers.get('content-security-policy');
    expect(policy).not.toContain('connect-src');
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('let the browser reach the meeting server that is set up', async () => {
    const policy = (await fetch(`${base}/host`)).headers.get('content-security-policy');
    expect(policy).toContain("connect-src 'self' ws://127.0.0.1:7880 http://127.0.0.1:7880");
  });

  it('serve assets by hash for ever, zipped where wanted, and nothing else of the file system', async () => {
    const response = await fetch(`${base}/assets/${files[0]!}`);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toContain('/* host-AAAAAAAA.js */');
    const plain = await fetch(`${base}/assets/${files[0]!}`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    for (const path of ['manifest.json', '..%2Fmanifest.json', '%2e%2e/manifest.json', 'nothing.js']) {
      expect((await fetch(`${base}/assets/${path}`)).status).toBe(404);
    }
  });
});

describe('the PIN for the host', () => {
  const ask = (first: number, id: string = meetingId, more: object = {}): Promise<Response> =>
    post(`/api/meetings/${id}/pin`, {
      challenge: toBase64url(new Uint8Array(40).fill(5)),
      signature: toBase64url(new Uint8Array(64).fill(first)),
      ...more,
    });

  it('is told for a signed challenge, never to be kept by a cache, and stands in no log', async () => {
    const challenge = await post(`/api/meetings/${meetingId}/pin-challenge`, {});
    expect(await challenge.json()).toEqual({ challenge: toBase64url(new Uint8Array(40).fill(5)) });
    const answer = await ask(6);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ pinId: 'second', pin: '771204' });
    expect(logged.join('')).not.toContain('771204');
  });

  it('is drawn anew for another signature that names the one in force, a few times, and stands in no log', async () => {
    const draw = (first: number, replaces: string): Promise<Response> =>
      post(`/api/meetings/${meetingId}/new-pin`, {
        challenge: toBase64url(new Uint8Array(40).fill(5)),
        signature: toBase64url(new Uint8Array(64).fill(first)),
        replaces,
      });
    const answer = await draw(7, 'second');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(await answer.json()).toEqual({ pinId: 'third', pin: '305816' });
    expect(await codeOf(await draw(6, 'second'))).toBe('not-host');
    const late = await draw(7, 'first');
    expect([late.status, await codeOf(late)]).toEqual([409, 'pin-changed']);
    expect((await draw(7, '')).status).toBe(400);
    expect((await draw(7, 'a/b')).status).toBe(400);
    expect((await draw(7, 'second')).status).toBe(429);
    expect(logged.join('')).not.toContain('305816');
  });

  it('is refused to everybody else in the same words', async () => {
    for (const answer of [await ask(7), await ask(6, 'N'.repeat(43))]) {
      expect(answer.status).toBe(403);
      expect(await codeOf(answer)).toBe('not-host');
    }
    expect((await post(`/api/meetings/${'N'.repeat(43)}/pin-challenge`, {})).status).toBe(404);
    expect((await ask(6, meetingId, { challenge: 'short' })).status).toBe(400);
    expect((await ask(6, meetingId, { more: 1 })).status).toBe(400);
  });
});

describe('claim', () => {
  it('hands the PIN to the first browser and 409 already-claimed to the second', async () => {
    const first = await claimWith();
    expect(first.status).toBe(201);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await first.json()).toEqual({
      meetingId,
      pin: '482913',
      pinId: 'first',
      dialIn,
      operators,
      sfuUrl,
    });
    expect(claims[0]).toEqual({ claim: canary, registration, hostName: 'Ada' });
    const second = await claimWith();
    expect(second.status).toBe(409);
    expect(second.headers.get('content-type')).toContain('application/problem+json');
    expect(await codeOf(second)).toBe('already-claimed');
  });

  it.each([
    ['an unknown member', { extra: 1 }],
    ['a claim that is no text', { claim: 7 }],
    ['a short claim', { claim: 'short' }],
    ['an empty name', { hostName: '' }],
    ['a name with a line break', { hostName: 'Ada\nBen' }],
    ['a name that turns the text around', { hostName: 'Ada\u202eneB' }],
    ['a long name', { hostName: 'A'.repeat(65) }],
    ['a registration with padding', { registration: `${toBase64url(registration)}==` }],
    ['a registration that does not re-encode', { registration: 'A'.repeat(21) + 'B' }],
  ])('refuses %s and asks nobody', async (_name, extra) => {
    const response = await claimWith(extra);
    expect(response.status).toBe(400);
    expect(claims).toHaveLength(0);
  });

  it('refuses what is no JSON, too large or from another site', async () => {
    expect((await post('/api/meetings/claim', '{"claim":')).status).toBe(400);
    expect((await post('/api/meetings/claim', { claim: 'x'.repeat(40_000) })).status).toBe(413);
    expect((await post('/api/meetings/claim', 'claim=1', { 'content-type': 'text/plain' })).status).toBe(415);
    const foreign = await post('/api/meetings/claim', {}, { origin: 'https://evil.example' });
    expect([foreign.status, await codeOf(foreign)]).toEqual([403, 'cross-origin']);
    expect(claims).toHaveLength(0);
  });

  it.each([
    ['a trusted proxy: by whom it names', ['127.0.0.1'], [403, 403]],
    ['anybody else: by its own address, whatever it says', [], [429, 429]],
  ])('is limited, behind %s', async (_, trustedProxies, last) => {
    const log = pino({ level: 'silent' });
    const more = { trustedProxies, assetsDir: folder };
    const refusing = { ...ports, claimMeeting: () => Promise.resolve(refuse('claim-unknown' as const)) };
    const proxied = createHttpServer({ host: '127.0.0.1', port: 0, ports: refusing, log, ...more });
    const { url } = await proxied.start();
    const body = JSON.stringify({ claim: canary, registration: toBase64url(registration), hostName: 'A' });
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `192.0.2.${i}` };
      statuses.push((await fetch(`${url}/api/meetings/claim`, { method: 'POST', headers, body })).status);
    }
    expect(statuses.slice(-2)).toEqual(last);
    await proxied.stop();
  });

  it('is limited by source', async () => {
    const statuses = [];
    for (let i = 0; i < 7; i++) statuses.push((await claimWith()).status);
    expect(statuses.slice(-2)).toEqual([429, 429]);
    expect((await claimWith()).headers.get('retry-after')).toMatch(/^[1-9]/);
  });
});

describe('meeting and token', () => {
  it('gives the registration and the dial-in, but no PIN', async () => {
    const info = await (await fetch(`${base}/api/meetings/${meetingId}`)).json();
    expect(info).toEqual({ registration: toBase64url(registration), dialIn, sfuUrl, operators });
    const other = await fetch(`${base}/api/meetings/${'N'.repeat(43)}`);
    expect([other.status, await codeOf(other)]).toEqual([404, 'meeting-unknown']);
    expect((await fetch(`${base}/api/meetings/short`)).status).toBe(400);
  });

  it('mints a token for one join id and name', async () => {
    const response = await post(`/api/meetings/${meetingId}/token`, { joinId, name: 'Ben' });
    expect(await response.json()).toEqual({ token: canary, url: sfuUrl });
    expect(tokens).toEqual([{ meetingId, joinId, name: 'Ben' }]);
    expect((await post(`/api/meetings/${'N'.repeat(43)}/token`, { joinId, name: 'Ben' })).status).toBe(404);
    expect((await post(`/api/meetings/${meetingId}/token`, { joinId: 'short', name: 'Ben' })).status).toBe(
      400,
    );
    const bent = `${joinId.slice(0, -1)}-`;
    expect((await post(`/api/meetings/${meetingId}/token`, { joinId: bent, name: 'Ben' })).status).toBe(400);
  });

  it('tells nothing of an unforeseen error', async () => {
    const response = await post(`/api/meetings/${meetingId}/token`, { joinId, name: 'Boom' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain(canary);
  });
});

describe('health and logs', () => {
  it('is live, and ready only with reasons named where it is not', async () => {
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    ready = false;
    const response = await fetch(`${base}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, reasons: ['ledger-unavailable'] });
  });

  it('logs routes, never addresses, tokens, PINs or names', async () => {
    await claimWith();
    await fetch(`${base}/join/${meetingId}?access_token=${canary}`);
    await post(`/api/meetings/${meetingId}/token`, { joinId, name: 'Boom' });
    await fetch(`${base}/nowhere/${canary}`);
    const all = logged.join('');
    expect(all).toContain('/join/:meetingId');
    for (const secret of [canary, '482913', meetingId, joinId, 'Boom', 'Ada'])
      expect(all).not.toContain(secret);
  });

  it('names the setting when its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const log = pino({ level: 'silent' });
    const second = createHttpServer({ host: '127.0.0.1', port, ports, log, assetsDir: folder });
    const refusal: unknown = await second.start().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'port-busy' });
    expect(String(refusal)).toContain('http.port');
    await second.stop();
    other.close();
  });
});
