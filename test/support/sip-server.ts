import { systemClock } from '../../src/base/clock.ts';
import { startChild, type Child } from '../../src/base/child.ts';
import { createLog } from '../../src/base/log.ts';
import { createSipGateway } from '../../src/sip/drachtio.ts';
import type {
  AudioOffer,
  Dialog,
  DialogPeer,
  InboundCall,
  SipEnd,
  SipGateway,
} from '../../src/sip/gateway.ts';
import type { SipServerInfo, SipServerOptions } from '../../src/sip-server/options.ts';

/**
 * The embedded SIP server as the product starts it, as a process, on free ports; or the one that LATCHKEY_DRACHTIO names as
 * host:port:secret of its application port, which is left as it was found (docs/interop.md).
 */
export async function startSipServerProcess(
  host = '127.0.0.1',
  more: Partial<Omit<SipServerOptions, 'app'>> = {},
): Promise<SipServerProcess> {
  const named = process.env['LATCHKEY_DRACHTIO'];
  if (named !== undefined && named !== '') return theirs(named);
  let exited = false;
  const child = await startChild<SipServerOptions, SipServerInfo>({
    name: 'sip-server',
    module: new URL('../../src/sip-server/main.ts', import.meta.url),
    options: {
      listen: [
        { transport: 'udp', host, port: 0 },
        { transport: 'tcp', host, port: 0 },
      ],
      app: { host: '127.0.0.1', port: 0, secret: 'test-secret' },
      logLevel: 'error',
      ...more,
    },
    onMessage: () => undefined,
    onExit: () => {
      exited = true;
    },
  });
  const port = child.info.endpoints[0]!.port;
  return {
    child,
    port,
    target: `${host}:${port}`,
    appPort: child.info.appPort,
    secret: 'test-secret',
    exited: () => exited,
    stop: () => child.stop(),
  };
}

/** What is asked of a server that somebody else has started: where it listens for SIP. */
async function theirs(named: string): Promise<SipServerProcess> {
  const [, appHost = '', appPort = '', secret = ''] = /^([^:]+):([0-9]+):(.+)$/.exec(named) ?? [];
  if (appHost !== '127.0.0.1') throw new Error('LATCHKEY_DRACHTIO is 127.0.0.1:port:secret');
  const gateway = await startTestGateway({ appPort: Number(appPort), secret });
  const { addresses } = gateway;
  await gateway.stop();
  const udp = addresses.find((address) => address.startsWith('udp/'))?.slice('udp/'.length) ?? '';
  const port = Number(udp.split(':').at(-1));
  return {
    ...{ child: null, port, target: udp, appPort: Number(appPort), secret },
    exited: () => false,
    stop: () => Promise.resolve(),
  };
}

export interface SipServerProcess {
  /** Null: not ours to end. */
  readonly child: Child<SipServerInfo> | null;
  readonly port: number;
  readonly target: string;
  readonly appPort: number;
  readonly secret: string;
  exited(): boolean;
  stop(): Promise<void>;
}

/** One call as the gateway reports it, with everything that happened to it. */
export interface SeenCall {
  readonly call: InboundCall;
  dialog: Dialog | null;
  answerError: string | null;
  readonly ends: SipEnd[];
  readonly peers: DialogPeer[];
  readonly media: AudioOffer[];
  digits: string;
}

export interface TestGateway {
  readonly gateway: SipGateway;
  readonly addresses: readonly string[];
  readonly calls: SeenCall[];
  readonly reachable: boolean[];
  stop(): Promise<void>;
}

/** `onCall`: what to do with a new call; without it every call is answered at once with an unused RTP address. */
export async function startTestGateway(
  server: { readonly appPort: number; readonly secret: string },
  onCall?: (seen: SeenCall) => void,
  over: Partial<Parameters<typeof createSipGateway>[0]> = {},
): Promise<TestGateway> {
  const calls: SeenCall[] = [];
  const reachable: boolean[] = [];
  const gateway = createSipGateway({
    host: '127.0.0.1',
    port: server.appPort,
    secret: server.secret,
    log: createLog('gateway', 'error'),
    clock: systemClock,
    ...over,
    events: {
      onCall(call) {
        const seen: SeenCall = {
          call,
          dialog: null,
          answerError: null,
          ends: [],
          peers: [],
          media: [],
          digits: '',
        };
        calls.push(seen);
        if (onCall) onCall(seen);
        else void answerCall(seen);
      },
      onReachable: (now) => reachable.push(now),
    },
  });
  const addresses = await gateway.start();
  return { gateway, addresses, calls, reachable, stop: () => gateway.stop() };
}

export async function answerCall(seen: SeenCall, port = 4_000, address = '127.0.0.1'): Promise<void> {
  try {
    seen.dialog = await seen.call.answer(
      { address, port },
      {
        onEnded: (end) => seen.ends.push(end),
        onPeerChanged: (now) => seen.peers.push(now),
        onMediaChanged: (offer) => seen.media.push(offer),
        onInfoDigit: (digit) => {
          seen.digits += digit;
        },
      },
    );
  } catch (error) {
    seen.answerError = error instanceof Error ? error.message : String(error);
  }
}
