import { randomInt } from 'node:crypto';
import { newTag, newTransactionId } from '../identifiers.ts';
import { writeMessage } from '../message/message.ts';
import { replyTo } from '../message/reply.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import { cancelPending } from './cancel.ts';
import { forgetPending, type Core, type Pending, type Sound } from './core.ts';
import type { Dialog } from './dialog.ts';
import { tellSip } from './tell.ts';

interface Target {
  readonly app: Pending['app'];
  readonly dialog: Dialog | null;
  readonly dialogId: string;
}

/** Makes the server transaction and hands the request to the app. */
export function serve(core: Core, sound: Sound, target: Target): Pending {
  const { request, fields, flow } = sound;
  const transaction: ServerTransaction = core.servers.serve(sound, {
    onFailed: (why) => {
      core.log.debug({ why, method: request.method }, 'response not sent');
      if (core.pendings.has(pending.transactionId)) cancelPending(core, pending);
    },
  });
  const pending: Pending = {
    transactionId: newTransactionId(),
    request,
    fields,
    flow,
    transaction,
    ...target,
    toTag: fields.toTag ?? newTag(),
    announced: false,
    reliable: null,
    lastRseq: randomInt(1, 2 ** 20),
    patience: null,
  };
  core.pendings.set(pending.transactionId, pending);
  if (target.dialog === null && fields.toTag === null && target.dialogId !== '')
    core.forming.set(target.dialogId, pending);
  if (request.method === 'INVITE') {
    core.invites.set(transaction.key, pending);
    transaction.respond(replyTo(request, { status: 100, reason: 'Trying', toTag: null }));
  }
  pending.patience = core.clock.after(unansweredMs, () => onUnanswered(core, pending));
  tellSip(core.clock, target.app, {
    source: 'network',
    transport: flow.transport,
    remote: flow.remote,
    transactionId: pending.transactionId,
    // The app learns a new dialog's id with its own answer.
    dialogId: target.dialog !== null || pending.fields.toTag !== null ? target.dialogId : '',
    bytes: writeMessage(request),
    ...(fields.toTag === null ? { receivedOn: flow.local } : {}),
  });
  return pending;
}

/** As long as a non-INVITE transaction of the peer can last, twice over. */
const unansweredMs = 64_000;

/** An app that has said "ringing" may take longer, but not for ever. */
const ringingMs = 300_000;

export function keepWaiting(core: Core, pending: Pending): void {
  pending.patience?.cancel();
  pending.patience = core.clock.after(ringingMs, () => onUnanswered(core, pending));
}

/** An app that does not answer must not leave the peer, or our memory, hanging. */
function onUnanswered(core: Core, pending: Pending): void {
  const reply = replyTo(pending.request, { status: 500, reason: 'No Answer', toTag: pending.toTag });
  forgetPending(core, pending);
  pending.transaction.respond(reply);
}
