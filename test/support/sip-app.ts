import { connect, type Socket } from 'node:net';
import { createFrameReader, writeFrame } from '../../src/sip-server/app/frame.ts';
import { waitUntil } from './sip-until.ts';

/** An application at the drachtio port that answers nothing by itself, and keeps what it is told. */
export interface SipApp {
  /** SIP messages that it was shown, in order. */
  readonly shown: readonly ShownMessage[];
  /** Answers a request that it was shown: status and reason, headers, body. */
  answer(transactionId: string, status: string, more?: AppText): void;
  /** A request of its own, in a dialog where one is named; the transaction's id, or why it was refused. */
  request(
    method: string,
    at: { readonly uri?: string; readonly dialogId?: string },
    more?: AppText,
  ): Promise<string>;
  /** Hands a request that it was shown over to the server, which passes it on to one target and stays in the call. */
  proxy(transactionId: string, target: string): void;
  /** Ends a request of its own that has no final response. */
  cancel(transactionId: string): void;
  stop(): Promise<void>;
}

export interface AppText {
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface ShownMessage {
  readonly transactionId: string;
  readonly dialogId: string;
  readonly text: string;
}

export interface SipAppOptions {
  readonly port: number;
  readonly secret: string;
  /** Methods that it wants to be shown. */
  readonly verbs: readonly string[];
  /** Called for each message as it comes. */
  onShown?(shown: ShownMessage): void;
}

export async function startSipApp(options: SipAppOptions): Promise<SipApp> {
  const socket: Socket = connect(options.port, '127.0.0.1');
  const reader = createFrameReader();
  const shown: ShownMessage[] = [];
  let answers = 0;
  let serial = 0;
  const waiting = new Map<string, (fields: readonly string[]) => void>();
  const send = (fields: string, sip?: string): Promise<readonly string[]> => {
    serial += 1;
    const id = `app-${serial}`;
    socket.write(writeFrame(`${id}|${fields}`, sip === undefined ? undefined : Buffer.from(sip, 'latin1')));
    return new Promise((done) => void waiting.set(id, done));
  };
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk) ?? []) {
      const end = frame.indexOf('\r\n');
      const fields = frame.toString('latin1', 0, end < 0 ? frame.length : end).split('|');
      if (fields[1] === 'response') {
        answers += 1;
        waiting.get(fields[2] ?? '')?.(fields.slice(3));
      }
      if (fields[1] !== 'sip') continue;
      const [transactionId, dialogId] = [fields[8] ?? '', fields[9] ?? ''];
      const message = { transactionId, dialogId, text: frame.toString('latin1', end + 2) };
      shown.push(message);
      options.onShown?.(message);
    }
  });
  socket.on('error', () => undefined);
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  void send(`authenticate|${options.secret}|`);
  for (const verb of options.verbs) void send(`route|${verb}`);
  await waitUntil(() => answers > options.verbs.length, 'the app to be routed to');
  return {
    shown,
    answer: (transactionId, status, more) =>
      void send(`sip|${transactionId}||`, written(`SIP/2.0 ${status}`, more)),
    async request(method, { uri = 'sip:placeholder', dialogId = '' }, more) {
      const [verdict, ...fields] = await send(`sip||${dialogId}|`, written(`${method} ${uri} SIP/2.0`, more));
      // OK|source|bytes|transport|address|port|time|TXNID, or NOK|reason
      return verdict === 'OK' ? (fields[6] ?? '') : (fields[0] ?? '');
    },
    proxy: (transactionId, target) =>
      void send(
        `proxy|${transactionId}|remainInDialog|fullResponse||serial|||${target}`,
        written(`INVITE ${target} SIP/2.0`),
      ),
    cancel: (transactionId) =>
      void send(`sip|${transactionId}||`, written('CANCEL sip:placeholder SIP/2.0', {})),
    stop: () =>
      new Promise((done) => {
        socket.once('close', () => done());
        socket.destroy();
      }),
  };
}

function written(first: string, { headers = [], body = '' }: AppText = {}): string {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  return [first, ...headers, ...type, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
