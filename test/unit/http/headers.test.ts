import { describe, expect, it } from 'vitest';
import {
  commonHeaders,
  connectOrigins,
  contentSecurityPolicy,
  sameOrigin,
} from '../../../src/http/headers.ts';

describe('content security policy', () => {
  const policy = contentSecurityPolicy(connectOrigins('wss://sfu.example:7880/rtc'));

  it('lets the pages reach their own origin and the meeting server, and nothing else', () => {
    expect(policy).toContain("connect-src 'self' wss://sfu.example:7880 https://sfu.example:7880;");
    expect(policy).toContain("default-src 'none'");
  });

  it('allows nothing inline, nothing evaluated and no frame', () => {
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
  });

  it('names no origin for an address that is none', () => {
    expect(connectOrigins('not a url')).toEqual([]);
    expect(connectOrigins('javascript:alert(1)')).toEqual([]);
    expect(connectOrigins('ws://127.0.0.1:7880')).toEqual(['ws://127.0.0.1:7880', 'http://127.0.0.1:7880']);
  });
});

describe('headers of every answer', () => {
  it('promise https only where there is https', () => {
    expect(commonHeaders(false)).not.toHaveProperty('strict-transport-security');
    expect(commonHeaders(true)).toHaveProperty('strict-transport-security');
  });
});

describe('same origin', () => {
  const host = 'meet.example:8443';
  it.each([
    ['our own page', { origin: `https://${host}`, host, site: 'same-origin' }, true],
    ['a client that is no browser', { host, site: undefined }, true],
    ['another site', { origin: 'https://evil.example', host, site: 'cross-site' }, false],
    ['another site of an old browser', { origin: 'https://evil.example', host, site: undefined }, false],
    ['a sandboxed frame', { origin: 'null', host, site: undefined }, false],
    ['another port of our host', { origin: 'https://meet.example', host, site: 'same-site' }, false],
    ['a form that hides its origin', { host, site: 'cross-site' }, false],
  ])('%s', (_name, headers, expected) => {
    expect(sameOrigin(headers, null)).toBe(expected);
  });

  it('takes the public address behind a reverse proxy as ours', () => {
    const headers = { origin: 'https://meet.example', host: '127.0.0.1:8080', site: 'same-origin' };
    expect(sameOrigin(headers, 'https://meet.example/')).toBe(true);
    expect(sameOrigin(headers, 'https://other.example/')).toBe(false);
  });
});
