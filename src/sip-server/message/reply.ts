import { headerValues, without, type Header } from './header.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { parseNameAddress, tagOf, withTag, writeNameAddress } from './name-address.ts';

const copied = ['via', 'from', 'to', 'call-id', 'cseq'] as const;

export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** To tag of a response above 100, where the request has none (RFC 3261 §8.2.6.2). */
  readonly toTag: string | null;
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
}

/** RFC 3261 §8.2.6: the response to a request, with the fields that it must copy. */
export function replyTo(request: SipRequest, reply: Reply): SipResponse {
  const headers: Header[] = [];
  for (const id of copied) {
    for (const field of request.headers) if (field.id === id) headers.push(field);
  }
  const tagged = headers.map((field) => (field.id === 'to' ? withToTag(field, reply) : field));
  return {
    kind: 'response',
    status: reply.status,
    reason: reply.reason,
    headers: [...tagged, ...(reply.headers ?? [])],
    body: reply.body ?? Buffer.alloc(0),
  };
}

function withToTag(to: Header, reply: Reply): Header {
  if (reply.status === 100 || reply.toTag === null) return to;
  const address = parseNameAddress(to.value);
  // A To that does not parse is only ever echoed in the 400 that says so.
  if (!address.ok || tagOf(address.value) !== null) return to;
  return { ...to, value: writeNameAddress(withTag(address.value, reply.toTag)) };
}

/** RFC 3261 §9.1: same Request-URI, Call-ID, To, From, CSeq number, Route and top Via as the request it cancels. */
export function cancelOf(invite: SipRequest, extra: readonly Header[]): SipRequest {
  const cancel = sameTransaction(invite, 'CANCEL', headerValues(invite.headers, 'to')[0] ?? '');
  return { ...cancel, headers: [...cancel.headers, ...without(extra, ownedByTransaction)] };
}

const ownedByTransaction = new Set([
  ...['via', 'from', 'to', 'call-id', 'cseq', 'route', 'max-forwards', 'content-length', 'require'],
]);

/** RFC 3261 §17.1.1.3: the ACK to a failure response takes its To, and everything else from the INVITE. */
export function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  return sameTransaction(invite, 'ACK', headerValues(response.headers, 'to')[0] ?? '');
}

function sameTransaction(invite: SipRequest, method: string, to: string): SipRequest {
  const headers: Header[] = [];
  let via = false;
  for (const field of invite.headers) {
    if (field.id === 'via') {
      if (!via) headers.push(field);
      via = true;
    } else if (field.id === 'cseq')
      headers.push({ ...field, value: field.value.replace(/[A-Za-z]\S*$/, method) });
    else if (field.id === 'to') headers.push({ ...field, value: to });
    else if (['from', 'call-id', 'route', 'max-forwards'].includes(field.id)) headers.push(field);
  }
  return { kind: 'request', method, uri: invite.uri, headers, body: Buffer.alloc(0) };
}
