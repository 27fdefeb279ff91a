import { isIPv4 } from 'node:net';
import { splitList, type Param } from '../message/grammar.ts';
import { parseMessage, type SipMessage } from '../message/message.ts';
import { parseVia, writeVia } from '../message/via.ts';
import type { Header } from '../message/header.ts';

/**
 * A SIP message as an operator may keep it and pass it on: what it does, to and from which hosts, and with which media. Whom it
 * concerns and what would let somebody act in its place is not in it: numbers and names end in their last three digits, tags and
 * branches become marks that are the same only where they were the same, keys, credentials, digits and what nobody has listed
 * here become a count of characters.
 */
export function maskedMessage(bytes: Buffer, mark: (value: string) => string): string {
  const parsed = parseMessage(bytes, 'datagram');
  if (!parsed.ok) return `(no SIP message: ${parsed.reason}, ${bytes.length} bytes)\n`;
  const { message, fault } = parsed.value;
  const lines = [
    ...(fault === null ? [] : [`(${fault.status} ${fault.reason})`]),
    startLine(message),
    ...message.headers.map((header) => `${header.name}: ${maskedValue(header, mark)}`),
    ...maskedBody(message),
  ];
  // Values are one character a byte, and a terminal obeys control characters.
  return `${lines.map((line) => line.replaceAll(/[^\x20-\x7e]/g, '?')).join('\n')}\n`;
}

function startLine(message: SipMessage): string {
  return message.kind === 'response'
    ? `SIP/2.0 ${message.status} ${withoutNumbers(message.reason)}`
    : `${message.method} ${maskedUri(message.uri)} SIP/2.0`;
}

/** Of no person, and no secret. */
const plain = new Set([
  ...[
    'accept',
    'allow',
    'allow-events',
    'call-id',
    'content-encoding',
    'content-length',
    'content-type',
    'cseq',
  ],
  ...['date', 'event', 'expires', 'max-forwards', 'mime-version', 'min-expires', 'min-se', 'proxy-require'],
  ...['rack', 'require', 'retry-after', 'rseq', 'session-expires', 'supported', 'unsupported'],
]);
/** Free text, in which somebody may have put a number. */
const worded = new Set(['reason', 'server', 'user-agent', 'warning']);
const addressed = new Set([
  ...['contact', 'diversion', 'from', 'history-info', 'p-asserted-identity', 'p-preferred-identity', 'path'],
  ...['record-route', 'refer-to', 'referred-by', 'remote-party-id', 'route', 'service-route', 'to'],
]);

function maskedValue({ id, value }: Header, mark: (value: string) => string): string {
  if (plain.has(id)) return value;
  if (worded.has(id)) return withoutNumbers(value);
  if (id === 'via') return maskedVia(value, mark);
  if (addressed.has(id)) return maskedAddress(value, mark);
  return hidden(value.length);
}

/** Of a Via the way back (RFC 3261 §20.42, RFC 3581); other parameters are left out, and what is no Via altogether. */
function maskedVia(value: string, mark: (value: string) => string): string {
  const list = splitList(value);
  const vias = (list.ok ? list.value : []).map(parseVia);
  if (vias.length === 0 || vias.some(({ ok }) => !ok)) return hidden(value.length);
  return vias
    .flatMap((via) => (via.ok ? [writeVia({ ...via.value, params: wayBack(via.value.params, mark) })] : []))
    .join(', ');
}

const wayBack = (params: readonly Param[], mark: (value: string) => string): readonly Param[] =>
  params.flatMap(({ name, value }) => {
    if (name === 'branch') return [{ name, value: mark(value ?? '') }];
    return /^(alias|keep|maddr|received|rport|ttl)$/.test(name) ? [{ name, value }] : [];
  });

const hidden = (characters: number): string => `(${characters} characters)`;

/** The addresses in it, and the marks of their tags: names and other parameters are left out. */
function maskedAddress(value: string, mark: (value: string) => string): string {
  const quoted = value.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  const bare = quoted.includes('<') ? [] : [[quoted, quoted.split(';')[0] ?? '', quoted] as const];
  const named = [...quoted.matchAll(/<([^<>]*)>([^<]*)/g)].map(
    ([whole, uri = '', rest = '']) => [whole, uri, rest] as const,
  );
  return [...bare, ...named]
    .map(([, uri, rest]) => {
      const tag = /;\s*tag\s*=\s*([^;,\s]+)/i.exec(rest)?.[1];
      return `<${maskedUri(uri.trim())}>${tag === undefined ? '' : `;tag=${mark(tag)}`}`;
    })
    .join(', ');
}

/** Scheme, the end of the user part, host and port, and how it is to be reached; nothing else. */
export function maskedUri(uri: string): string {
  const [, scheme = '', rest = ''] = /^(sips?|tel):(.*)$/i.exec(uri) ?? [];
  if (scheme === '') return hidden(uri.length);
  const kind = scheme.toLowerCase();
  if (kind === 'tel') return `tel:${maskedUser(rest.split(';')[0] ?? '')}`;
  const at = rest.lastIndexOf('@');
  const [host = '', ...parameters] =
    rest
      .slice(at + 1)
      .split('?')[0]
      ?.split(';') ?? [];
  // A number without a host stands where the host would, with what people put between its digits.
  const numeric = /^([\d.-]+)(:\d*)?$/.exec(host)?.[1];
  if (numeric !== undefined && !isIPv4(numeric)) return `${kind}:${maskedUser(numeric)}`;
  if (!/^[A-Za-z0-9.[\]:_-]*$/.test(host)) return `${kind}:${hidden(rest.length)}`;
  const kept = parameters.filter((parameter) =>
    /^(lr|ob|transport=(udp|tcp|tls)|user=phone)$/i.test(parameter),
  );
  const user = at < 0 ? '' : `${maskedUser(rest.slice(0, at))}@`;
  return [`${kind}:${user}${host}`, ...kept].join(';');
}

/** The last three digits of a number, nothing of a name: three of four would leave no mask. */
function maskedUser(user: string): string {
  const digits = user.split(/[;:]/)[0]?.replaceAll(/[-.()\s]/g, '') ?? '';
  return /^\+?\d{6,}$/.test(digits) ? `...${digits.slice(-3)}` : '...';
}

const withoutNumbers = (text: string): string => text.replaceAll(/\d[\d().\s-]{3,}\d/g, '...');

/** Of a session description what concerns the media; of anything else, DTMF digits for instance, its size. */
function maskedBody({ headers, body }: SipMessage): string[] {
  if (body.length === 0) return [];
  const type = headers.find(({ id }) => id === 'content-type')?.value ?? '';
  if (!/^application\/sdp\b/i.test(type)) return ['', `(a body of ${body.length} bytes)`];
  return [
    '',
    ...body
      .toString('latin1')
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map(maskedSdpLine),
  ];
}

const plainAttributes = new Set([
  ...[
    'fmtp',
    'inactive',
    'maxptime',
    'ptime',
    'recvonly',
    'rtcp',
    'rtcp-mux',
    'rtpmap',
    'sendonly',
    'sendrecv',
  ],
]);

function maskedSdpLine(line: string): string {
  if (/^[vcmbt]=/.test(line)) return line;
  // RFC 8866 §5.2: user, session and version, then network, family and address; a line of another form is nobody's.
  if (line.startsWith('o=')) {
    const words = line.split(' ');
    return words.length === 6 ? `o=... ${words.slice(3).join(' ')}` : 'o=...';
  }
  const [, name = '', value] = /^a=([A-Za-z0-9-]+)(?::(.*))?$/.exec(line) ?? [];
  if (plainAttributes.has(name)) return line;
  // RFC 4568 §9.1: tag, suite, then the key.
  if (name === 'crypto') {
    const [tag = '', suite = ''] = (value ?? '').split(' ');
    return `a=crypto... ${[tag, suite]
      .join(' ')
      .replaceAll(/[^A-Za-z0-9_ ]/g, '')
      .slice(0, 60)}`;
  }
  return name === '' ? `${line.slice(0, 2)}...` : `a=${name}...`;
}
