import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * The pieces of RFC 3261 §25.1 that several header fields share. Text here is "binary" text: one character a byte, as
 * latin1 reads it, so that UTF-8 passes through unchanged and no input can fail to decode.
 */
const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

export function isToken(text: string): boolean {
  return token.test(text);
}

/** hostname / IPv4address / IPv6reference. Underscores are not allowed by the grammar but common in real networks. */
const hostName =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.?$/;
const ipv6Reference = /^\[[0-9A-Fa-f:.]{2,45}\]$/;

export function isHost(text: string): boolean {
  return text.length <= 255 && (hostName.test(text) || ipv6Reference.test(text));
}

/** `[::1]` -> `::1`: how sockets want it. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** `::1` -> `[::1]`: how URIs and Via want it. */
export function bracketHost(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}

export function parsePort(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port > 0 && port <= 65_535 ? port : null;
}

export interface Param {
  /** Lower case: names compare without case (RFC 3261 §7.3.1). */
  readonly name: string;
  /** As written, quotes included; null for a flag such as `lr`. */
  readonly value: string | null;
}

export function paramOf(params: readonly Param[], name: string): string | null | undefined {
  return params.find((p) => p.name === name)?.value;
}

export function writeParams(params: readonly Param[]): string {
  return params.map((p) => (p.value === null ? `;${p.name}` : `;${p.name}=${p.value}`)).join('');
}

export function skipSpace(text: string, at: number): number {
  let i = at;
  while (text[i] === ' ' || text[i] === '\t') i += 1;
  return i;
}

/** The position behind the closing quote of the quoted-string that opens at `at`, or -1. */
export function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '"') return i + 1;
  }
  return -1;
}

const paramName = /[A-Za-z0-9\-.!%*_+`'~]+/y;
/** token / host: brackets and colons for an IPv6 address in `received` or `maddr`. */
const paramValue = /[A-Za-z0-9\-.!%*_+`'~[\]:/]+/y;

/** *( SEMI generic-param ) from `at` on; `end` is the first position that is not part of it. */
export function parseParams(text: string, at: number): Result<{ params: Param[]; end: number }, 'params'> {
  const params: Param[] = [];
  let i = at;
  for (;;) {
    const semi = skipSpace(text, i);
    if (text[semi] !== ';') return ok({ params, end: i });
    paramName.lastIndex = skipSpace(text, semi + 1);
    const name = paramName.exec(text)?.[0];
    if (name === undefined) return refuse('params');
    i = paramName.lastIndex;
    const equals = skipSpace(text, i);
    if (text[equals] !== '=') {
      params.push({ name: name.toLowerCase(), value: null });
      continue;
    }
    const start = skipSpace(text, equals + 1);
    if (text[start] === '"') i = endOfQuoted(text, start);
    else {
      paramValue.lastIndex = start;
      i = paramValue.test(text) ? paramValue.lastIndex : -1;
    }
    if (i < 0) return refuse('params');
    params.push({ name: name.toLowerCase(), value: text.slice(start, i) });
  }
}

/** Splits at commas that stand neither in quotes nor in angle brackets. Empty elements are refused. */
export function splitList(value: string): Result<string[], 'list'> {
  const parts: string[] = [];
  let start = 0;
  let inAngle = false;
  for (let i = 0; i < value.length; i += 1) {
    const c = value[i];
    if (c === '"' && !inAngle) {
      i = endOfQuoted(value, i) - 1;
      if (i < 0) return refuse('list');
    } else if (c === '<') inAngle = true;
    else if (c === '>') inAngle = false;
    else if (c === ',' && !inAngle) {
      parts.push(value.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return inAngle || parts.includes('') ? refuse('list') : ok(parts);
}
