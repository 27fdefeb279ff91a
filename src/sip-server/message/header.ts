/** Header fields: names, compact forms and how they are written (RFC 3261 §7.3, §20). */
export interface Header {
  /** Lower case, never the compact form: what code compares with. */
  readonly id: string;
  readonly name: string;
  /** Unfolded and trimmed, one character a byte. */
  readonly value: string;
}

/** RFC 3261 §7.3.3 and the registry's later ones. */
const compact: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Those that capitalising each word does not spell right. */
const spelled: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  rack: 'RAck',
  rseq: 'RSeq',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
  'www-authenticate': 'WWW-Authenticate',
};

/** Names that come in lower case from the app and are common enough to be written the usual way. */
const usual = new Set([
  ...Object.values(compact),
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'alert-info',
    'allow',
    'authentication-info',
    'authorization',
  ],
  ...[
    'call-info',
    'content-disposition',
    'content-language',
    'date',
    'error-info',
    'expires',
    'history-info',
  ],
  ...[
    'in-reply-to',
    'max-forwards',
    'min-expires',
    'organization',
    'p-asserted-identity',
    'path',
    'priority',
  ],
  ...[
    'privacy',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-require',
    'reason',
    'record-route',
    'replaces',
  ],
  ...['remote-party-id', 'reply-to', 'require', 'retry-after', 'route', 'server', 'service-route'],
  ...['subscription-state', 'timestamp', 'unsupported', 'user-agent', 'warning'],
]);

/** As written for each name in lower case; made once, because every message writes its names. */
const written = new Map([...usual].map((id) => [id, spelled[id] ?? capitalised(id)]));
for (const [id, name] of Object.entries(spelled)) written.set(id, name);

export function header(name: string, value: string): Header {
  const lower = name.toLowerCase();
  const id = compact[lower] ?? lower;
  return { id, name: written.get(id) ?? name, value };
}

function capitalised(id: string): string {
  return id.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

export function headerValue(headers: readonly Header[], id: string): string | null {
  return headers.find((h) => h.id === id)?.value ?? null;
}

export function headerValues(headers: readonly Header[], id: string): string[] {
  return headers.filter((h) => h.id === id).map((h) => h.value);
}

export function without(headers: readonly Header[], ids: ReadonlySet<string>): Header[] {
  return headers.filter((h) => !ids.has(h.id));
}

/** Option tags of Require, Supported and the like, in lower case. */
export function optionTags(headers: readonly Header[], id: string): string[] {
  return headerValues(headers, id)
    .flatMap((value) => value.split(','))
    .map((tag) => tag.trim().toLowerCase())
    .filter((tag) => tag !== '');
}
