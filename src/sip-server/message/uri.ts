import { ok, refuse, type Result } from '../../base/result.ts';
import { limits } from '../limits.ts';
import { isHost, parsePort, paramOf, type Param } from './grammar.ts';

/**
 * RFC 3261 §19.1.1
 *
 *   sip:user:password@host:port;uri-parameters?headers
 */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Still escaped; null where there is no `@`. */
  readonly user: string | null;
  /** IPv6 in brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly params: readonly Param[];
  /** Behind `?`, still escaped; empty where there is none. */
  readonly headers: string;
}

export type UriRefusal = 'uri-scheme' | 'uri-syntax' | 'uri-too-long';

const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** unreserved / user-unreserved / escaped, and `:` before a password. */
const userInfo = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/:#]|%[0-9A-Fa-f]{2})+$/;
const uriParam = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const uriHeaders = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=;,@]|%[0-9A-Fa-f]{2})*$/;

/** A request URI, Contact or Route: only sip and sips can be reached by this server. */
export function parseSipUri(text: string): Result<SipUri, UriRefusal> {
  if (text.length > limits.uriBytes) return refuse('uri-too-long');
  const named = scheme.exec(text);
  if (named === null) return refuse('uri-syntax');
  const name = named[1]?.toLowerCase();
  if (name !== 'sip' && name !== 'sips') return refuse('uri-scheme');
  const rest = text.slice(named[0].length);

  // `;` and `?` may stand in the user part, so the host begins behind the last `@` before any of the URI's headers.
  const at = rest.indexOf('@');
  const user = at < 0 ? null : rest.slice(0, at);
  if (user !== null && !userInfo.test(user)) return refuse('uri-syntax');
  const behind = rest.slice(at + 1);
  const question = behind.indexOf('?');
  const headers = question < 0 ? '' : behind.slice(question + 1);
  if (!uriHeaders.test(headers)) return refuse('uri-syntax');
  const [hostPort = '', ...paramTexts] = (question < 0 ? behind : behind.slice(0, question)).split(';');

  const place = parseHostPort(hostPort);
  const params = parseUriParams(paramTexts);
  if (place === null || params === null) return refuse('uri-syntax');
  return ok({ scheme: name, user, host: place.host, port: place.port, params, headers });
}

export function parseHostPort(text: string): { host: string; port: number | null } | null {
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? null : parsePort(text.slice(colon + 1));
  if (!isHost(host) || (colon >= 0 && port === null)) return null;
  return { host, port };
}

function parseUriParams(texts: readonly string[]): Param[] | null {
  const params: Param[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? null : text.slice(equals + 1);
    if (!uriParam.test(name) || (value !== null && !uriParam.test(value))) return null;
    params.push({ name: name.toLowerCase(), value });
  }
  return params;
}

/** A From or To may name any scheme (`tel:` above all); it is carried, never resolved. */
export function isAbsoluteUri(text: string): boolean {
  return text.length <= limits.uriBytes && /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(text);
}

/** RFC 3261 §19.1: every hop to it is TLS, and what stands for us in its dialog is sips too. */
export function isSecureUri(uri: SipUri): boolean {
  return uri.scheme === 'sips';
}

/** RFC 3261 §16.12: a route that does not say `lr` belongs to a strict router. */
export function isLooseRouter(uri: SipUri): boolean {
  return paramOf(uri.params, 'lr') !== undefined;
}
