import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';
import {
  callerOf,
  createRoom,
  hears,
  legOf,
  talk,
  type Bridged,
  type Person,
  type Room,
} from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';
import { faults, faultyStore, type Fault, type FaultyStore } from '../support/faulty-store.ts';
import { openTestLedger } from '../support/ledger-story.ts';
import { ledgerVault, type LedgerVault } from '../support/ledger-vault.ts';
import { makeDir, removeDir } from '../support/vault.ts';

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

interface Call {
  readonly room: Room;
  readonly store: FaultyStore;
  readonly vault: LedgerVault;
  readonly bridge: Bridged;
  readonly people: readonly Person[];
  readonly heardAtBest: boolean;
  /** Writes until the bridge had joined. */
  readonly toJoin: number;
}

/** A call from the first roster to the lock-out, on a ledger whose n-th write meets a fault. */
async function play(name: string, at: number, fault: Fault): Promise<Call> {
  await mkdir(join(dir, name));
  const store = faultyStore(join(dir, name, 'ledger.sqlite'), at, fault, 0.6);
  const room = await createRoom();
  const vault = await ledgerVault(store, room);
  const host = await room.host();
  const ann = await room.member('Ann');
  const bridge = await room.bridge('bridge', { vault });
  const toJoin = store.appends;
  const struck = { open: false, held: 0, over: false };
  store.onStrike = () => Object.assign(struck, { open: bridge.engine.open, held: bridge.held.length });
  /** What a disk does not answer, nobody may act on; then it answers. */
  const patience = async (): Promise<void> => {
    await settled();
    if (fault !== 'slow' || !store.struck || struck.over) return;
    struck.over = true;
    await room.pass(400);
    if (!struck.open) {
      expect(bridge.engine.open).toBe(false);
      expect(bridge.held).toHaveLength(struck.held);
    }
    store.release();
    await settled();
  };
  await patience();
  bridge.engine.callersWaiting([callerOf('1')]);
  await patience();
  await room.pass(900);
  const prompt = host.session.view.prompt;
  if (prompt !== null) await host.session.approve(prompt.requestHash).catch(() => undefined);
  await patience();
  await room.pass(1_000);
  const heardAtBest = hears(bridge, ann);
  await patience();
  const key = host.session.view.bridges[0]?.thumbprint;
  if (key !== undefined) await host.session.revoke(key).catch(() => undefined);
  await patience();
  await room.pass(3_000);
  // The last write may be a checkpoint that is signed when nothing else is to be done.
  await patience();
  return { room, store, vault, bridge, people: [host, ann], heardAtBest, toJoin };
}

function nobodyIsBridged({ bridge, people }: Call, what: string): void {
  expect(bridge.engine.open, what).toBe(false);
  expect(bridge.engine.isAdmitted(legOf('1')), what).toBe(false);
  expect(talk(bridge), what).toEqual([]);
  for (const person of people) expect(hears(bridge, person), what).toBe(false);
}

/** The next start on the disk as the fault left it. */
async function restart({ store, vault, room }: Call, what: string): Promise<void> {
  await vault.ledger.close();
  const next = await openTestLedger(sqliteStore(store.after), vault.connector, room.clock);
  await next.close();
  const source = openSource(store.after);
  const leaves = new Map<number, Uint8Array>();
  for (const record of source.records()) {
    if (record.kind === 'leaf' && record.bytes !== null) leaves.set(record.seq, record.bytes);
  }
  const report = verifyLog({ primitives: nodePrimitives(), source });
  source.close();
  expect(
    report.findings.filter(({ severity }) => severity === 'broken'),
    what,
  ).toEqual([]);
  for (const { seq, leaf } of vault.acknowledged) {
    expect(equalBytes(leaves.get(seq) ?? new Uint8Array(), leaf), `${what}: leaf ${seq}`).toBe(true);
  }
}

describe('a call on a ledger with a fault', () => {
  it('without one opens and is locked out; with one at any write the gate closes and nothing acknowledged is missing', async () => {
    const sound = await play('sound', -1, 'lost');
    expect(sound.heardAtBest).toBe(true);
    nobodyIsBridged(sound, 'sound');
    await restart(sound, 'sound');
    const { toJoin } = sound;
    const { appends } = sound.store;
    expect(appends).toBeGreaterThan(12);
    // Before that the bridge has not joined: that it cannot is another test's. `stop` is the last one.
    for (let at = toJoin; at < appends - 1; at++) {
      const fault = faults[at % faults.length]!;
      const what = `write ${at} of ${appends} ${fault}`;
      const call = await play(`at-${at}`, at, fault);
      // What the last writes say may come in fewer batches than before.
      if (!call.store.struck && at >= appends - 3) continue;
      expect(call.store.struck, what).toBe(true);
      nobodyIsBridged(call, what);
      if (fault !== 'slow') {
        expect(call.vault.ledger.failure, what).toContain(fault);
        expect(call.room.facts.some((f) => f.kind === 'gate-closed') || !call.heardAtBest, what).toBe(true);
      } else expect(call.heardAtBest, what).toBe(true);
      await restart(call, what);
    }
  }, 120_000);
});
