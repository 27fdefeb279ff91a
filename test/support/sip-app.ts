import { connect, type Socket } from 'node:net';
import { createFrameReader, writeFrame } from '../../src/sip-server/app/frame.ts';
import { waitUntil } from './sip-until.ts';

/** An application at the drachtio port that answers nothing by itself, and keeps what it is told. */
export interface SipApp {
  /** SIP messages that it was shown, in order. */
  readonly shown: readonly ShownMessage[];
  /** Answers a request that it was shown, by a status line and headers. */
  answer(transactionId: string, response: string): void;
  stop(): Promise<void>;
}

export interface ShownMessage {
  readonly transactionId: string;
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
  const send = (fields: string, sip?: string): void => {
    serial += 1;
    const id = `app-${serial}`;
    socket.write(writeFrame(`${id}|${fields}`, sip === undefined ? undefined : Buffer.from(sip, 'latin1')));
  };
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk) ?? []) {
      const end = frame.indexOf('\r\n');
      const fields = frame.toString('latin1', 0, end < 0 ? frame.length : end).split('|');
      if (fields[1] === 'response') answers += 1;
      if (fields[1] !== 'sip') continue;
      const message = { transactionId: fields[8] ?? '', text: frame.toString('latin1', end + 2) };
      shown.push(message);
      options.onShown?.(message);
    }
  });
  socket.on('error', () => undefined);
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  send(`authenticate|${options.secret}|`);
  for (const verb of options.verbs) send(`route|${verb}`);
  await waitUntil(() => answers > options.verbs.length, 'the app to be routed to');
  return {
    shown,
    answer: (transactionId, response) => send(`sip|${transactionId}||`, response),
    stop: () =>
      new Promise((done) => {
        socket.once('close', () => done());
        socket.destroy();
      }),
  };
}
