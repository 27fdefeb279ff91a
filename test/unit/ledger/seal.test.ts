import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { copyLedgerFile } from '../../../src/ledger/backup.ts';
import { sqliteRecords } from '../../../src/ledger/records.ts';
import { isSealText } from '../../../src/ledger/seal.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { openLedger, type LedgerWriter } from '../../../src/ledger/writer.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../../src/ledger/verify/verify.ts';
import { random } from '../../support/consent-peers.ts';
import { copyDisk } from '../../support/faulty-store.ts';
import { testConnector, type TestConnector } from '../../support/ledger-story.ts';
import { launchVault, makeDir, removeDir } from '../../support/vault.ts';

let dir = '';
let connector: TestConnector;
/** Lets the writer have its pause. */
let pause: () => void = () => undefined;

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
});

afterEach(() => removeDir(dir));

const file = (): string => join(dir, 'ledger.sqlite');
const event = { type: 'refused', data: { what: 'packet', reason: 'probe' } } as const;

/** When the writer pauses: when the test says so, at once, or with the event loop's turns. */
const pauses = {
  held: (): Promise<void> => new Promise((go) => (pause = go)),
  atOnce: (): Promise<void> => Promise.resolve(),
  turns: (): Promise<void> => nextTurn(),
};

function open(path = file(), pausing: keyof typeof pauses = 'held'): Promise<LedgerWriter> {
  return openLedger({
    store: sqliteStore(path),
    signer: { publicKey: connector.ledger.publicKey, sign: connector.ledger.signNow },
    clock: systemClock,
    run: random(16),
    start: { jws: connector.certificate, data: { software: 'test' } },
    yieldToInput: pauses[pausing],
    onFailed: (reason) => {
      throw new Error(reason);
    },
  });
}

function verify(path: string): Report {
  const source = openSource(path);
  try {
    return verifyLog({ primitives: nodePrimitives(), source });
  } finally {
    source.close();
  }
}

function notes(path = file()): (string | null)[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare('SELECT note FROM leaves ORDER BY seq')
      .all()
      .map(({ note }) => (typeof note !== 'string' ? null : isSealText(note) ? 'seal' : 'note'));
  } finally {
    db.close();
  }
}

async function change(path: string, sql: string): Promise<LedgerWriter> {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return open(path, 'atOnce');
}

const nextTurn = (): Promise<void> => new Promise((turn) => setImmediate(turn));

describe('a checkpoint that is signed when the writer pauses', () => {
  test('is a seal until then, beside the newest leaf alone', async () => {
    const ledger = await open();
    expect(notes()).toEqual(['note']);
    await ledger.append([event]);
    expect(notes()).toEqual([null, 'seal']);
    await ledger.append([event]);
    expect(notes()).toEqual([null, null, 'seal']);
    pause();
    await nextTurn();
    expect(notes()).toEqual([null, null, 'note']);
    await ledger.close();
  });

  test('is due after 64 leaves without a pause, for what is handed out, for larger batches, and at the end', async () => {
    const ledger = await open(file(), 'turns');
    for (let i = 0; i < 64; i += 1) await ledger.append([event]);
    expect(notes().at(-2)).toBe(null);
    expect(notes().indexOf('note')).toBe(64);
    await ledger.append([event]);
    expect(notes().at(-1)).toBe('seal');
    const proven = await ledger.appendWithProof([event]);
    expect(proven.ok).toBe(true);
    expect(notes().at(-1)).toBe('note');
    await ledger.append([event]);
    await ledger.append([event, event]);
    expect(notes().at(-1)).toBe('note');
    await ledger.append([event]);
    await ledger.close();
    expect(notes().at(-1)).toBe('note');
  });

  test('stands in a proof of growth before it stands in the ledger', async () => {
    const ledger = await open();
    await ledger.append([event]);
    const grown = await ledger.consistency([1]);
    expect(grown).toMatchObject({ ok: true, value: { proofs: [{ size: 1 }] } });
    expect(grown.ok ? grown.value.checkpoint.split('\n')[1] : '').toBe('2');
    await ledger.close();
  });

  test('is made good by the next start after a crash', async () => {
    const ledger = await open();
    for (let i = 0; i < 5; i += 1) await ledger.append([event]);
    const crashed = copyDisk(file(), join(dir, 'crashed'));
    expect(verify(crashed).findings.map(({ code }) => code)).toEqual(['log-uncovered']);
    const next = await open(crashed, 'atOnce');
    await next.close();
    expect(verify(crashed)).toMatchObject({ verified: true, leaves: 9 });
    await ledger.close();
  });

  test.each([
    ['less', 'DELETE FROM leaves WHERE seq = 5'],
    ['less, down to the last checkpoint', 'DELETE FROM leaves WHERE seq > 0'],
    ['another', 'UPDATE leaves SET hash = zeroblob(32) WHERE seq = 5'],
    ['another before it', 'UPDATE leaves SET hash = zeroblob(32) WHERE seq = 1'],
    ['without its seal', 'UPDATE leaves SET note = NULL'],
    ['under another seal', "UPDATE leaves SET note = replace(note, 'seal 1 ', 'seal 2 ')"],
    [
      'more',
      'INSERT INTO leaves (seq, body, hash, note) SELECT seq + 1, body, hash, note FROM leaves WHERE seq = 5',
    ],
  ])('one leaf %s after a crash is not written on', async (_, sql) => {
    const ledger = await open();
    for (let i = 0; i < 5; i += 1) await ledger.append([event]);
    const crashed = copyDisk(file(), join(dir, 'crashed'));
    await expect(change(crashed, sql)).rejects.toThrow(/run "latchkey ledger verify"/);
    await ledger.close();
  });

  test('is waited for by whoever reads the log, exports it, or backs it up', async () => {
    const vault = await launchVault(dir);
    const stop = new AbortController();
    const written = (async () => {
      while (!stop.signal.aborted) await vault.handle.append([event]);
    })();
    try {
      for (let i = 0; i < 8; i += 1) {
        await nextTurn();
        expect([...sqliteRecords(file(), { signed: true })].at(-1)?.kind).toBe('checkpoint');
        expect(verify(file()).findings).toEqual([]);
        const copy = join(dir, `copy-${String(i)}`);
        await copyLedgerFile(file(), copy);
        expect(notes(copy).at(-1)).toBe('note');
      }
    } finally {
      stop.abort();
      await written;
      await vault.stop();
    }
  });
});
