import { header } from '../message/header.ts';
import { writeMessage } from '../message/message.ts';
import { forgetDialog, type Core } from './core.ts';
import { requestIn, withOwnVia, type Dialog } from './dialog.ts';
import { tellSip } from './tell.ts';
import { wayIn } from './way.ts';

/**
 * Ends a dialog on the server's own account; the app hears of it as a request that it did not ask for, unless it never
 * knew the dialog.
 */
export function sendBye(core: Core, dialog: Dialog, why: string, how: { silently?: boolean } = {}): void {
  if ((dialog.unacked?.afterwards.length ?? 0) > 0) {
    // The app's own BYE has waited for the ACK, and says more about why.
    forgetDialog(core, dialog);
    return;
  }
  dialog.localSeq += 1;
  const reason = header('Reason', `SIP ;cause=200 ;text="${why}"`);
  const bye = requestIn(dialog, {
    method: 'BYE',
    seq: dialog.localSeq,
    headers: [reason],
    body: Buffer.alloc(0),
  });
  forgetDialog(core, dialog);
  wayIn(core, dialog, (way) => {
    const sendable = typeof way === 'string' ? null : withOwnVia(bye, way.flow);
    if (sendable !== null && typeof way !== 'string') {
      // Whatever the peer answers: for us the dialog is over (RFC 3261 §15.1.1).
      core.clients.call(
        { ...sendable, flow: way.flow },
        { onResponse: () => undefined, onFailed: () => undefined },
      );
    }
    if (how.silently) return;
    tellSip(core.clock, dialog.app, {
      source: 'application',
      transport: dialog.flow.transport,
      remote: dialog.flow.remote,
      transactionId: 'unsolicited',
      dialogId: dialog.id,
      bytes: writeMessage(sendable?.request ?? bye),
    });
  });
}
