import { ok, refuse, type Result } from '../../base/result.ts';
import { bracketHost, paramOf, parseParams, skipSpace, writeParams, type Param } from './grammar.ts';
import { parseHostPort } from './uri.ts';

/**
 * RFC 3261 §20.42, RFC 3581
 *
 *   SIP/2.0/UDP host:port;branch=z9hG4bK…;rport=…;received=…
 */
export interface Via {
  /** Upper case: UDP, TCP, TLS, … */
  readonly transport: string;
  /** sent-by, as written. */
  readonly host: string;
  readonly port: number | null;
  readonly params: readonly Param[];
}

const protocol = /^\s*SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+/i;
const sentBy = /^(\[[^\]\s]*\]|[^\s:;,[\]]+)(?:[ \t]*:[ \t]*([0-9]+))?/;

/** One element: the value must hold no second Via. */
export function parseVia(value: string): Result<Via, 'via'> {
  const start = protocol.exec(value);
  if (start === null) return refuse('via');
  const behind = value.slice(start[0].length);
  const by = sentBy.exec(behind);
  if (by === null) return refuse('via');
  const place = parseHostPort(by[2] === undefined ? (by[1] ?? '') : `${by[1] ?? ''}:${by[2]}`);
  const params = parseParams(behind, by[0].length);
  if (place === null || !params.ok) return refuse('via');
  if (skipSpace(behind, params.value.end) !== behind.length) return refuse('via');
  const transport = (start[1] ?? '').toUpperCase();
  return ok({ transport, host: place.host, port: place.port, params: params.value.params });
}

export function writeVia(via: Via): string {
  const port = via.port === null ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${bracketHost(via.host)}${port}${writeParams(via.params)}`;
}

export function branchOf(via: Via): string | null {
  return paramOf(via.params, 'branch') ?? null;
}

/** RFC 3261 §8.1.1.7: only with this cookie, and something behind it, does a branch identify a transaction. */
export const branchCookie = 'z9hG4bK';

export function hasMagicBranch(via: Via): boolean {
  const branch = branchOf(via);
  return branch !== null && branch.length > branchCookie.length && branch.startsWith(branchCookie);
}

/**
 * RFC 3261 §18.2.1 and RFC 3581 §4: what a server notes on the topmost Via of a request, so that the response finds
 * the way through NATs. `rport` is set whether the peer asked for it or not, as a real drachtio-server does: a phone
 * behind a NAT that does not ask could otherwise not be answered.
 */
export function withSource(via: Via, address: string, port: number): Via {
  const others = via.params.filter((p) => p.name !== 'received' && p.name !== 'rport');
  return {
    ...via,
    params: [
      ...others,
      { name: 'rport', value: String(port) },
      // RFC 5118 §4.5: without brackets, also for IPv6.
      { name: 'received', value: address },
    ],
  };
}
