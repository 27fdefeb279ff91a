import type { Timer } from '../../base/clock.ts';
import type { App } from '../app/link.ts';
import { firstSequence, newBranch } from '../identifiers.ts';
import { bracketHost } from '../message/grammar.ts';
import { header, headerValues, type Header } from '../message/header.ts';
import type { RequestFields } from '../message/inbound.ts';
import type { SipRequest } from '../message/message.ts';
import { parseNameAddress, withTag, writeNameAddress, type NameAddress } from '../message/name-address.ts';
import { isLooseRouter, parseSipUri } from '../message/uri.ts';
import { writeVia } from '../message/via.ts';
import type { ResponseFields } from '../transaction/client.ts';
import type { Flow } from '../transport/flow.ts';

/** RFC 3261 §12: one dialog, of an INVITE or a SUBSCRIBE. */
export interface Dialog {
  /** drachtio's name for it: Call-ID and the INVITE's From tag. Both tags are checked on every request. */
  readonly id: string;
  readonly method: 'INVITE' | 'SUBSCRIBE';
  readonly app: App;
  readonly callId: string;
  /** With our tag, and with theirs. */
  readonly local: NameAddress;
  readonly remote: NameAddress;
  readonly localTag: string;
  readonly remoteTag: string;
  /** TXNID of the request that made it: the app knows the ACK by it. */
  readonly transactionId: string;
  early: boolean;
  target: string;
  routes: readonly NameAddress[];
  localSeq: number;
  /** Null until the peer has sent a request in the dialog (UAC side). */
  remoteSeq: number | null;
  /** The way its last request came, or ours went. */
  flow: Flow;
  /** Our Contact, as last sent. */
  contact: string;
  /** 2xx to an INVITE that waits for its ACK. */
  unacked: Unacked | null;
  /** TXNID of our INVITE, or of theirs, that has no final response yet. */
  ourInvite: string | null;
  theirInvite: string | null;
  /** CSeq of our INVITE that a 2xx answered, and the ACK that we sent for it, to repeat. */
  inviteSeq: number;
  ack: { readonly bytes: Buffer; readonly flow: Flow; readonly seq: number } | null;
  /** Set where our CANCEL crossed the 2xx: the ACK is followed by a BYE. */
  endAfterAck: boolean;
}

export interface Unacked {
  readonly seq: number;
  readonly transactionId: string;
  repeat: Timer | null;
  giveUp: Timer | null;
  /** RFC 3261 §15: the callee sends no BYE before the ACK. */
  readonly afterwards: (() => void)[];
}

export function dialogId(callId: string, inviteFromTag: string): string {
  return `${callId};from-tag=${inviteFromTag}`;
}

interface Made {
  readonly app: App;
  readonly transactionId: string;
  readonly flow: Flow;
  readonly contact: string;
  readonly early: boolean;
}

const fresh = {
  unacked: null,
  ourInvite: null,
  theirInvite: null,
  inviteSeq: 0,
  ack: null,
  endAfterAck: false,
} as const;

/** RFC 3261 §12.1.1 */
export function uasDialog(request: SipRequest, fields: RequestFields, toTag: string, made: Made): Dialog {
  const fromTag = fields.fromTag ?? '';
  return {
    ...fresh,
    ...made,
    id: dialogId(fields.callId, fromTag),
    method: request.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    callId: fields.callId,
    local: withTag(fields.to, toTag),
    remote: fields.from,
    localTag: toTag,
    remoteTag: fromTag,
    target: fields.contact?.uri ?? fields.from.uri,
    routes: fields.recordRoutes,
    localSeq: firstSequence(),
    remoteSeq: fields.cseq.seq,
  };
}

/** RFC 3261 §12.1.2. A 1xx without Contact names no target: the request's own URI serves until one comes. */
export function uacDialog(
  request: SipRequest,
  response: ResponseFields,
  recordRoutes: readonly NameAddress[],
  made: Made,
): Dialog {
  return {
    ...fresh,
    ...made,
    id: dialogId(response.callId, response.fromTag ?? ''),
    method: request.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    callId: response.callId,
    local: response.from,
    remote: response.to,
    localTag: response.fromTag ?? '',
    remoteTag: response.toTag ?? '',
    target: response.contact?.uri ?? request.uri,
    routes: recordRoutes.toReversed(),
    localSeq: response.cseq.seq,
    remoteSeq: null,
    inviteSeq: response.cseq.seq,
  };
}

export interface InDialog {
  readonly method: string;
  readonly seq: number;
  /** The app's, already without those that the dialog owns. */
  readonly headers: readonly Header[];
  readonly body: Buffer;
  /** Where the app named a real Request-URI. */
  readonly uri?: string;
}

/** RFC 3261 §12.2.1.1, without Via: that is added when the way is known. */
export function requestIn(dialog: Dialog, wanted: InDialog): SipRequest {
  const first = dialog.routes[0];
  const firstUri = first === undefined ? null : parseSipUri(first.uri);
  const strict = firstUri !== null && firstUri.ok && !isLooseRouter(firstUri.value);
  const routes = strict
    ? [...dialog.routes.slice(1), { display: '', uri: dialog.target, params: [] }]
    : dialog.routes;
  const uri = strict && first !== undefined ? first.uri : (wanted.uri ?? dialog.target);
  return {
    kind: 'request',
    method: wanted.method,
    uri,
    headers: [
      ...routes.map((route) => header('Route', writeNameAddress(route))),
      header('Max-Forwards', '70'),
      header('From', writeNameAddress(dialog.local)),
      header('To', writeNameAddress(dialog.remote)),
      header('Call-ID', dialog.callId),
      header('CSeq', `${wanted.seq} ${wanted.method}`),
      ...wanted.headers,
    ],
    body: wanted.body,
  };
}

export interface Sendable {
  readonly request: SipRequest;
  readonly branch: string;
}

/** RFC 3261 §8.1.1.7, RFC 3581 §3: our Via with a new branch goes on top. */
export function withOwnVia(request: SipRequest, flow: Flow): Sendable {
  const branch = newBranch();
  const via = writeVia({
    transport: flow.transport.toUpperCase(),
    host: flow.local.address,
    port: flow.local.port,
    params: [
      { name: 'branch', value: branch },
      { name: 'rport', value: null },
      ...(flow.alias ? [{ name: 'alias', value: null }] : []),
    ],
  });
  return { request: { ...request, headers: [header('Via', via), ...request.headers] }, branch };
}

/**
 * `<sip:host:port;transport=tcp>`: where the peer reaches us. `target`: the Request-URI; where it is sips, we are sips too
 * (RFC 3261 §8.1.1.8, §12.1.1).
 */
export function ownContact(flow: Flow, target: string): string {
  return `<${ownUri(flow, target)}>`;
}

export function ownUri(flow: Flow, target: string): string {
  return isSips(target) ? `sips:${hostPort(flow)}` : `sip:${hostPort(flow)}${transportParam(flow)}`;
}

function transportParam({ transport }: Flow): string {
  return transport === 'udp' ? '' : `;transport=${transport}`;
}

function isSips(uri: string): boolean {
  return /^sips:/i.test(uri);
}

export function hostPort(flow: Flow): string {
  return `${bracketHost(flow.local.address)}:${flow.local.port}`;
}

const localNamed = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
const localhost = /@localhost(?::[0-9]+)?(?=[;>?\s]|$)/g;
/** A Contact there, with its scheme and transport: those are of the way, and the app cannot know the way. */
const localContact = /<sips?:([^@>\s]*)@localhost(?::[0-9]+)?((?:;[^>]*)?)>/gi;

/** drachtio-srf writes `@localhost` where it means the address that the message leaves from. */
export function withoutLocalhost(headers: readonly Header[], flow: Flow, target: string): Header[] {
  const contact = (_: string, user: string, params: string): string => {
    const others = params.replaceAll(/;transport=[^;>]*/gi, '');
    const transport = isSips(target) ? '' : transportParam(flow);
    return `<${isSips(target) ? 'sips' : 'sip'}:${user}@${hostPort(flow)}${transport}${others}>`;
  };
  return headers.map((field) => {
    if (!localNamed.has(field.id)) return field;
    const value = field.id === 'contact' ? field.value.replaceAll(localContact, contact) : field.value;
    return { ...field, value: value.replaceAll(localhost, `@${hostPort(flow)}`) };
  });
}

/** The Contact that a message carries, if it is one. */
export function contactIn(headers: readonly Header[]): string | null {
  const value = headerValues(headers, 'contact')[0];
  if (value === undefined) return null;
  const address = parseNameAddress(value);
  return address.ok && parseSipUri(address.value.uri).ok ? value : null;
}
