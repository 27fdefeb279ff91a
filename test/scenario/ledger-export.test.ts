import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { latchkey } from '../support/cli.ts';
import { handClock, openTestLedger, playCall, testConnector } from '../support/ledger-story.ts';
import { makeDir, removeDir } from '../support/vault.ts';

let dir: string;
let exported: string;

beforeAll(async () => {
  dir = await makeDir();
  exported = join(dir, 'export.jsonl');
  const connector = await testConnector();
  const clock = handClock();
  const store = sqliteStore(join(dir, 'ledger.sqlite'));
  const ledger = await openTestLedger(store, connector, clock);
  await playCall(ledger, connector, clock);
  await playCall(ledger, connector, clock);
  await ledger.close();
  const result = await latchkey('ledger', 'export', '--data', dir, '--personal', '--out', exported, '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
});

afterAll(() => removeDir(dir));

interface Opinion {
  readonly verified: boolean;
  readonly leaves: number;
  readonly root: string;
}

interface Second extends Opinion {
  readonly grants: number;
  readonly faults: string[];
  /** Leaves covered, by thumbprint. */
  readonly witnesses: Readonly<Record<string, number>>;
}

const second = fileURLToPath(new URL('../support/verify_export.py', import.meta.url));

function python(file: string): Promise<Second> {
  return new Promise((resolve, reject) => {
    execFile('python3', [second, file], (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as Second);
      } catch {
        reject(error ?? new Error('no answer'));
      }
    });
  });
}

interface Ours extends Opinion {
  readonly witnesses: readonly { readonly key: string; readonly size: number }[];
}

async function ours(file: string): Promise<Ours> {
  return JSON.parse((await latchkey('ledger', 'verify', '--file', file, '--json')).stdout) as Ours;
}

test('two independent programs in two languages agree on the export', async () => {
  const [a, b] = [await ours(exported), await python(exported)];
  expect(b.faults).toEqual([]);
  expect(a).toMatchObject({ verified: true, leaves: b.leaves, root: b.root });
  expect(b).toMatchObject({ verified: true, grants: 2 });
  // The host and a member of each of the two meetings, and how far each of them saw the log.
  expect(Object.keys(b.witnesses)).toHaveLength(4);
  expect(Object.fromEntries(a.witnesses.map(({ key, size }) => [key, size]))).toEqual(b.witnesses);
});

test.each([
  ['a byte of a leaf', (lines: string[]) => lines.map((line) => line.replace('leg-joined', 'leg-jained'))],
  ['a leaf gone', (lines: string[]) => lines.filter((line) => !line.includes('leg-joined'))],
  [
    'two leaves swapped',
    (lines: string[]) => [...lines.slice(0, 3), lines[4]!, lines[3]!, ...lines.slice(5)],
  ],
  [
    'a checkpoint’s root',
    (lines: string[]) =>
      lines.map((line) => line.replace(/\\n[A-Za-z0-9+/]{43}=\\n/, `\\n${'A'.repeat(43)}=\\n`)),
  ],
  ['a personal value', (lines: string[]) => lines.map((line) => line.replace('Caller on', 'Nobody on'))],
  ['the last leaf cut off', (lines: string[]) => lines.filter((line) => !line.includes('\\"stop\\"'))],
])('both refuse an export with %s changed', async (_, change) => {
  const lines = (await readFile(exported, 'utf8')).trimEnd().split('\n');
  const changed = change(lines);
  expect(changed.join('\n')).not.toBe(lines.join('\n'));
  const file = join(dir, 'changed.jsonl');
  await writeFile(file, `${changed.join('\n')}\n`);
  expect((await ours(file)).verified).toBe(false);
  expect((await python(file)).verified).toBe(false);
});

test('an export without personal values verifies and holds none', async () => {
  const file = join(dir, 'bare.jsonl');
  await latchkey('ledger', 'export', '--data', dir, '--out', file);
  expect(await readFile(file, 'utf8')).not.toContain('Caller on');
  expect(await ours(file)).toMatchObject({ verified: true });
  expect(await python(file)).toMatchObject({ verified: true });
});

test.each([
  ['nothing', ''],
  ['another format', '{"format":"other"}\n'],
  ['a line that is no record', '{"format":"latchkey-ledger","version":1}\n{"kind":"leaf"}\n'],
  ['bytes that are no text', Buffer.from('{"format":"latchkey-ledger","version":1}\n\xff\n', 'latin1')],
])('a file with %s is refused by name, not by a crash', async (_, content) => {
  const file = join(dir, 'odd');
  await writeFile(file, content);
  const result = await latchkey('ledger', 'verify', '--file', file);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('usage:');
});

test('intervals speak of each leg, also from an export, and filter by meeting and leg', async () => {
  const all = await latchkey('ledger', 'intervals', '--file', exported, '--json');
  const { intervals } = JSON.parse(all.stdout) as { intervals: { leg: string; meeting: string }[] };
  expect(intervals).toHaveLength(2);
  const { leg, meeting } = intervals[0]!;
  const one = await latchkey(
    'ledger',
    'intervals',
    '--data',
    dir,
    '--leg',
    leg.slice(0, 8),
    '--meeting',
    meeting,
  );
  expect(one.code).toBe(0);
  expect(one.stdout).toContain(
    `leg ${leg.slice(0, 8)}… of meeting ${meeting.slice(0, 8)}… could hear and speak from `,
  );
  expect(one.stdout).toContain('every sender had signed');
  expect(one.stdout).not.toContain(intervals[1]!.leg.slice(0, 8));
});
