import { ok, refuse, type Result } from '../../base/result.ts';
import { limits } from '../limits.ts';
import {
  endOfQuoted,
  isToken,
  parseParams,
  skipSpace,
  splitList,
  writeParams,
  type Param,
} from './grammar.ts';
import { isAbsoluteUri, parseSipUri } from './uri.ts';

/**
 * RFC 3261 §20.10, §25.1: From, To, Contact, Route, Record-Route
 *
 *   [ display-name ] "<" addr-spec ">" *( ";" param )      or      addr-spec *( ";" param )
 *
 * Without angle brackets, all parameters belong to the header field and not to the URI.
 */
export interface NameAddress {
  /** As written, quotes included. */
  readonly display: string;
  readonly uri: string;
  readonly params: readonly Param[];
}

export type AddressRefusal = 'address' | 'address-too-long' | 'address-uri';

export function parseNameAddress(value: string): Result<NameAddress, AddressRefusal> {
  if (value.length > limits.addressBytes) return refuse('address-too-long');
  const bracket = startOfBracket(value);
  if (bracket === 'unbalanced') return refuse('address');
  const found = bracket === null ? bareAddress(value) : bracketedAddress(value, bracket);
  if (found === null) return refuse('address');
  if (!isUsableUri(found.uri)) return refuse('address-uri');
  const params = parseParams(value, found.paramsAt);
  if (!params.ok || skipSpace(value, params.value.end) !== value.length) return refuse('address');
  return ok({ display: found.display, uri: found.uri, params: params.value.params });
}

/** Where the `<` stands behind an optional display name; null where there is none. */
function startOfBracket(value: string): number | null | 'unbalanced' {
  const start = skipSpace(value, 0);
  if (value[start] === '"') {
    const end = endOfQuoted(value, start);
    if (end < 0) return 'unbalanced';
    const bracket = skipSpace(value, end);
    return value[bracket] === '<' ? bracket : 'unbalanced';
  }
  const bracket = value.indexOf('<');
  return bracket < 0 ? null : bracket;
}

function bracketedAddress(
  value: string,
  bracket: number,
): { display: string; uri: string; paramsAt: number } | null {
  const display = value.slice(0, bracket).trim();
  const quoted = display.startsWith('"');
  if (!quoted && display !== '' && !display.split(/[ \t]+/).every(isDisplayWord)) return null;
  const close = value.indexOf('>', bracket);
  if (close < 0) return null;
  return { display, uri: value.slice(bracket + 1, close).trim(), paramsAt: close + 1 };
}

/** A display name without quotes consists of tokens; bytes of UTF-8 beyond ASCII are seen in the wild and harmless. */
function isDisplayWord(word: string): boolean {
  return isToken(word.replaceAll(/[\x80-\xff]/g, 'a'));
}

function bareAddress(value: string): { display: string; uri: string; paramsAt: number } | null {
  const start = skipSpace(value, 0);
  const end = value.slice(start).search(/[;?,\s]/);
  const stop = end < 0 ? value.length : start + end;
  // §20.10: a URI with a comma, question mark or semicolon must stand in angle brackets.
  if (value[stop] === '?' || value[stop] === ',') return null;
  return { display: '', uri: value.slice(start, stop), paramsAt: stop };
}

function isUsableUri(uri: string): boolean {
  const parsed = parseSipUri(uri);
  return parsed.ok || (parsed.reason === 'uri-scheme' && isAbsoluteUri(uri));
}

export function parseAddressList(value: string): Result<NameAddress[], AddressRefusal> {
  const parts = splitList(value);
  if (!parts.ok) return refuse('address');
  const addresses: NameAddress[] = [];
  for (const part of parts.value) {
    const address = parseNameAddress(part);
    if (!address.ok) return address;
    addresses.push(address.value);
  }
  return ok(addresses);
}

export function writeNameAddress(address: NameAddress): string {
  const name = address.display === '' ? '' : `${address.display} `;
  return `${name}<${address.uri}>${writeParams(address.params)}`;
}

export function tagOf(address: NameAddress): string | null {
  return address.params.find((p) => p.name === 'tag')?.value ?? null;
}

export function withTag(address: NameAddress, tag: string): NameAddress {
  const others = address.params.filter((p) => p.name !== 'tag');
  return { ...address, params: [...others, { name: 'tag', value: tag }] };
}
