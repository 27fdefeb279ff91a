import { q850OfStatus, q850Reason } from '../../base/q850.ts';
import { statelessTag } from '../identifiers.ts';
import { header, headerValue, type Header } from '../message/header.ts';
import { writeMessage, type Fault, type SipRequest } from '../message/message.ts';
import { replyTo } from '../message/reply.ts';
import type { Flow } from '../transport/flow.ts';
import type { Core } from './core.ts';

interface Answerable {
  readonly request: SipRequest;
  readonly flow: Flow;
}

export const noDialog: Fault = { status: 481, reason: 'Call/Transaction Does Not Exist' };

/** RFC 3261 §8.2.7: an answer that leaves no state behind, so that junk costs nothing lasting. */
export function refuse(
  core: Core,
  { request, flow }: Answerable,
  fault: Fault,
  headers: Header[] = [],
): void {
  if (request.method === 'ACK') return;
  const callId = headerValue(request.headers, 'call-id') ?? '';
  const toTag = statelessTag(callId, headerValue(request.headers, 'cseq') ?? '');
  core.log.debug({ status: fault.status, fault: fault.reason, method: request.method }, 'request refused');
  flow.send(
    writeMessage(replyTo(request, { ...fault, toTag, headers: [...headers, ...reason(request, fault)] })),
    () => undefined,
  );
}

/** RFC 6432: why a call did not come to be, as the telephone network knows it. */
function reason(request: SipRequest, { status, reason: text }: Fault): Header[] {
  const newCall =
    request.method === 'INVITE' && !/;\s*tag\s*=/i.test(headerValue(request.headers, 'to') ?? '');
  return newCall ? [header('Reason', q850Reason(q850OfStatus(status), text))] : [];
}
