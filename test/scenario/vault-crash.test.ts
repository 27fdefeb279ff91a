import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewEntry } from '../../src/ledger/event.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../src/ledger/verify/verify.ts';
import type { Leaf } from '../../src/ledger/verify/leaf.ts';
import { random } from '../support/consent-peers.ts';
import { keyOpened, launchVault, makeDir, meetingFor, removeDir } from '../support/vault.ts';

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

function verify(onLeaf?: (leaf: Leaf) => void): Report {
  const source = openSource(join(dir, 'ledger.sqlite'));
  const report = verifyLog({
    primitives: nodePrimitives(),
    source,
    ...(onLeaf === undefined ? {} : { onLeaf }),
  });
  source.close();
  return report;
}

async function nextMessage(process: ChildProcess): Promise<unknown> {
  const [message] = (await once(process, 'message')) as unknown[];
  return message;
}

async function killVault(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(() => {
      try {
        process.kill(pid, 0);
        return 'alive';
      } catch {
        return 'gone';
      }
    })
    .toBe('gone');
}

test('killed again and again while appends are in flight, the ledger verifies and nothing acknowledged is missing', async () => {
  const acknowledged = new Set<string>();
  const rounds = 12;
  for (let round = 0; round < rounds; round++) {
    const vault = await launchVault(dir);
    const worker = await vault.worker(await meetingFor(vault));
    const meeting = worker.meeting.id;
    const bridge = worker.join;
    await worker.vault.append([keyOpened(meeting, bridge)]);
    let stop = false;
    const append = async (write: (entries: readonly NewEntry[]) => Promise<boolean>): Promise<void> => {
      while (!stop) {
        const probe = random(16);
        if (await write([{ type: 'refused', meeting, data: { what: 'packet', reason: 'probe', probe } }]))
          acknowledged.add(probe);
        else stop = true;
      }
    };
    const control = (entries: readonly NewEntry[]): Promise<boolean> =>
      vault.handle.append(entries).then(
        () => true,
        () => false,
      );
    const running = [
      append(async (entries) => (await worker.vault.append(entries)).ok),
      append(control),
      append(control),
    ];
    const before = acknowledged.size;
    // Kills at another point of the write cycle each round.
    await expect.poll(() => acknowledged.size - before, { interval: 3 }).toBeGreaterThan(20 + round);
    await killVault(vault.handle.pid);
    await Promise.all(running);
    expect(vault.lost).toHaveLength(1);
    await expect.poll(() => worker.lost).toEqual(['the vault is gone']);
    await vault.stop();
  }
  const last = await launchVault(dir);
  await last.stop();
  const found = new Set<string>();
  const types = new Map<string, number>();
  const report = verify((leaf) => {
    types.set(leaf.type, (types.get(leaf.type) ?? 0) + 1);
    if (typeof leaf.data['probe'] === 'string') found.add(leaf.data['probe']);
  });
  expect(report.findings.filter(({ code }) => code !== 'key-without-grant')).toEqual([]);
  expect([...acknowledged].filter((probe) => !found.has(probe))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(rounds * 20);
  expect(types.get('recovered')).toBe(rounds);
});

test('a worker process gets its pipe to the vault through control, and the vault speaks first', async () => {
  const vault = await launchVault(dir);
  const meeting = await meetingFor(vault);
  const worker = spawn(process.execPath, [new URL('../support/vault-worker.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  try {
    const pipe = worker.stdio[4];
    if (!(pipe instanceof Socket)) throw new Error('no pipe');
    const hello = nextMessage(worker);
    vault.handle.adoptWorker('w1', meeting.id, meeting.registration, pipe);
    expect(await hello).toEqual({ hello: vault.handle.info.ledgerThumbprint });
    await expect.poll(() => pipe.destroyed).toBe(true);
    const answer = nextMessage(worker);
    worker.send([keyOpened(meeting.id, random(16))]);
    expect(await answer).toMatchObject({ answer: { ok: true } });
    const lost = nextMessage(worker);
    await vault.stop();
    expect(await lost).toEqual({ lost: 'the vault is gone' });
  } finally {
    worker.kill('SIGKILL');
  }
  const types: string[] = [];
  verify((leaf) => types.push(leaf.type));
  expect(types).toEqual(['start', 'registration-seen', 'key-opened', 'key-destroyed', 'stop']);
});

test('when the worker’s process dies, what its bridge had open is closed in the ledger', async () => {
  const vault = await launchVault(dir);
  const meeting = await meetingFor(vault);
  const worker = spawn(process.execPath, [new URL('../support/vault-worker.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  try {
    const pipe = worker.stdio[4];
    if (!(pipe instanceof Socket)) throw new Error('no pipe');
    const hello = nextMessage(worker);
    vault.handle.adoptWorker('w1', meeting.id, meeting.registration, pipe);
    await hello;
    const answer = nextMessage(worker);
    const about = { meeting: meeting.id, bridge: random(16) };
    worker.send([keyOpened(about.meeting, about.bridge), { ...about, type: 'leg-joined', leg: random(16) }]);
    await answer;
    worker.kill('SIGKILL');
    await expect
      .poll(() => {
        const types: string[] = [];
        verify((leaf) => types.push(leaf.type));
        return types;
      })
      .toEqual(['start', 'registration-seen', 'key-opened', 'leg-joined', 'leg-left', 'key-destroyed']);
  } finally {
    worker.kill('SIGKILL');
    await vault.stop();
  }
});
