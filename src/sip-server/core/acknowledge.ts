import { headerValue } from '../message/header.ts';
import { writeMessage, type SipResponse } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import { giveUpAfter } from '../transaction/timing.ts';
import { sendBye } from './bye.ts';
import { stopUnacked, type Core, type Pending, type Sound } from './core.ts';
import type { Dialog, Unacked } from './dialog.ts';
import { findDialog } from './find.ts';
import { noDialog, refuse } from './refuse.ts';
import { serve } from './serve.ts';
import { tellSip } from './tell.ts';

interface Answered {
  readonly dialog: Dialog;
  readonly transaction: ServerTransaction;
  readonly response: SipResponse;
  readonly bytes: Buffer;
  readonly seq: number;
  readonly transactionId: string;
}

/**
 * RFC 3261 §13.3.1.4: a 2xx to INVITE is repeated until its ACK, over every transport, because a hop behind the next
 * one may be UDP. Without an ACK after 64*T1 the dialog ends.
 */
export function repeatUntilAck(core: Core, answered: Answered): void {
  const { dialog, transaction, response, bytes } = answered;
  const { t1, t2 } = core.timing;
  stopUnacked(dialog);
  const unacked: Unacked = {
    seq: answered.seq,
    transactionId: answered.transactionId,
    repeat: null,
    giveUp: null,
    afterwards: [],
  };
  dialog.unacked = unacked;
  const repeat = (interval: number): void => {
    unacked.repeat = core.clock.after(interval, () => {
      transaction.respond(response, bytes);
      repeat(Math.min(interval * 2, t2));
    });
  };
  repeat(t1);
  unacked.giveUp = core.clock.after(giveUpAfter(core.timing), () => sendBye(core, dialog, 'ACK timeout'));
}

/** An ACK that no failed INVITE absorbed belongs to a 2xx. An ACK is never answered. */
export function onAck(core: Core, sound: Sound): void {
  const { request, fields, flow } = sound;
  const dialog = findDialog(core, fields);
  const unacked = dialog?.unacked ?? null;
  if (dialog === null || unacked?.seq !== fields.cseq.seq) return;
  tellSip(core.clock, dialog.app, {
    source: 'network',
    transport: flow.transport,
    remote: flow.remote,
    transactionId: unacked.transactionId,
    dialogId: dialog.id,
    bytes: writeMessage(request),
  });
  stopUnacked(dialog);
}

/** What follows the method is let pass: drachtio-srf's own scenario for sipp writes the method twice. */
const rackPattern = /^([0-9]{1,10})[ \t]+([0-9]{1,10})[ \t]+INVITE\b/i;

/** RFC 3262 §3: a PRACK names the provisional response that it acknowledges; any other is 481. */
export function onPrack(core: Core, sound: Sound, id: string, invite?: Pending): void {
  const rack = rackPattern.exec(headerValue(sound.request.headers, 'rack') ?? '');
  if (rack === null) {
    refuse(core, sound, { status: 400, reason: 'Bad RAck Header' });
    return;
  }
  const named = invite?.reliable;
  if (
    invite === undefined ||
    !named ||
    Number(rack[1]) !== named.rseq ||
    Number(rack[2]) !== invite.fields.cseq.seq
  ) {
    refuse(core, sound, noDialog);
    return;
  }
  named.timer?.cancel();
  invite.reliable = null;
  serve(core, sound, { app: invite.app, dialog: null, dialogId: id });
  return undefined;
}
