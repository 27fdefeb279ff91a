import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import type { LegId, MeetingId } from '../../src/base/ids.ts';
import { createLog } from '../../src/base/log.ts';
import type { WorkerHandle } from '../../src/call/worker-handle.ts';
import { WorkerPool } from '../../src/call/worker-pool.ts';
import type { LegMedia, MediaAddress } from '../../src/media/leg-state.ts';
import type { FromWorker, MeetingFact } from '../../src/worker/protocol.ts';
import { startSfu, type RunningSfu } from './sfu.ts';
import { launchVault, makeDir, removeDir, type TestVault } from './vault.ts';
import { until } from './rtp.ts';

/** The real media worker processes, vault and SFU, with this process in place of control: no SIP, no lobby. */
export interface PoolStage {
  readonly vault: TestVault;
  readonly sfu: RunningSfu;
  /** What workers said of legs and of themselves. */
  readonly told: FromWorker[];
  /** A bridge into the meeting, in whichever process the pool takes. */
  bridge(
    meeting: { readonly meetingId: MeetingId; readonly registration: Uint8Array },
    alone?: boolean,
  ): Promise<StageBridge>;
  stop(): Promise<void>;
}

export interface StageBridge {
  readonly worker: WorkerHandle;
  readonly joinId: string;
  readonly facts: MeetingFact[];
  lost: boolean;
  /** Says that this leg's caller waits for the host. */
  ask(legId: LegId): void;
  admitted(legId: LegId): Promise<void>;
  /** A leg of a socket of its own, as if the lobby had handed it over. Returns where its RTP goes. */
  leg(legId: LegId, media: LegMedia): Promise<MediaAddress>;
}

export const newStageLeg = (): LegId => randomBytes(16).toString('base64url') as LegId;

/** `clock`: the pool's, for a test that lets its time-outs pass. */
export async function startPoolStage(
  meetingsPerWorker: number,
  clock: Clock = systemClock,
): Promise<PoolStage> {
  const dir = await makeDir();
  const vault = await launchVault(dir);
  const sfu = await startSfu();
  const told: FromWorker[] = [];
  const pool = new WorkerPool({
    clock,
    log: createLog('stage', 'silent'),
    worker: {
      logLevel: 'error',
      promptsDir: new URL('../../config/prompts', import.meta.url).pathname,
      languages: ['en'],
      announce: { by: 'off', language: 'en' },
      echo: true,
      traceRtp: false,
      rtp: { host: '127.0.0.1', portMin: 30_000, portMax: 30_998 },
    },
    meetingsPerWorker,
    onMessage: (message) => void told.push(message),
  });
  const bridges: StageBridge[] = [];
  return {
    vault,
    sfu,
    told,
    async bridge({ meetingId, registration }, alone = false) {
      const joinId = randomBytes(16).toString('base64url');
      const identity = `p-${joinId}`;
      const facts: MeetingFact[] = [];
      const state = { lost: false };
      const worker = await pool.open({
        meeting: {
          ...{ meetingId, registration, identity, joinId },
          url: sfu.url,
          bindAddress: '127.0.0.1',
          token: await sfu.token(identity, meetingId),
          connectorName: 'Test connector',
          dials: false,
        },
        alone,
        onFact: (fact) => void facts.push(fact),
        onLost: () => (state.lost = true),
        onPipe: (pipe) => vault.handle.adoptWorker(joinId, meetingId, registration, pipe),
      });
      const bridge = stageBridge(worker, joinId, facts, state);
      bridges.push(bridge);
      return bridge;
    },
    async stop() {
      await Promise.all(bridges.map(({ worker }) => worker.stop(8_000)));
      await sfu.stop();
      await vault.stop();
      await removeDir(dir);
    },
  };
}

function stageBridge(
  worker: WorkerHandle,
  joinId: string,
  facts: MeetingFact[],
  state: { lost: boolean },
): StageBridge {
  const label = { display: '+49 30 ···· 123', verification: 'absent', transport: 'udp+rtp' } as const;
  return {
    ...{ worker, joinId, facts },
    get lost() {
      return state.lost;
    },
    ask: (legId) => worker.send({ kind: 'callers-waiting', bridge: joinId, callers: [{ legId, label }] }),
    admitted: (legId) =>
      until(
        () => facts.some((fact) => fact.kind === 'legs-admitted' && fact.legIds.includes(legId)),
        'legs-admitted',
        30_000,
      ),
    async leg(legId, media) {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      const { address, port } = socket.address();
      const local = { address, port };
      const random = (): number => randomBytes(4).readUInt32BE();
      const start = { ssrc: random(), sequence: random() & 0x7fff, timestamp: random() };
      await worker.adopt({ legId, media, local, ...start, pinned: null, lastDtmfTimestamp: null }, socket);
      return local;
    },
  };
}
