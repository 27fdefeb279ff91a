import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { createSipGateway } from '../../src/sip/drachtio.ts';
import type { Admission, SipServerCounts, SipServerTally } from '../../src/sip-server/options.ts';
import { startSipServer, type SipServer } from '../../src/sip-server/server.ts';
import { answerCall, type SeenCall } from './sip-server.ts';
import { waitUntil } from './sip-until.ts';

/**
 * The embedded SIP server in the test's own process, with timers twenty-five times as fast: 64*T1 takes 1.3 s. Its
 * counts say whether anything was left behind.
 */
export interface FastServer {
  readonly server: SipServer;
  readonly host: string;
  readonly port: number;
  readonly calls: SeenCall[];
  counts(): SipServerCounts;
  tally(): SipServerTally;
  /** Every transaction, dialog and timer is gone. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export const fastTiming = { t1: 20, t2: 160, t4: 200, silence: 160 };

export async function startFastServer(
  options: {
    readonly app?: boolean;
    readonly admission?: Partial<Admission>;
    readonly onCall?: (seen: SeenCall) => void;
  } = {},
): Promise<FastServer> {
  const host = '127.0.0.1';
  const server = await startSipServer(
    {
      listen: [
        { transport: 'udp', host, port: 0 },
        { transport: 'tcp', host, port: 0 },
      ],
      app: { host, port: 0, secret: 's' },
      logLevel: 'error',
      ...(options.admission ? { admission: options.admission } : {}),
    },
    { clock: systemClock, log: createLog('sip-server', 'error'), timing: fastTiming },
  );
  const calls: SeenCall[] = [];
  const gateway = createSipGateway({
    ...{
      host,
      port: server.info.appPort,
      secret: 's',
      clock: systemClock,
      log: createLog('gateway', 'error'),
    },
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
        if (options.onCall) options.onCall(seen);
        else void answerCall(seen);
      },
      onReachable: () => undefined,
    },
  });
  if (options.app !== false) await gateway.start();
  const idle = (): Promise<void> =>
    waitUntil(
      () => Object.values(server.counts()).every((n) => n === 0),
      'the server to hold nothing',
      10_000,
    );
  return {
    server,
    host,
    port: server.info.endpoints[0]!.port,
    calls,
    counts: () => server.counts(),
    tally: () => server.tally(),
    idle,
    async stop() {
      await gateway.stop();
      await server.stop();
    },
  };
}
