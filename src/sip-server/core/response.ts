import { readAddresses } from '../message/inbound.ts';
import { writeMessage, type SipRequest, type SipResponse } from '../message/message.ts';
import { replyTo } from '../message/reply.ts';
import type { ClientUser, ResponseFields } from '../transaction/client.ts';
import type { Flow } from '../transport/flow.ts';
import { sendBye } from './bye.ts';
import { cancelInvite, cancelNow } from './cancel-out.ts';
import { forgetDialog, type Core, type Outgoing } from './core.ts';
import { contactIn, ownContact, requestIn, uacDialog, withOwnVia, type Dialog } from './dialog.ts';
import { tellSip } from './tell.ts';
import { wayIn } from './way.ts';

/** What becomes of the responses to a request of the app. */
export function userOf(core: Core, outgoing: Outgoing, way: Flow): ClientUser {
  return {
    onResponse: (response, fields) => onResponse(core, outgoing, { response, fields, way }),
    onFailed: (why) => {
      // RFC 3261 §8.1.3.1: a time-out is treated as a 408, a transport error as a 503.
      const [status, reason] = why === 'timeout' ? [408, 'Request Timeout'] : [503, 'Service Unavailable'];
      finish(core, outgoing, {
        status,
        way,
        response: replyTo(outgoing.request, { status, reason, toTag: null }),
      });
    },
  };
}

/**
 * Of a try that was given up while another one goes on: nobody is told. Should the peer be there after all, an INVITE is
 * cancelled, or, where it was answered, acknowledged and ended.
 */
export function abandonedUser(
  core: Core,
  outgoing: Outgoing,
  { flow, request }: { readonly flow: Flow; readonly request: SipRequest },
): ClientUser {
  let cancelled = false;
  return {
    onResponse(response, fields) {
      if (request.method !== 'INVITE' || outgoing.dialog !== null) return;
      if (response.status < 200 && !cancelled) {
        cancelled = true;
        cancelInvite(core, request, flow);
      } else if (response.status >= 200 && response.status < 300) {
        endFork(core, newDialog({ ...outgoing, request }, { response, fields, way: flow }, false));
      }
    },
    onFailed: () => undefined,
  };
}

interface Received {
  readonly response: SipResponse;
  readonly fields: ResponseFields;
  readonly way: Flow;
}

function onResponse(core: Core, outgoing: Outgoing, received: Received): void {
  const { response, fields, way } = received;
  const { status } = response;
  if (status < 200) {
    outgoing.provisional = true;
    if (outgoing.cancelWanted !== null) cancelNow(core, outgoing, outgoing.cancelWanted);
    if (status === 100) return;
    earlyDialog(core, outgoing, received);
    tell(core, outgoing, { response, way });
    return;
  }
  if (status < 300 && makesDialog(outgoing)) {
    if (!core.outgoings.has(outgoing.transactionId)) {
      furtherSuccess(core, outgoing, received);
      return;
    }
    confirm(core, outgoing, received);
  }
  if (status < 300 && outgoing.dialog !== null) refreshTarget(outgoing, fields);
  finish(core, outgoing, { status, response, way });
}

function makesDialog({ request, dialog }: Outgoing): boolean {
  return request.method === 'INVITE' || (request.method === 'SUBSCRIBE' && dialog === null);
}

function refreshTarget({ request, dialog }: Outgoing, fields: ResponseFields): void {
  const refreshing =
    request.method === 'INVITE' || request.method === 'UPDATE' || request.method === 'SUBSCRIBE';
  if (dialog !== null && refreshing && fields.contact !== null) dialog.target = fields.contact.uri;
}

/** RFC 3261 §12.1: a 1xx with a To tag makes an early dialog; the peer may send UPDATE in it, and we PRACK. */
function earlyDialog(core: Core, outgoing: Outgoing, { response, fields, way }: Received): void {
  if (outgoing.dialog !== null || outgoing.request.method !== 'INVITE' || fields.toTag === null) return;
  const known = core.dialogs.get(outgoing.dialogId);
  // A later fork does not take over an early dialog that is already there; its 2xx may.
  if (known !== undefined) return;
  const dialog = newDialog(outgoing, { response, fields, way }, true);
  core.dialogs.set(dialog.id, dialog);
}

function newDialog(outgoing: Outgoing, { response, fields, way }: Received, early: boolean): Dialog {
  const routes = readAddresses(response.headers, 'record-route') ?? [];
  const { app, transactionId, request } = outgoing;
  const contact = contactIn(request.headers) ?? ownContact(way, request.uri);
  return uacDialog(request, fields, routes, { app, transactionId, flow: way, contact, early });
}

/** The first 2xx. RFC 3261 §13.2.2.4: route set and target come from it, even where a 1xx had made the dialog. */
function confirm(core: Core, outgoing: Outgoing, received: Received): void {
  const { fields } = received;
  if (outgoing.dialog !== null) {
    outgoing.dialog.inviteSeq = fields.cseq.seq;
    outgoing.dialog.ack = null;
    return;
  }
  const early = core.dialogs.get(outgoing.dialogId);
  const dialog = newDialog(outgoing, received, false);
  if (early?.remoteTag === dialog.remoteTag) {
    dialog.localSeq = Math.max(dialog.localSeq, early.localSeq);
    dialog.remoteSeq = early.remoteSeq;
  }
  dialog.endAfterAck = outgoing.cancelled;
  core.dialogs.set(dialog.id, dialog);
}

/**
 * A 2xx after the first: repeated because our ACK was lost, so the ACK goes again (RFC 3261 §13.2.2.4), or from another
 * fork, which is acknowledged and ended: the app has one dialog by that name.
 */
function furtherSuccess(core: Core, outgoing: Outgoing, received: Received): void {
  const { fields } = received;
  if (outgoing.request.method !== 'INVITE') return;
  const dialog = core.dialogs.get(outgoing.dialogId);
  const ack = dialog?.ack ?? null;
  if (dialog?.remoteTag === fields.toTag) {
    if (ack?.seq === fields.cseq.seq) ack.flow.send(ack.bytes, () => undefined);
    return;
  }
  if (outgoing.dialog !== null) return;
  endFork(core, newDialog(outgoing, received, false));
}

function endFork(core: Core, fork: Dialog): void {
  wayIn(core, fork, (way) => {
    if (typeof way === 'string') return;
    const ack = requestIn(fork, { method: 'ACK', seq: fork.inviteSeq, headers: [], body: Buffer.alloc(0) });
    way.flow.send(writeMessage(withOwnVia(ack, way.flow).request), () => undefined);
    sendBye(core, fork, 'Another fork answered first', { silently: true });
  });
}

interface Final {
  readonly status: number;
  readonly response: SipResponse;
  readonly way: Flow;
}

function finish(core: Core, outgoing: Outgoing, final: Final): void {
  const { dialog, request } = outgoing;
  if (!core.outgoings.delete(outgoing.transactionId)) return;
  if (dialog?.ourInvite === outgoing.transactionId) dialog.ourInvite = null;
  if (final.status >= 300 && dialog === null && outgoing.dialogId !== '') {
    const early = core.dialogs.get(outgoing.dialogId);
    if (early?.early) forgetDialog(core, early);
  }
  tell(core, outgoing, final);
  // A challenged BYE is sent again with credentials (RFC 3261 §22); any other answer ends the dialog.
  const challenged = final.status === 401 || final.status === 407;
  if (dialog !== null && request.method === 'BYE' && !challenged) forgetDialog(core, dialog);
}

function tell(core: Core, outgoing: Outgoing, { response, way }: { response: SipResponse; way: Flow }): void {
  tellSip(core.clock, outgoing.app, {
    source: 'network',
    transport: way.transport,
    remote: way.remote,
    transactionId: outgoing.transactionId,
    dialogId: outgoing.dialogId,
    bytes: writeMessage(response),
  });
}
