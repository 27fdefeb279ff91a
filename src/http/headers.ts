/** Headers that decide what a browser lets our pages do. One place, because the pages hold keys. */

/** The origins that a page may reach for this meeting server: its WebSocket and the same host over http(s). */
export function connectOrigins(sfuUrl: string): readonly string[] {
  if (!URL.canParse(sfuUrl)) return [];
  const url = new URL(sfuUrl);
  const pair = { 'ws:': 'http:', 'wss:': 'https:', 'http:': 'ws:', 'https:': 'wss:' }[url.protocol];
  if (pair === undefined) return [];
  return [`${url.protocol}//${url.host}`, `${pair}//${url.host}`];
}

/**
 * Nothing inline, nothing from elsewhere, no framing, no forms. `connect` holds the meeting server's origins. Trusted
 * Types: the one policy that the pages may make turns worker addresses of our own into script URLs.
 */
export function contentSecurityPolicy(connect: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    ["connect-src 'self'", ...connect].join(' '),
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types latchkey',
  ].join('; ');
}

/** The verifier's page connects to nothing, loads its own script and style, and keeps to that when it is a file. */
export function verifyPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** On every answer, pages, assets and API alike. */
export function commonHeaders(tls: boolean): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy':
      'microphone=(self), autoplay=(self), camera=(), geolocation=(), display-capture=(), usb=(), payment=()',
    ...(tls ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

/**
 * Whether a state-changing request comes from our own pages. Browsers state it (Fetch Metadata, Origin); a client that
 * sends neither is no browser and has no ambient rights that somebody else could ride on.
 */
export function sameOrigin(
  headers: {
    readonly origin?: string | undefined;
    readonly host?: string | undefined;
    readonly site: unknown;
  },
  publicUrl: string | null,
): boolean {
  if (headers.site !== undefined && headers.site !== 'same-origin') return false;
  if (headers.origin === undefined) return true;
  if (!URL.canParse(headers.origin)) return false;
  if (publicUrl !== null && new URL(headers.origin).origin === new URL(publicUrl).origin) return true;
  return new URL(headers.origin).host === headers.host;
}
