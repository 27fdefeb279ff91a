import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import { leafHash } from '../../src/ledger/merkle.ts';
import type { LedgerStore, StoredBatch } from '../../src/ledger/store.ts';
import type { Task } from '../../src/ledger/tasks.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../src/ledger/verify/verify.ts';
import { random } from './consent-peers.ts';
import { handClock, openTestLedger, Story, testConnector, type TestConnector } from './ledger-story.ts';

const filler = { type: 'refused', data: { what: 'packet', reason: 'probe' } } as const;

/** One log, and every way to it that the tests need. */
export interface Ground {
  /** A store for it, as a process of its own would have. */
  store(): LedgerStore;
  /** A ledger file that holds what a reader sees now. */
  file(): Promise<string>;
  queue(tasks: readonly Task[]): Promise<void>;
  remove(): Promise<void>;
}

function batch(firstSeq: number, count: number, over: Partial<StoredBatch> = {}) {
  const leaves = Array.from({ length: count }, () => {
    const bytes = randomBytes(100);
    return { bytes, hash: leafHash(bytes) };
  });
  const size = firstSeq + count;
  const checkpoint = { size, note: `note of ${size}`, kept: false };
  const plain = { firstSeq, leaves, tiles: [], personal: [], marks: [], checkpoint, seal: null, tasks: [] };
  return { ...plain, ...over } satisfies StoredBatch;
}

const text = (hashes: readonly Uint8Array[]): string[] => hashes.map((h) => Buffer.from(h).toString('hex'));
const hashesOf = (from: StoredBatch): string[] => text(from.leaves.map((leaf) => leaf.hash));

/** What `LedgerStore` promises (src/ledger/store.ts), by the numbers there. */
export function storeContract(name: string, prepare: () => Promise<Ground>): void {
  describe(`${name} as a store`, () => {
    let ground: Ground;
    let store: LedgerStore;
    beforeEach(async () => {
      ground = await prepare();
      store = ground.store();
    });
    afterEach(async () => {
      await store.close();
      await ground.remove();
    });
    const reopened = async (): Promise<Awaited<ReturnType<LedgerStore['open']>>> => {
      await store.close();
      store = ground.store();
      return store.open();
    };

    test('is empty at first', async () => {
      expect(await store.open()).toEqual({
        size: 0,
        tiles: [],
        tail: [],
        checkpoint: null,
        seal: null,
        marks: new Map(),
      });
    });

    test('returns at the next open everything that was acknowledged (1, 2, 4)', async () => {
      await store.open();
      const first = batch(0, 300, {
        tiles: [{ index: 0, hash: randomBytes(32) }],
        marks: [
          { name: 'kept', value: '1' },
          { name: 'changed', value: '1' },
          { name: 'gone', value: '1' },
        ],
      });
      await store.append({ ...first, checkpoint: { size: 300, note: 'note of 300', kept: true } });
      const second = batch(300, 1, {
        marks: [
          { name: 'gone', value: null },
          { name: 'changed', value: null },
          { name: 'changed', value: '2' },
        ],
      });
      await store.append(second);
      expect(text(await store.leafHashes(299, 2))).toEqual([hashesOf(first)[299], hashesOf(second)[0]]);
      const bodies = [...first.leaves.slice(299), ...second.leaves].map((leaf) => leaf.bytes);
      expect(text((await store.leafBodies(299, 2)).map((bytes) => bytes!))).toEqual(text(bodies));
      const found = await reopened();
      expect(found.size).toBe(301);
      expect(text(found.tiles)).toEqual(text(first.tiles.map((tile) => tile.hash)));
      expect(text(found.tail)).toEqual([...hashesOf(first).slice(256), ...hashesOf(second)]);
      expect(found.checkpoint).toEqual(second.checkpoint);
      expect(found.marks).toEqual(
        new Map([
          ['kept', '1'],
          ['changed', '2'],
        ]),
      );
    });

    test('a batch that fails half-way is not there at all, and nothing more is taken until it is opened again (1, 3)', async () => {
      await store.open();
      const first = batch(0, 2);
      await store.append(first);
      const twice = { seq: 2, name: 'label', leg: 'l', salt: 's', value: 'v' };
      const broken = batch(2, 3, { personal: [twice, twice], marks: [{ name: 'half', value: '1' }] });
      await expect(store.append(broken)).rejects.toMatchObject({ code: 'ledger-unavailable' });
      await expect(store.append(batch(2, 1))).rejects.toMatchObject({ code: 'ledger-unavailable' });
      const found = await reopened();
      expect(found).toMatchObject({ size: 2, marks: new Map(), checkpoint: first.checkpoint });
      await store.append(batch(2, 1));
      expect(await reopened()).toMatchObject({ size: 3 });
    });

    test('a batch that does not begin where the log ends is refused', async () => {
      await store.open();
      await store.append(batch(0, 2));
      await expect(store.append(batch(1, 1))).rejects.toMatchObject({ code: 'ledger-unavailable' });
      expect(await reopened()).toMatchObject({ size: 2 });
    });

    test('has one writer; the next may come when it is gone (5)', async () => {
      await store.open();
      await store.append(batch(0, 1));
      const other = ground.store();
      await expect(other.open()).rejects.toMatchObject({ code: 'ledger-in-use' });
      await store.append(batch(1, 1));
      await store.close();
      expect(await other.open()).toMatchObject({ size: 2 });
      await other.close();
    });

    test('leaves that are not there are no hashes', async () => {
      await store.open();
      await store.append(batch(0, 2));
      await expect(store.leafHashes(1, 2)).rejects.toThrow(RangeError);
      await expect(store.leafBodies(1, 2)).rejects.toThrow(RangeError);
    });

    test('personal values of any text come back as they were', async () => {
      await store.open();
      const value = 'Zoë \u0000 "\\" \u{1F511}';
      await store.append(batch(0, 1, { personal: [{ seq: 0, name: 'label', leg: 'l', salt: 's', value }] }));
      const source = openSource(await ground.file());
      expect([...source.records()].filter(({ kind }) => kind === 'personal')).toEqual([
        { kind: 'personal', seq: 0, name: 'label', leg: 'l', salt: 's', value },
      ]);
      source.close();
    });
  });

  writerContract(name, prepare);
}

function verify(file: string): Report {
  const source = openSource(file);
  try {
    return verifyLog({ primitives: nodePrimitives(), source });
  } finally {
    source.close();
  }
}

/** The writer on that store: what is in the ledger afterwards, by the verifier's judgement. */
function writerContract(name: string, prepare: () => Promise<Ground>): void {
  describe(`the writer on ${name}`, () => {
    let ground: Ground;
    let connector: TestConnector;
    const clock = handClock();
    const open = (store = ground.store()) => openTestLedger(store, connector, clock);
    beforeEach(async () => {
      ground = await prepare();
      connector = await testConnector();
    });
    afterEach(() => ground.remove());

    async function tell(): Promise<{ readonly leg: string; readonly seq: number }> {
      const ledger = await open();
      const story = await Story.begin(ledger, connector);
      const leg = random(16);
      const grant = await story.request([{ leg, label: 'Somebody' }]);
      await story.grantTo(grant, [leg]);
      await story.openKey();
      await story.listHolder([leg]);
      await story.join(leg);
      clock.move(1_000);
      await story.leave(leg);
      clock.move(1_000);
      const roster = await story.revoke();
      for (const member of story.members) await story.switched(member, roster);
      await story.destroyKey();
      const seq = await story.write(filler);
      await ledger.close();
      return { leg, seq };
    }

    test('a call from request to lock-out verifies, and so does what follows a crash', async () => {
      await tell();
      const told = verify(await ground.file());
      expect(told).toMatchObject({ verified: true, findings: [] });
      expect(told.intervals).toHaveLength(1);
      const store = ground.store();
      const ledger = await open(store);
      const story = await Story.begin(ledger, connector);
      await story.grantTo(await story.request([]), []);
      await story.openKey();
      expect(ledger.openOf(story.meeting.id, story.bridge).key).toBe(true);
      // The process is gone: no `stop`, and whatever held the log is let go.
      await store.close();
      const next = await open();
      expect(next.openOf(story.meeting.id, story.bridge).key).toBe(false);
      await next.close();
      const report = verify(await ground.file());
      expect(report.findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
    });

    test('readers see whole batches while it writes (6)', async () => {
      const ledger = await open();
      let writing = true;
      const write = async (): Promise<void> => {
        for (let i = 0; i < 40; i++) {
          const many = Array.from({ length: 7 }, () => ledger.append([filler, filler]));
          await Promise.all(many);
        }
        writing = false;
      };
      const seen: number[] = [];
      const read = async (): Promise<void> => {
        do {
          const report = verify(await ground.file());
          expect(report).toMatchObject({ verified: true, counts: new Map() });
          seen.push(report.leaves);
          await new Promise((turn) => setImmediate(turn));
        } while (writing);
      };
      await Promise.all([write(), read()]);
      await ledger.close();
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(verify(await ground.file()).leaves).toBe(1 + 40 * 14 + 1);
    });

    test('under load causes stand before effects, and batches are few', async () => {
      const inner = ground.store();
      let batches = 0;
      const ledger = await open({ ...inner, append: (b) => ((batches += 1), inner.append(b)) });
      const caused: number[][] = [];
      const caller = async (): Promise<void> => {
        const positions: number[] = [];
        for (let i = 0; i < 10; i++) {
          // The effect is handed in only when its cause was acknowledged.
          const written = await ledger.append([filler]);
          if (!written.ok) throw new Error(written.reason);
          positions.push(written.value.firstSeq);
        }
        caused.push(positions);
      };
      await Promise.all(Array.from({ length: 50 }, caller));
      await ledger.close();
      for (const positions of caused) expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(new Set(caused.flat()).size).toBe(500);
      expect(batches).toBeLessThan(100);
    });

    test('tasks of the operator: erased, forgotten and pruned, and every proof still verifies', async () => {
      const { leg, seq } = await tell();
      const ledger = await open();
      const salt = random(16);
      const label = personalCommitment(fromBase64url(salt)!, 'Somebody else');
      const personal = [{ name: 'label', leg: 'other', salt, value: 'Somebody else' }];
      const about = { meeting: random(32), bridge: random(16) };
      const data = { request: random(32), label };
      expect((await ledger.append([{ ...about, type: 'leg-asked', data, personal }])).ok).toBe(true);
      await ground.queue([
        { kind: 'erase', leg },
        { kind: 'forget', purpose: 'label', before: seq + 1_000 },
        { kind: 'prune', ranges: [{ from: seq, to: seq }] },
        { kind: 'prune', ranges: [{ from: 0, to: 0 }] },
      ]);
      expect(await ledger.runTasks()).toBe(4);
      expect(await ledger.runTasks()).toBe(0);
      await ledger.close();
      const file = await ground.file();
      const source = openSource(file);
      const records = [...source.records()];
      source.close();
      expect(records.filter(({ kind }) => kind === 'personal')).toEqual([]);
      const actions = records.flatMap((record) => {
        if (record.kind !== 'leaf' || record.bytes === null) return [];
        const { type, data } = JSON.parse(Buffer.from(record.bytes).toString()) as Record<string, unknown>;
        return type === 'operator-action' ? [data] : [];
      });
      expect(actions).toMatchObject([
        { action: 'erase', values: 1 },
        { action: 'forget', values: 1 },
        { action: 'prune', leaves: 1 },
        { action: 'prune-refused' },
      ]);
      expect(verify(file).findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
    });
  });
}
