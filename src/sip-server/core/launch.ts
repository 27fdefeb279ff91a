import type { App } from '../app/link.ts';
import { newTransactionId } from '../identifiers.ts';
import { headerValue, type Header } from '../message/header.ts';
import { writeMessage, type SipRequest } from '../message/message.ts';
import type { Flow } from '../transport/flow.ts';
import { attempt, tryOn } from './attempt.ts';
import type { Core, Outgoing } from './core.ts';
import { tellRequestSent } from './tell.ts';
import type { Way } from './way.ts';

/** What an app asks to send. */
export interface AppRequest {
  readonly app: App;
  readonly msgId: string;
  readonly transactionId: string;
  readonly dialogId: string;
  readonly routeUrl: string;
  readonly request: SipRequest;
}

export function bodyType(request: SipRequest): 'none' | 'named' | 'sdp' | 'unknown' {
  if (request.body.length === 0) return 'none';
  if (headerValue(request.headers, 'content-type') !== null) return 'named';
  return request.body.subarray(0, 3).toString('latin1') === 'v=0' ? 'sdp' : 'unknown';
}

export function sequenceOf(headers: readonly Header[]): number | null {
  const seq = /^([0-9]{1,10})\b/.exec(headerValue(headers, 'cseq') ?? '')?.[1];
  return seq === undefined || Number(seq) >= 2 ** 31 ? null : Number(seq);
}

interface Launch {
  readonly app: App;
  readonly msgId: string;
  /** Without Via. On another way it may name another Contact of ours. */
  readonly requestFor: (flow: Flow) => SipRequest;
  readonly way: Way;
  readonly dialogId: string;
  readonly dialog: Outgoing['dialog'];
  /** Holds the message back until `go` is called; the app is answered at once. */
  readonly defer?: (go: () => void) => void;
}

/** Tells the app what leaves, and then lets it leave: the app must know the TXNID before any response to it. */
export function launch(core: Core, launched: Launch): Outgoing {
  const { app, dialog, requestFor } = launched;
  const first = tryOn(core, launched.way, requestFor);
  const outgoing: Outgoing = {
    transactionId: newTransactionId(),
    app,
    request: first.request,
    dialogId: launched.dialogId,
    dialog,
    transaction: null,
    provisional: false,
    cancelWanted: null,
    cancelled: false,
  };
  core.outgoings.set(outgoing.transactionId, outgoing);
  tellRequestSent(core.clock, app, launched.msgId, {
    source: 'application',
    transport: first.flow.transport,
    remote: first.flow.remote,
    transactionId: outgoing.transactionId,
    dialogId: launched.dialogId,
    bytes: writeMessage(first.request),
  });
  const go = (): void => attempt(core, outgoing, { now: first, requestFor });
  if (launched.defer) launched.defer(go);
  else go();
  return outgoing;
}
