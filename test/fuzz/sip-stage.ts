import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { Clock } from '../../src/base/clock.ts';
import { parseCommand } from '../../src/sip-server/app/command.ts';
import type { App, AppLinkOptions } from '../../src/sip-server/app/link.ts';
import type { SipServer, SipServerDependencies } from '../../src/sip-server/server.ts';
import type { SipServerOptions } from '../../src/sip-server/options.ts';
import type { Flow, Peer, TransportName } from '../../src/sip-server/transport/flow.ts';
import type { TransportOptions } from '../../src/sip-server/transport/transport.ts';

/** The whole SIP server without sockets: what comes is put in, what leaves is caught, and the app is ours. */
export interface SipStage {
  readonly server: SipServer;
  receive(bytes: Buffer, transport: TransportName): void;
  /** A command of the app, as its bytes come. False: no command that the server would have taken. */
  command(payload: Buffer): boolean;
  /** The app's connection ends, and another takes its place. */
  appGone(): void;
  /** What the server sent to the network since the last call. */
  sent(): string[];
  /** What the app was shown or told since the last call: meta line, and the SIP message behind it. */
  told(): Told[];
}

export interface Told {
  readonly fields: readonly string[];
  readonly sip: string | null;
}

export interface StageOptions {
  readonly start: (options: SipServerOptions, dependencies: SipServerDependencies) => Promise<SipServer>;
  readonly clock: Clock;
  /** The server's own log of errors, and what drachtio-srf could not have read. */
  onFault(what: string): void;
}

const local: Peer = { address: '127.0.0.1', port: 5060 };
const verbs = ['invite', 'options', 'register', 'message', 'info', 'subscribe', 'notify', 'refer', 'publish'];

export async function openSipStage(options: StageOptions): Promise<SipStage> {
  const { start, clock } = options;
  const onFault = (what: string): void => options.onFault(what);
  let network: TransportOptions | null = null;
  let apps: AppLinkOptions | null = null;
  const sent: string[] = [];
  const told: Told[] = [];
  const flowOver = (transport: TransportName, remote: Peer): Flow => ({
    transport,
    reliable: transport !== 'udp',
    local,
    remote,
    alias: false,
    isOpen: () => true,
    takeAlias: () => undefined,
    send: (bytes) => void sent.push(bytes.toString('latin1')),
    end: () => undefined,
  });
  let gone = 0;
  const newApp = (id: number): App => ({
    id,
    verbs: new Set(verbs),
    isOpen: () => id > gone,
    tell(fields, bytes) {
      const sip = bytes?.toString('latin1') ?? null;
      if (fields.startsWith('sip|') && sip !== null) checkForSrf(sip, onFault);
      told.push({ fields: fields.split('|'), sip });
    },
  });
  let app = newApp(1);
  const log = pino({ level: 'error' }, { write: (line) => onFault(readError(line)) });
  const server = await start(
    {
      listen: [],
      app: { host: '127.0.0.1', port: 0, secret: '' },
      logLevel: 'error',
      admission: { messagesPerSecond: 1_000_000_000 },
    },
    {
      ...{ clock, log },
      openTransport: (options) => {
        network = options;
        return Promise.resolve({
          endpoints: [{ transport: 'udp', host: local.address, port: local.port }],
          flowTo: ({ transport, peer }) => flowOver(transport, peer),
          reread: () => undefined,
          isOwn: (peer) => peer.address === local.address && peer.port === local.port,
          connections: () => 0,
          close: () => Promise.resolve(),
        });
      },
      openAppLink: (options) => {
        apps = options;
        return Promise.resolve({
          port: 0,
          appFor: (method) => (verbs.includes(method.toLowerCase()) ? app : null),
          close: () => Promise.resolve(),
        });
      },
    },
  );
  return {
    server,
    receive: (bytes, transport) =>
      network?.onMessage(bytes, flowOver(transport, { address: '192.0.2.1', port: 5062 })),
    command(payload) {
      const addressed = parseCommand(payload);
      if (!addressed?.command.ok) return false;
      const command = addressed.command.value;
      if (command.kind !== 'sip' && command.kind !== 'proxy') return false;
      apps?.onCommand(app, addressed.msgId, command);
      return true;
    },
    appGone() {
      const last = app;
      gone = last.id;
      app = newApp(last.id + 1);
      apps?.onGone(last);
    },
    sent: () => sent.splice(0),
    told: () => told.splice(0),
  };
}

function readError(line: string): string {
  const entry = JSON.parse(line) as { msg?: string; err?: { message?: string; stack?: string } };
  return `${entry.msg ?? ''}: ${entry.err?.stack?.split('\n').slice(0, 3).join(' ') ?? ''}`;
}

interface SrfText {
  readonly headers: Readonly<Record<string, unknown>>;
  getParsedHeader(name: string): unknown;
}

const SrfMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message.js') as new (
  text: string,
) => SrfText;
const parsedByApps = ['from', 'to', 'via', 'cseq', 'call-id'];

/** drachtio-srf throws, in its socket's callback, on messages that it cannot read: none of those may reach it. */
function checkForSrf(sip: string, onFault: (what: string) => void): void {
  try {
    const message = new SrfMessage(sip);
    for (const name of parsedByApps) message.getParsedHeader(name);
    if ('contact' in message.headers) message.getParsedHeader('contact');
  } catch (error) {
    onFault(`the app cannot read what it is shown: ${String(error)}`);
  }
}
