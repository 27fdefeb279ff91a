/** Just enough SIP (RFC 3261) to be a caller: read one datagram, write one. */
export interface SipMessage {
  /** `INVITE sip:… SIP/2.0` or `SIP/2.0 200 OK`. */
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const shortNames: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  c: 'content-type',
  l: 'content-length',
};

export function parseSip(datagram: Buffer): SipMessage | null {
  const text = datagram.toString('utf8');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [start = '', ...lines] = text
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    return [shortNames[name] ?? name, line.slice(colon + 1).trim()] as const;
  });
  return { start, headers, body: text.slice(end + 4) };
}

export function writeSip({ start, headers, body }: SipMessage): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([start, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

export function all(message: SipMessage, name: string): readonly string[] {
  return message.headers.filter(([own]) => own === name).map(([, value]) => value);
}

export function header(message: SipMessage, name: string): string {
  return all(message, name)[0] ?? '';
}

/** 200 of a response, null of a request. */
export function statusOf(message: SipMessage): number | null {
  const match = /^SIP\/2\.0 (\d{3}) /.exec(message.start);
  return match === null ? null : Number(match[1]);
}

/** The address inside `<…>`, or the whole value. */
export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value.replace(/;.*$/, '').trim();
}

export interface SipAddress {
  readonly host: string;
  readonly port: number;
}

export function addressOf(uri: string): SipAddress | null {
  const match = /^sip:(?:[^@]*@)?([^:;>]+)(?::(\d+))?/.exec(uri);
  return match === null ? null : { host: match[1] ?? '', port: Number(match[2] ?? 5060) };
}
