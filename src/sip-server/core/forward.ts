import { splitList } from '../message/grammar.ts';
import { header, headerValue, type Header } from '../message/header.ts';
import { readAddresses } from '../message/inbound.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { writeNameAddress, type NameAddress } from '../message/name-address.ts';
import { isLooseRouter, parseSipUri, type SipUri } from '../message/uri.ts';
import type { Core } from './core.ts';
import { isOurs, recordRoute } from './proxy-token.ts';
import type { Flow } from '../transport/flow.ts';

/** RFC 3261 §16.6 and §16.7: what a proxy changes in a message, and nothing else. */

export interface Forwarding {
  readonly request: SipRequest;
  /** Where it goes: the next Route, or its Request-URI. */
  readonly next: SipUri;
}

/** Takes our own routes off the top, counts Max-Forwards down. Null where there is nowhere to go. */
export function prepareForward(
  core: Core,
  request: SipRequest,
  callId: string,
  target: string,
): Forwarding | null {
  const routes = readAddresses(request.headers, 'route') ?? [];
  while (routes[0] !== undefined) {
    const top = parseSipUri(routes[0].uri);
    if (!top.ok || !isOurs(core, top.value, callId)) break;
    routes.shift();
  }
  const uri = parseSipUri(target);
  const first = routes[0];
  const firstUri = first === undefined ? null : parseSipUri(first.uri);
  if (!uri.ok || firstUri?.ok === false) return null;
  const hops = Number(headerValue(request.headers, 'max-forwards') ?? '71') - 1;
  const placed = { first, firstUri: firstUri?.value ?? null, routes, target };
  const { requestUri, onward } = place(placed);
  const vias = request.headers.filter((field) => field.id === 'via');
  const headers = [
    ...vias,
    ...onward.map((route) => header('Route', writeNameAddress(route))),
    header('Max-Forwards', String(hops)),
    ...request.headers.filter((field) => !['via', 'route', 'max-forwards'].includes(field.id)),
  ];
  return { request: { ...request, uri: requestUri, headers }, next: placed.firstUri ?? uri.value };
}

interface Placing {
  readonly first: NameAddress | undefined;
  readonly firstUri: SipUri | null;
  readonly routes: readonly NameAddress[];
  readonly target: string;
}

/** §16.6 step 6: for a strict router the target moves behind the routes, and the router into the Request-URI. */
function place({ first, firstUri, routes, target }: Placing): {
  requestUri: string;
  onward: readonly NameAddress[];
} {
  if (first === undefined || firstUri === null || isLooseRouter(firstUri))
    return { requestUri: target, onward: routes };
  return { requestUri: first.uri, onward: [...routes.slice(1), { display: '', uri: target, params: [] }] };
}

/** §16.6 step 4, and headers that the app wants added. */
export function decorate(request: SipRequest, way: Flow, wanted: Decoration): SipRequest {
  const own = wanted.stay === null ? [] : [header('Record-Route', recordRoute(wanted.stay, way))];
  const firstRoute = request.headers.findIndex((field) => field.id === 'record-route');
  const at = firstRoute < 0 ? request.headers.length : firstRoute;
  return {
    ...request,
    headers: [...request.headers.slice(0, at), ...own, ...request.headers.slice(at), ...wanted.add],
  };
}

export interface Decoration {
  /** Call-ID of the call whose further requests are to come by us. */
  readonly stay: string | null;
  readonly add: readonly Header[];
}

/** §16.7 step 3: our Via goes; null where it was the only one, for then the response was for us alone. */
export function withoutTopVia(response: SipResponse): SipResponse | null {
  const at = response.headers.findIndex((field) => field.id === 'via');
  const top = response.headers[at];
  const list = top === undefined ? null : splitList(top.value);
  if (top === undefined || !list?.ok) return null;
  const rest = list.value.slice(1).join(', ');
  const headers =
    rest === '' ? response.headers.toSpliced(at, 1) : response.headers.with(at, { ...top, value: rest });
  return headers.some((field) => field.id === 'via') ? { ...response, headers } : null;
}
