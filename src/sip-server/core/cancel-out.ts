import { newTransactionId } from '../identifiers.ts';
import type { Header } from '../message/header.ts';
import { writeMessage, type SipRequest } from '../message/message.ts';
import { cancelOf } from '../message/reply.ts';
import { branchOf, parseVia } from '../message/via.ts';
import type { Flow } from '../transport/flow.ts';
import type { Core, Outgoing } from './core.ts';
import { tellRequestSent } from './tell.ts';

/**
 * RFC 3261 §9.1: a CANCEL of our INVITE waits for a provisional response, because before one the peer may not have the
 * INVITE yet. The app is answered at once; the 200 to the CANCEL is nobody's business, the 487 answers the INVITE.
 */
export function sendCancel(
  core: Core,
  outgoing: Outgoing,
  by?: { headers: readonly Header[]; msgId: string },
): void {
  const headers = by?.headers ?? [];
  if (by !== undefined) {
    const flow = outgoing.transaction?.flow;
    tellRequestSent(core.clock, outgoing.app, by.msgId, {
      source: 'application',
      transport: flow?.transport ?? 'udp',
      remote: flow?.remote ?? { address: '', port: 0 },
      transactionId: newTransactionId(),
      dialogId: '',
      bytes: writeMessage(cancelOf(outgoing.request, headers)),
    });
  }
  if (outgoing.cancelled) return;
  if (outgoing.provisional) cancelNow(core, outgoing, headers);
  else outgoing.cancelWanted = headers;
}

export function cancelNow(core: Core, outgoing: Outgoing, headers: readonly Header[]): void {
  const { transaction } = outgoing;
  if (transaction === null) return;
  outgoing.cancelled = true;
  outgoing.cancelWanted = null;
  transaction.cancelled();
  cancelInvite(core, outgoing.request, transaction.flow, headers);
}

export function cancelInvite(
  core: Core,
  invite: SipRequest,
  flow: Flow,
  headers: readonly Header[] = [],
): void {
  const cancel = cancelOf(invite, headers);
  const via = parseVia(cancel.headers.find((field) => field.id === 'via')?.value ?? '');
  const branch = via.ok ? branchOf(via.value) : null;
  if (branch === null) return;
  core.clients.call(
    { request: cancel, branch, flow },
    { onResponse: () => undefined, onFailed: () => undefined },
  );
}
