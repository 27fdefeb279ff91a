import { statelessTag } from '../identifiers.ts';
import { writeMessage, type SipRequest } from '../message/message.ts';
import { cancelOf, replyTo } from '../message/reply.ts';
import { forgetPending, type Core, type Pending, type Sound } from './core.ts';
import { noDialog, refuse } from './refuse.ts';
import { tellSip } from './tell.ts';

/** RFC 3261 §9.2: the server answers CANCEL and INVITE by itself; the app is told. */
export function onCancel(core: Core, sound: Sound): void {
  const { request, fields } = sound;
  const invite = core.servers.inviteOf(request, fields);
  if (invite === null) {
    refuse(core, sound, noDialog);
    return;
  }
  const pending = core.invites.get(invite.key);
  const toTag = pending?.toTag ?? statelessTag(fields.callId, String(fields.cseq.seq));
  const transaction = core.servers.serve(sound, { onFailed: () => undefined });
  transaction.respond(replyTo(request, { status: 200, reason: 'OK', toTag }));
  core.proxies.get(invite.key)?.cancel();
  // Where a final response has been sent, CANCEL has no effect: the caller acknowledges the 2xx and says BYE.
  if (pending !== undefined) cancelPending(core, pending, request);
}

/** Ends a request that the app has not answered, as a CANCEL does. Also after a BYE in an early dialog. */
export function cancelPending(core: Core, pending: Pending, cancel?: SipRequest): void {
  const { request, transaction, flow } = pending;
  forgetPending(core, pending);
  const reply = replyTo(request, { status: 487, reason: 'Request Terminated', toTag: pending.toTag });
  transaction.respond(reply);
  if (request.method !== 'INVITE') return;
  tellSip(core.clock, pending.app, {
    source: 'network',
    transport: flow.transport,
    remote: flow.remote,
    transactionId: pending.transactionId,
    dialogId: pending.announced ? pending.dialogId : '',
    bytes: writeMessage(cancel ?? cancelOf(request, [])),
  });
}
