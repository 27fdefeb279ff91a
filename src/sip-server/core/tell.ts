import type { Clock } from '../../base/clock.ts';
import type { App } from '../app/link.ts';
import type { Flow, Peer } from '../transport/flow.ts';

/** What the app is told, field by field as drachtio-srf reads it (docs/sip.md). */
export interface Told {
  readonly source: 'network' | 'application';
  readonly transport: string;
  readonly remote: Peer;
  readonly transactionId: string;
  readonly dialogId: string;
  readonly bytes: Buffer;
  /** Only of requests outside a dialog: our address that it came in on. */
  readonly receivedOn?: Peer;
}

export function tellSip(clock: Clock, app: App, told: Told): void {
  const received = told.receivedOn ? `${told.receivedOn.address}|${told.receivedOn.port}|` : '';
  app.tell(`sip|${meta(clock, told)}|${told.transactionId}|${told.dialogId}|${received}`, told.bytes);
}

/** The app's own request, as it leaves. drachtio-srf builds its Request from this text. */
export function tellRequestSent(clock: Clock, app: App, msgId: string, told: Told): void {
  app.tell(`response|${msgId}|OK|${meta(clock, told)}|${told.transactionId}|Msg sent:|`, told.bytes);
}

/** The app's own response, as it leaves. drachtio-srf takes To tag, Contact and dialog id from it. */
export function tellResponseSent(clock: Clock, app: App, msgId: string, told: Told): void {
  app.tell(
    `response|${msgId}|OK|${meta(clock, told)}|${told.transactionId}|${told.dialogId}||Msg sent:|`,
    told.bytes,
  );
}

/** drachtio-srf looks at some of these texts, so they are drachtio-server's own. */
export function tellRefused(app: App, msgId: string, reason: string): void {
  app.tell(`response|${msgId}|NOK|${reason.replaceAll(/[|\r\n]/g, ' ')}`);
}

/** One final response to a request that the server passes on for the app; the callback stays registered. */
export function tellProxied(
  clock: Clock,
  app: App,
  msgId: string,
  told: { response: Buffer; way: Flow },
): void {
  const { transport, remote } = told.way;
  const what = { source: 'network', transport, remote, bytes: told.response } as const;
  app.tell(`response|${msgId}|OK|${meta(clock, what)}|||continue`, told.response);
}

export function tellProxyDone(app: App, msgId: string): void {
  app.tell(`response|${msgId}|OK|done`);
}

function meta(clock: Clock, told: Pick<Told, 'source' | 'transport' | 'remote' | 'bytes'>): string {
  const { address, port } = told.remote;
  return `${told.source}|${told.bytes.length}|${told.transport}|${address}|${port}|${timeOfDay(clock)}`;
}

let writtenAt = NaN;
let written = '';

/** HH:MM:SS.uuuuuu, UTC; written once a millisecond. */
function timeOfDay(clock: Clock): string {
  const now = clock.wallMs();
  if (now !== writtenAt) {
    writtenAt = now;
    written = `${new Date(now).toISOString().slice(11, 23)}000`;
  }
  return written;
}
