import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { headerValues } from '../message/header.ts';
import { readAddresses } from '../message/inbound.ts';
import type { SipRequest } from '../message/message.ts';
import { parseSipUri, type SipUri } from '../message/uri.ts';
import type { Flow } from '../transport/flow.ts';
import type { Core } from './core.ts';
import { hostPort } from './dialog.ts';

/**
 * Our Record-Route names the call by a code that only this process can make. A request that comes back by it is passed
 * on; any other Route to us is not, or the server would relay for everybody.
 */
const key = randomBytes(32);

function codeOf(callId: string): string {
  return `lk-${createHmac('sha256', key).update(callId).digest('hex').slice(0, 32)}`;
}

export function recordRoute(callId: string, flow: Flow): string {
  const transport = flow.transport === 'udp' ? '' : `;transport=${flow.transport}`;
  return `<sip:${codeOf(callId)}@${hostPort(flow)}${transport};lr>`;
}

/** Whether the topmost Route is a Record-Route of ours for this very call. */
export function isRoutedByUs(core: Core, request: SipRequest, callId: string): boolean {
  if (headerValues(request.headers, 'route').length === 0) return false;
  const top = topRoute(request);
  return top !== null && isOurs(core, top, callId);
}

export function isOurs(core: Core, uri: SipUri, callId: string): boolean {
  const expected = Buffer.from(codeOf(callId));
  const given = Buffer.from(uri.user ?? '');
  const known = given.length === expected.length && timingSafeEqual(given, expected);
  return known && core.transport.isOwn({ address: uri.host.replace(/^\[|\]$/g, ''), port: uri.port ?? 5060 });
}

function topRoute(request: SipRequest): SipUri | null {
  const first = readAddresses(request.headers, 'route')?.[0];
  const uri = first === undefined ? null : parseSipUri(first.uri);
  return uri?.ok ? uri.value : null;
}
