import { header, headerValue, headerValues, optionTags, without, type Header } from '../message/header.ts';
import { writeMessage, type SipResponse } from '../message/message.ts';
import { parseNameAddress, tagOf } from '../message/name-address.ts';
import { replyTo } from '../message/reply.ts';
import { giveUpAfter } from '../transaction/timing.ts';
import { repeatUntilAck } from './acknowledge.ts';
import { cancelPending } from './cancel.ts';
import { forgetPending, type Core, type Pending, type Reliable } from './core.ts';
import { contactIn, ownContact, uasDialog, withoutLocalhost, type Dialog } from './dialog.ts';
import { keepWaiting } from './serve.ts';
import { tellRefused, tellResponseSent } from './tell.ts';
import type { App } from '../app/link.ts';

/** What the server writes itself, whatever the app says. */
const owned = new Set([
  ...[
    'via',
    'from',
    'to',
    'call-id',
    'cseq',
    'record-route',
    'route',
    'rseq',
    'content-length',
    'max-forwards',
  ],
]);

interface Wanted {
  readonly app: App;
  readonly msgId: string;
  readonly transactionId: string;
  readonly response: SipResponse;
}

/** The app's response to a request from the network. */
export function onAppResponse(core: Core, wanted: Wanted): void {
  const { app, msgId } = wanted;
  const pending = core.pendings.get(wanted.transactionId);
  if (pending?.app !== app) {
    tellRefused(app, msgId, 'Response not sent due to unknown transaction');
    return;
  }
  const { status } = wanted.response;
  const reliable =
    status > 100 && status < 200 && optionTags(wanted.response.headers, 'require').includes('100rel');
  if (reliable && !mayBeReliable(pending)) {
    tellRefused(app, msgId, 'Remote endpoint does not support 100rel');
    return;
  }
  if (reliable && pending.reliable !== null) {
    // RFC 3262 §3: not before the one before it is acknowledged.
    tellRefused(app, msgId, 'Response not sent due to unacknowledged reliable provisional response');
    return;
  }
  takeTag(pending, wanted.response);
  const response = build(pending, wanted.response, reliable);
  const bytes = writeMessage(response);
  tellResponseSent(core.clock, app, msgId, {
    source: 'application',
    transport: pending.flow.transport,
    remote: pending.flow.remote,
    transactionId: pending.transactionId,
    dialogId: pending.request.method === 'BYE' ? '' : pending.dialogId,
    bytes,
  });
  if (status < 200) {
    provisional(core, pending, { response, bytes, reliable });
    return;
  }
  forgetPending(core, pending);
  pending.transaction.respond(response, bytes);
  if (status < 300) accepted(core, pending, { response, bytes });
  return undefined;
}

/** The app may choose the To tag of a new dialog; the first response above 100 decides. */
function takeTag(pending: Pending, response: SipResponse): void {
  if (pending.announced || pending.fields.toTag !== null || response.status === 100) return;
  const to = parseNameAddress(headerValue(response.headers, 'to') ?? '');
  const tag = to.ok ? tagOf(to.value) : null;
  if (tag !== null && /^[A-Za-z0-9\-.!%*_+`'~]{1,255}$/.test(tag)) pending.toTag = tag;
  pending.announced = true;
}

function mayBeReliable(pending: Pending): boolean {
  if (pending.request.method !== 'INVITE') return false;
  const { headers } = pending.request;
  return [...optionTags(headers, 'supported'), ...optionTags(headers, 'require')].includes('100rel');
}

function build(pending: Pending, wanted: SipResponse, reliable: boolean): SipResponse {
  const { request, flow } = pending;
  const { status, body } = wanted;
  const headers: Header[] = withoutLocalhost(without(wanted.headers, owned), flow, request.uri);
  const dialogForming = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  const success = status >= 200 && status < 300;
  if (dialogForming && (success || reliable) && contactIn(headers) === null) {
    headers.push(header('Contact', pending.dialog?.contact ?? ownContact(flow, request.uri)));
  }
  if (body.length > 0 && headerValue(headers, 'content-type') === null) {
    headers.push(header('Content-Type', 'application/sdp'));
  }
  if (reliable) {
    pending.lastRseq += 1;
    headers.push(header('RSeq', String(pending.lastRseq)));
  }
  // RFC 3261 §12.1.1: the routes that the proxies want to stay on.
  const routes =
    dialogForming && status > 100 && status < 300
      ? headerValues(request.headers, 'record-route').map((value) => header('Record-Route', value))
      : [];
  return replyTo(request, {
    ...{ status, body, toTag: pending.toTag },
    reason: wanted.reason,
    headers: [...routes, ...headers],
  });
}

interface Built {
  readonly response: SipResponse;
  readonly bytes: Buffer;
}

function provisional(core: Core, pending: Pending, built: Built & { reliable: boolean }): void {
  pending.transaction.respond(built.response, built.bytes);
  keepWaiting(core, pending);
  if (!built.reliable) return;
  const reliable: Reliable = { rseq: pending.lastRseq, timer: null };
  pending.reliable = reliable;
  const repeat = (interval: number, spent: number): void => {
    reliable.timer = core.clock.after(interval, () => {
      // RFC 3262 §3: after 64*T1 without PRACK the INVITE is rejected.
      if (spent + interval >= giveUpAfter(core.timing)) {
        cancelPending(core, pending);
        return;
      }
      pending.transaction.respond(built.response, built.bytes);
      repeat(interval * 2, spent + interval);
    });
  };
  repeat(core.timing.t1, 0);
}

/** A 2xx makes or refreshes the dialog of an INVITE or SUBSCRIBE (RFC 3261 §12.1.1, §12.2.2). */
function accepted(core: Core, pending: Pending, { response, bytes }: Built): void {
  const { request, fields, transactionId, transaction } = pending;
  const contact = contactIn(response.headers) ?? ownContact(pending.flow, request.uri);
  const forms = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  if (pending.dialog !== null) {
    // Target refresh requests only (§12.2.2, RFC 3311 §5.2).
    if ((forms || request.method === 'UPDATE') && fields.contact !== null)
      pending.dialog.target = fields.contact.uri;
  }
  if (!forms || (pending.dialog === null && fields.toTag !== null)) return;
  const dialog: Dialog =
    pending.dialog ??
    uasDialog(request, fields, pending.toTag, {
      app: pending.app,
      transactionId,
      flow: pending.flow,
      contact,
      early: false,
    });
  dialog.contact = contact;
  if (pending.dialog === null) core.dialogs.set(dialog.id, dialog);
  if (request.method === 'INVITE') {
    repeatUntilAck(core, { dialog, transaction, response, bytes, seq: fields.cseq.seq, transactionId });
  }
}
