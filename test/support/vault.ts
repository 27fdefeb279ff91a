import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import type { NewEntry } from '../../src/ledger/event.ts';
import { attachVault, type VaultClient } from '../../src/vault/client.ts';
import { startVault, type VaultHandle } from '../../src/vault/handle.ts';
import type { VaultOptions } from '../../src/vault/protocol.ts';
import { random, testMeeting, type TestMeeting } from './consent-peers.ts';

export interface TestVault {
  readonly dir: string;
  readonly handle: VaultHandle;
  readonly lost: string[];
  /** A worker's end of a pipe whose far end the vault has adopted. */
  worker(meeting: TestMeeting): Promise<TestWorker>;
  stop(): Promise<void>;
}

export interface TestWorker {
  readonly vault: VaultClient;
  readonly pipe: Socket;
  readonly join: string;
  readonly meeting: TestMeeting;
  readonly lost: string[];
}

export const makeDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'latchkey-test-'));
export const removeDir = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });

export const testVaultOptions = (dir: string): VaultOptions => ({
  logLevel: 'silent',
  dataDir: dir,
  connectorName: 'Test connector',
  operatorName: 'Test operator',
  keys: { protect: 'none' },
  certificateFile: null,
  revocationsFile: null,
  revocationsGraceMs: 60_000,
  witnesses: [],
});

export async function launchVault(
  dir: string,
  over: Partial<VaultOptions> = {},
  clock: Clock = systemClock,
): Promise<TestVault> {
  const lost: string[] = [];
  const handle = await startVault(
    { ...testVaultOptions(dir), ...over },
    { onLost: (reason) => void lost.push(reason) },
    clock,
  );
  const pipes: Socket[] = [];
  return {
    dir,
    handle,
    lost,
    async worker(meeting) {
      const [near, far] = await socketPair(join(dir, `${randomBytes(6).toString('hex')}.sock`));
      pipes.push(near);
      const workerLost: string[] = [];
      const attached = attachVault(near, systemClock, { onLost: (reason) => void workerLost.push(reason) });
      handle.adoptWorker(random(8), meeting.id, meeting.registration, far);
      return { vault: await attached, pipe: near, join: random(16), meeting, lost: workerLost };
    },
    async stop() {
      for (const pipe of pipes) pipe.destroy();
      await handle.stop();
    },
  };
}

/** The leaf of a key that was opened, whoever granted it. */
export const keyOpened = (meeting: string, bridge: string): NewEntry => ({
  type: 'key-opened',
  meeting,
  bridge,
  data: { grant: random(32), term: 1, epoch: 1, suite: 'x-wing' },
});

export const meetingFor = (vault: TestVault): Promise<TestMeeting> =>
  testMeeting([vault.handle.info.operatorThumbprint]);

/** Two ends of one stream, both in this process, as a pipe of a child process would be. */
export async function socketPair(path: string): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((done) => server.listen(path, done));
  const far = new Promise<Socket>((done) => server.once('connection', done));
  const near = connect(path);
  const pair: [Socket, Socket] = [near, await far];
  server.close();
  return pair;
}
