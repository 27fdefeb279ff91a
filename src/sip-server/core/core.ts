import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { App, AppLink } from '../app/link.ts';
import type { Header } from '../message/header.ts';
import type { RequestFields } from '../message/inbound.ts';
import type { SipRequest } from '../message/message.ts';
import type { Admission, SipServerTally } from '../options.ts';
import type { ClientTransaction, ClientTransactions } from '../transaction/client.ts';
import type { ServerTransaction, ServerTransactions } from '../transaction/server.ts';
import type { Timing } from '../transaction/timing.ts';
import type { Locator } from '../dns/locate.ts';
import type { Flow } from '../transport/flow.ts';
import type { Transport } from '../transport/transport.ts';
import type { Dialog } from './dialog.ts';
import type { SourceScreen } from './source-screen.ts';

/** A request from the network whose fields are sound, with its source noted on its Via. */
export interface Sound {
  readonly request: SipRequest;
  readonly fields: RequestFields;
  readonly flow: Flow;
}

/** A request from the network that the app has not answered finally. */
export interface Pending {
  readonly transactionId: string;
  readonly request: SipRequest;
  readonly fields: RequestFields;
  readonly flow: Flow;
  readonly transaction: ServerTransaction;
  readonly app: App;
  /** Of the dialog that it is in or would make; empty for other requests. */
  readonly dialogId: string;
  /** The dialog that it came in. */
  readonly dialog: Dialog | null;
  toTag: string;
  /** A response with our tag has been sent: an early dialog exists, and the tag stays. */
  announced: boolean;
  reliable: Reliable | null;
  lastRseq: number;
  patience: Timer | null;
}

/** RFC 3262 §3: a provisional response that is repeated until its PRACK. */
export interface Reliable {
  readonly rseq: number;
  timer: Timer | null;
}

/** A request of the app that has no final response yet. */
export interface Outgoing {
  readonly transactionId: string;
  readonly app: App;
  /** As last sent: another try has another Via, and may have another Contact. */
  request: SipRequest;
  readonly dialogId: string;
  /** The dialog that it was sent in. */
  readonly dialog: Dialog | null;
  transaction: ClientTransaction | null;
  /** Something has come back for it: nobody else is tried. */
  provisional: boolean;
  /** Headers of the CANCEL that waits for a provisional response (RFC 3261 §9.1). */
  cancelWanted: readonly Header[] | null;
  cancelled: boolean;
}

/** What the parts of the server's core share. Only the core's own files touch the maps. */
export interface Core {
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
  readonly transport: Transport;
  readonly locator: Locator;
  readonly servers: ServerTransactions;
  readonly clients: ClientTransactions;
  readonly apps: AppLink;
  readonly admission: Admission;
  readonly tally: { -readonly [K in keyof SipServerTally]: SipServerTally[K] };
  /** To whom the server speaks at all. */
  readonly screen: SourceScreen;
  readonly dialogs: Map<string, Dialog>;
  /** By TXNID. */
  readonly pendings: Map<string, Pending>;
  /** INVITEs among them, by their transaction's key: how a CANCEL finds them. */
  readonly invites: Map<string, Pending>;
  /** Requests that would make a dialog, by its id. */
  readonly forming: Map<string, Pending>;
  readonly outgoings: Map<string, Outgoing>;
  /** Requests that are being passed on, by their server transaction's key. */
  readonly proxies: Map<string, { cancel(): void }>;
}

export function forgetPending(core: Core, pending: Pending): void {
  core.pendings.delete(pending.transactionId);
  core.invites.delete(pending.transaction.key);
  if (core.forming.get(pending.dialogId) === pending) core.forming.delete(pending.dialogId);
  pending.patience?.cancel();
  pending.reliable?.timer?.cancel();
  pending.reliable = null;
  if (pending.dialog?.theirInvite === pending.transactionId) pending.dialog.theirInvite = null;
}

export function forgetDialog(core: Core, dialog: Dialog): void {
  if (core.dialogs.get(dialog.id) === dialog) core.dialogs.delete(dialog.id);
  stopUnacked(dialog);
}

/** The ACK has come, or is no longer waited for: what was held back for it goes now. */
export function stopUnacked(dialog: Dialog): void {
  const unacked = dialog.unacked;
  dialog.unacked = null;
  unacked?.repeat?.cancel();
  unacked?.giveUp?.cancel();
  for (const job of unacked?.afterwards ?? []) job();
}
