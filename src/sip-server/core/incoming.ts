import { randomInt } from 'node:crypto';
import { limits } from '../limits.ts';
import { paramOf, splitList } from '../message/grammar.ts';
import { header, headerValue, optionTags, type Header } from '../message/header.ts';
import { readRequest, type RequestFields } from '../message/inbound.ts';
import type { Fault, SipRequest } from '../message/message.ts';
import { replyTo } from '../message/reply.ts';
import { isSecureUri } from '../message/uri.ts';
import { withSource, writeVia, type Via } from '../message/via.ts';
import type { Flow } from '../transport/flow.ts';
import { onAck, onPrack } from './acknowledge.ts';
import { cancelPending, onCancel } from './cancel.ts';
import { forgetDialog, stopUnacked, type Core, type Pending, type Sound } from './core.ts';
import { dialogId, type Dialog } from './dialog.ts';
import { earlyInvite, findDialog } from './find.ts';
import { passOn } from './pass-on.ts';
import { isRoutedByUs } from './proxy-token.ts';
import { noDialog, refuse } from './refuse.ts';
import { serve } from './serve.ts';

const methods = new Set([
  ...[
    'INVITE',
    'ACK',
    'BYE',
    'CANCEL',
    'OPTIONS',
    'REGISTER',
    'INFO',
    'PRACK',
    'UPDATE',
    'MESSAGE',
    'SUBSCRIBE',
  ],
  ...['NOTIFY', 'REFER', 'PUBLISH'],
]);
const always = ['ACK', 'BYE', 'CANCEL', 'PRACK'];
/** Option tags that a peer may require of us (RFC 3261 §8.2.2.3). */
const supported = new Set(['100rel', 'timer']);
/** What ends something is let in, however much its source has. */
const ends = new Set(['BYE', 'PRACK']);
/** Requests that mean nothing without the dialog or transaction that they name. */
const onlyInDialog = new Set(['BYE', 'UPDATE', 'PRACK']);

/** Everything that comes from the network as a request passes here, first to last. */
export function onRequest(core: Core, received: SipRequest, parseFault: Fault | null, flow: Flow): void {
  const read = readRequest(received, parseFault);
  if (!core.screen(flow.remote.address) && !(read.ok && belongs(core, read.value))) {
    core.tally.unknownSource += 1;
    return;
  }
  if (!read.ok) {
    const request = read.via === null ? received : stamped(received, read.via, flow);
    // Where its Via does not parse, the answer has it as it came (RFC 4475 §3.1.2.1); without any, nobody would know it.
    if (headerValue(request.headers, 'via') !== null) refuse(core, { request, flow }, read.fault);
    return;
  }
  const fields = read.value;
  const sound: Sound = { request: stamped(received, fields.via, flow), fields, flow };
  if (core.servers.absorb(sound.request, fields)) return;
  takeAlias(fields.via, flow);
  // By our own Record-Route: the call is between others, and its extensions are theirs to judge.
  if (isRoutedByUs(core, sound.request, fields.callId) && sound.request.method !== 'CANCEL') {
    passOn(core, sound);
    return;
  }
  if (sound.request.method === 'ACK') {
    onAck(core, sound);
    return;
  }
  const fault = generalFault(core, sound);
  if (fault !== null) {
    refuse(core, sound, fault.fault, fault.headers);
    return;
  }
  if (sound.request.method === 'CANCEL') {
    onCancel(core, sound);
    return;
  }
  if (
    core.servers.countFrom(flow.remote.address) >= core.admission.transactionsPerSource &&
    !ends.has(sound.request.method)
  ) {
    turnAway(core, sound);
    return;
  }
  if (fields.toTag !== null) {
    inDialog(core, sound);
    return;
  }
  outsideDialog(core, sound);
}

/** To a dialog that we have: whoever knows its tags is no stranger. */
function belongs(core: Core, fields: RequestFields): boolean {
  return fields.toTag !== null && (findDialog(core, fields) !== null || earlyInvite(core, fields) !== null);
}

/** RFC 5923 §4: whoever put `alias` into its Via wants our requests over this connection too. */
function takeAlias(via: Via, flow: Flow): void {
  if (flow.transport === 'tls' && paramOf(via.params, 'alias') !== undefined)
    flow.takeAlias(via.port ?? 5061);
}

function stamped(request: SipRequest, via: Via, flow: Flow): SipRequest {
  const at = request.headers.findIndex((field) => field.id === 'via');
  const top = request.headers[at];
  if (top === undefined) return request;
  const list = splitList(top.value);
  const rest = list.ok ? list.value.slice(1) : [];
  const value = [writeVia(withSource(via, flow.remote.address, flow.remote.port)), ...rest].join(', ');
  return { ...request, headers: request.headers.with(at, { ...top, value }) };
}

/** RFC 3261 §8.2.1, §8.2.2.3 */
function generalFault(core: Core, { request }: Sound): { fault: Fault; headers: Header[] } | null {
  if (!methods.has(request.method)) {
    return { fault: { status: 501, reason: 'Not Implemented' }, headers: [allow(core)] };
  }
  if (request.method === 'CANCEL') return null;
  const unsupported = optionTags(request.headers, 'require').filter((tag) => !supported.has(tag));
  if (unsupported.length === 0) return null;
  return {
    fault: { status: 420, reason: 'Bad Extension' },
    headers: [header('Unsupported', unsupported.join(', '))],
  };
}

function allow(core: Core): Header {
  const routed = [...methods].filter(
    (method) => always.includes(method) || core.apps.appFor(method) !== null,
  );
  return header('Allow', routed.join(', '));
}

function inDialog(core: Core, sound: Sound): void {
  const { request, fields } = sound;
  const dialog = findDialog(core, fields);
  if (dialog === null) {
    const early = earlyInvite(core, fields);
    if (early !== null) {
      inEarlyDialog(core, sound, early);
      return;
    }
    refuse(core, sound, noDialog);
    return;
  }
  // RFC 3261 §12.2.2: what is older than what we have seen is out of order.
  if (dialog.remoteSeq !== null && fields.cseq.seq <= dialog.remoteSeq) {
    refuse(core, sound, { status: 500, reason: 'CSeq Out Of Order' });
    return;
  }
  if (request.method === 'INVITE') {
    const fault = glare(dialog);
    if (fault !== null) {
      refuse(core, sound, fault.fault, fault.headers);
      return;
    }
    if (fields.contact === null) {
      refuse(core, sound, { status: 400, reason: 'Missing Contact Header' });
      return;
    }
    // Whoever sends a new INVITE has seen our last 2xx, even where its ACK was lost (RFC 5407 §3.1.5).
    stopUnacked(dialog);
  }
  dialog.remoteSeq = fields.cseq.seq;
  dialog.flow = sound.flow;
  if (request.method === 'PRACK') {
    onPrack(core, sound, dialog.id);
    return;
  }
  const pending = serve(core, sound, { app: dialog.app, dialog, dialogId: dialog.id });
  if (request.method === 'INVITE') dialog.theirInvite = pending.transactionId;
  if (request.method === 'BYE') endByBye(core, dialog);
  if (endsSubscription(dialog, request)) forgetDialog(core, dialog);
}

/** RFC 3261 §14.2 */
function glare(dialog: Dialog): { fault: Fault; headers: Header[] } | null {
  if (dialog.ourInvite !== null) return { fault: { status: 491, reason: 'Request Pending' }, headers: [] };
  if (dialog.theirInvite === null) return null;
  return {
    fault: { status: 500, reason: 'Overlapping Requests' },
    headers: [header('Retry-After', String(randomInt(0, 11)))],
  };
}

/** RFC 3261 §15.1.2: what is still unanswered in the dialog gets 487. */
function endByBye(core: Core, dialog: Dialog): void {
  forgetDialog(core, dialog);
  const invite = dialog.theirInvite === null ? undefined : core.pendings.get(dialog.theirInvite);
  if (invite !== undefined) cancelPending(core, invite);
}

function endsSubscription(dialog: Dialog, request: SipRequest): boolean {
  if (dialog.method !== 'SUBSCRIBE' || request.method !== 'NOTIFY') return false;
  return request.headers.some((f) => f.id === 'subscription-state' && /^terminated\b/i.test(f.value));
}

function inEarlyDialog(core: Core, sound: Sound, invite: Pending): void {
  const { request, fields } = sound;
  if (fields.cseq.seq <= invite.fields.cseq.seq) {
    refuse(core, sound, { status: 500, reason: 'CSeq Out Of Order' });
    return;
  }
  if (request.method === 'PRACK') {
    onPrack(core, sound, invite.dialogId, invite);
    return;
  }
  if (request.method === 'INVITE') {
    // RFC 3261 §14.2: a second INVITE before the final response to the first.
    const headers = [header('Retry-After', String(randomInt(0, 11)))];
    refuse(core, sound, { status: 500, reason: 'Overlapping Requests' }, headers);
    return;
  }
  if (request.method === 'BYE') {
    // RFC 3261 §15: the caller may end an early dialog by BYE. For the app that is a CANCEL.
    const transaction = core.servers.serve(sound, { onFailed: () => undefined });
    transaction.respond(replyTo(request, { status: 200, reason: 'OK', toTag: invite.toTag }));
    cancelPending(core, invite);
    return;
  }
  serve(core, sound, { app: invite.app, dialog: null, dialogId: invite.dialogId });
  return undefined;
}

function outsideDialog(core: Core, sound: Sound): void {
  const { request, fields } = sound;
  const { method } = request;
  if (onlyInDialog.has(method)) {
    refuse(core, sound, noDialog);
    return;
  }
  if (isFull(core, method)) {
    turnAway(core, sound);
    return;
  }
  const fault = newDialogFault(core, sound);
  if (fault !== null) {
    refuse(core, sound, fault);
    return;
  }
  const app = core.apps.appFor(method);
  if (app === null) {
    // RFC 3261 §8.2.1 where an app is there and did not ask for this method; 503 where there is none.
    const someApp = core.apps.appFor('invite') !== null || core.apps.appFor('options') !== null;
    if (method === 'INVITE' || !someApp) {
      refuse(core, sound, { status: 503, reason: 'Service Unavailable' });
      return;
    }
    refuse(core, sound, { status: 405, reason: 'Method Not Allowed' }, [allow(core)]);
    return;
  }
  const makesDialog = method === 'INVITE' || method === 'SUBSCRIBE';
  const id = makesDialog ? dialogId(fields.callId, fields.fromTag ?? '') : '';
  serve(core, sound, { app, dialog: null, dialogId: id });
  return undefined;
}

function isFull({ servers, invites, dialogs, admission }: Core, method: string): boolean {
  if (servers.count() >= limits.serverTransactions) return true;
  if (method !== 'INVITE' && method !== 'SUBSCRIBE') return false;
  return invites.size >= admission.pendingInvites || dialogs.size >= admission.dialogs;
}

/** RFC 3261 §21.5.4; the time differs, so that not all of those turned away come back at once. */
function turnAway(core: Core, sound: Sound): void {
  core.tally.turnedAway += 1;
  const headers = [header('Retry-After', String(randomInt(5, 16)))];
  refuse(core, sound, { status: 503, reason: 'Service Unavailable' }, headers);
}

function newDialogFault(core: Core, { request, fields, flow }: Sound): Fault | null {
  if (request.method !== 'INVITE' && request.method !== 'SUBSCRIBE') return null;
  // RFC 3261 §26.2.2, without the exception for the last hop that RFC 5630 takes back: TLS on every hop was promised.
  if (isSecureUri(fields.uri) && flow.transport !== 'tls') return { status: 403, reason: 'SIPS Needs TLS' };
  if (fields.contact === null) return { status: 400, reason: 'Missing Contact Header' };
  // RFC 3261 §8.2.2.2: the same request by another path (forked upstream) is a loop to us.
  const id = dialogId(fields.callId, fields.fromTag ?? '');
  const merged = core.dialogs.has(id) || core.forming.has(id);
  return merged ? { status: 482, reason: 'Loop Detected' } : null;
}
