import { ok, refuse, type Result } from '../../base/result.ts';
import { limits } from '../limits.ts';
import { isToken } from './grammar.ts';
import { header, headerValues, type Header } from './header.ts';

/**
 * RFC 3261 §7
 *
 *   start-line CRLF *( header CRLF ) CRLF [ body ]
 *
 * Headers are binary text (one character a byte) and the body is bytes, so that what is forwarded is what was received.
 */
export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** What a server answers to a request that it cannot accept. */
export interface Fault {
  readonly status: number;
  readonly reason: string;
}

/** A message, and what is wrong with it so far: the caller decides whether enough is left to answer it. */
export interface Parsed {
  readonly message: SipMessage;
  readonly fault: Fault | null;
}

export type ParseRefusal = 'empty' | 'no-end-of-headers' | 'too-large' | 'start-line' | 'response-malformed';

/**
 * `datagram`: the body ends with Content-Length, or with the packet without one (RFC 3261 §18.3). `stream`: the framer
 * cut the message by its Content-Length. `frame`: from the app, whose Content-Length counts characters: the body is
 * what the frame holds.
 */
export type Framing = 'datagram' | 'stream' | 'frame';

const endOfHeaders = Buffer.from('\r\n\r\n');
const badHeader: Fault = { status: 400, reason: 'Bad Header' };

const control = /[\x00-\x08\x0a-\x1f\x7f]/;
/** RFC 3261 §25.1: what may stand behind a backslash in a quoted string; never CR or LF. */
const quotedPair = /\\[\x00-\x09\x0b\x0c\x0e-\x7f]/g;

function holdsControl(line: string): boolean {
  return control.test(line) && control.test(line.replaceAll(quotedPair, ''));
}

export function parseMessage(bytes: Buffer, framing: Framing): Result<Parsed, ParseRefusal> {
  const start = skipEmptyLines(bytes);
  if (start === bytes.length) return refuse('empty');
  const end = bytes.indexOf(endOfHeaders, start);
  if (end < 0) return refuse('no-end-of-headers');
  if (end - start > limits.headerBytes) return refuse('too-large');
  const lines = unfold(bytes.toString('latin1', start, end));
  const first = parseStartLine(lines[0] ?? '');
  if (first === null) return refuse('start-line');
  const { headers, fault } = parseHeaders(lines);
  const body = bodyOf(bytes.subarray(end + 4), headers, framing);
  const message: SipMessage = { ...first.line, headers, body: body.bytes };
  const problem = first.fault ?? fault ?? body.fault;
  if (message.kind === 'response' && problem !== null) return refuse('response-malformed');
  return ok({ message, fault: problem });
}

/** RFC 3261 §7.5: empty lines before the start line are skipped. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return at;
}

/** RFC 3261 §7.3.1: a line that begins with white space continues the one before it. */
function unfold(head: string): string[] {
  const lines: string[] = [];
  for (const line of head.split('\r\n')) {
    const folded = (line.startsWith(' ') || line.startsWith('\t')) && lines.length > 1;
    if (folded) lines.push(`${lines.pop() ?? ''} ${line.trim()}`);
    else lines.push(line);
  }
  return lines;
}

type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

const statusLine = /^SIP\/2\.0 ([1-6][0-9]{2})(?: (.*))?$/i;
const version = / SIP\/([0-9]+\.[0-9]+)([ \t]*)$/i;

function parseStartLine(line: string): { line: StartLine; fault: Fault | null } | null {
  const response = statusLine.exec(line);
  if (response !== null) {
    if (control.test(line)) return null;
    return {
      line: { kind: 'response', status: Number(response[1]), reason: response[2] ?? '' },
      fault: null,
    };
  }
  const found = version.exec(line);
  const space = line.indexOf(' ');
  if (found === null || space <= 0) return null;
  const method = line.slice(0, space);
  const uri = line.slice(space + 1, found.index);
  if (!isToken(method) || method.length > 64) return null;
  return { line: { kind: 'request', method, uri }, fault: requestLineFault(uri, found) };
}

function requestLineFault(uri: string, spoken: RegExpExecArray): Fault | null {
  if (spoken[1] !== '2.0') return { status: 505, reason: 'Version Not Supported' };
  if (uri.length > limits.uriBytes) return { status: 414, reason: 'Request-URI Too Long' };
  // RFC 4475 §3.1.2.10: blanks behind the version are no part of a request line.
  if (spoken[2] !== '') return { status: 400, reason: 'Bad Request-Line' };
  if (uri === '' || /[^\x21-\x7e]/.test(uri)) return { status: 400, reason: 'Bad Request-URI' };
  return null;
}

function parseHeaders(lines: readonly string[]): { headers: Header[]; fault: Fault | null } {
  const headers: Header[] = [];
  if (lines.length > limits.headerCount + 1) {
    return { headers, fault: { status: 400, reason: 'Too Many Headers' } };
  }
  let fault: Fault | null = null;
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    if (!isToken(name) || holdsControl(line) || line.length > limits.fieldBytes + name.length) {
      fault ??= badHeader;
      continue;
    }
    headers.push(header(name, line.slice(colon + 1).trim()));
  }
  return { headers, fault };
}

function bodyOf(
  rest: Buffer,
  headers: readonly Header[],
  framing: Framing,
): { bytes: Buffer; fault: Fault | null } {
  if (framing === 'frame') return { bytes: rest, fault: null };
  const length = contentLength(headers);
  if (length === 'malformed')
    return { bytes: rest, fault: { status: 400, reason: 'Bad Content-Length Header' } };
  if (length === null) {
    if (framing === 'datagram') return { bytes: rest, fault: tooLong(rest.length) };
    return { bytes: rest, fault: { status: 400, reason: 'Missing Content-Length Header' } };
  }
  if (length > limits.bodyBytes) return { bytes: rest, fault: tooLong(length) };
  if (length > rest.length)
    return { bytes: rest, fault: { status: 400, reason: 'Content-Length Too Large' } };
  return { bytes: rest.subarray(0, length), fault: null };
}

function tooLong(length: number): Fault | null {
  return length > limits.bodyBytes ? { status: 413, reason: 'Request Entity Too Large' } : null;
}

export function contentLength(headers: readonly Header[]): number | null | 'malformed' {
  const values = headerValues(headers, 'content-length');
  const value = values[0];
  if (value === undefined) return null;
  return values.length > 1 || !/^[0-9]{1,9}$/.test(value) ? 'malformed' : Number(value);
}

/** Content-Length is always last and always ours. */
export function writeMessage(message: SipMessage): Buffer {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  let head = first;
  for (const { id, name, value } of message.headers) {
    if (id !== 'content-length') head += `${name}: ${value}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + message.body.length);
  bytes.write(head, 0, 'latin1');
  message.body.copy(bytes, head.length);
  return bytes;
}
