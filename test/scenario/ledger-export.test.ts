import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { leafHash } from '../../src/ledger/merkle.ts';
import { latchkey } from '../support/cli.ts';
import { handClock, openTestLedger, playCall, Story, testConnector } from '../support/ledger-story.ts';
import { random, testKey } from '../support/consent-peers.ts';
import { exportStory } from '../support/verify-export.ts';
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

interface Times {
  readonly meeting: string;
  readonly bridge: string;
  readonly leg: string;
  readonly hear: boolean;
  readonly speak: boolean;
  readonly endProven: boolean;
  readonly from: number | { readonly at: number };
  readonly to: number | { readonly at: number } | null;
}

/** What both programs say about who could hear, in one spelling. */
const times = (intervals: readonly Times[]): string[] =>
  intervals
    .map(({ meeting, bridge, leg, hear, speak, endProven, from, to }) => {
      const at = (moment: Times['to']): unknown => (typeof moment === 'object' ? moment?.at : moment) ?? null;
      return JSON.stringify([meeting, bridge, leg, at(from), at(to), hear, speak, endProven]);
    })
    .sort();

async function bothTimes(file: string): Promise<string[]> {
  const { stdout } = await latchkey('ledger', 'intervals', '--file', file, '--json');
  const ourTimes = times((JSON.parse(stdout) as { intervals: Times[] }).intervals);
  expect(times(((await python(file)) as unknown as { intervals: Times[] }).intervals)).toEqual(ourTimes);
  return ourTimes;
}

test('both programs agree on who could hear when: a change of scope, callers who come and go, a denial', async () => {
  const story = await exportStory(dir, 'story.jsonl');
  expect(await python(story.file)).toMatchObject({ verified: true, faults: [] });
  expect(await bothTimes(story.file)).toHaveLength(4);
});

/** A log that its own connector signs although its people did not consent so: structure holds, the chain does not. */
async function crooked(name: string, play: (story: Story) => Promise<void>): Promise<string> {
  const connector = await testConnector();
  const clock = handClock();
  const store = sqliteStore(join(dir, `${name}.sqlite`));
  const ledger = await openTestLedger(store, connector, clock);
  await play(await Story.begin(ledger, connector));
  clock.move(30_000);
  await ledger.close();
  const file = join(dir, `${name}.jsonl`);
  const exported = await latchkey(
    'ledger',
    'export',
    '--file',
    join(dir, `${name}.sqlite`),
    '--out',
    file,
    '--json',
  );
  expect(exported.code).toBe(0);
  return file;
}

test.each<[string, (story: Story) => Promise<void>, string, string]>([
  [
    'a key without a grant',
    async (story) => {
      story.grant = random(32);
      await story.openKey();
    },
    'key-without-grant',
    'key without grant',
  ],
  [
    'a key after the revocation',
    async (story) => {
      await story.grantTo(await story.request([]), []);
      const data = { grant: story.grant, term: 1, epoch: story.epoch, suite: 'x-wing' };
      await story.revoke();
      await story.write({ type: 'key-opened', bridge: story.bridge, data });
    },
    'key-after-revocation',
    'key after revocation',
  ],
  [
    'a grant that answers nothing',
    async (story) => {
      await story.grantTo(random(32), []);
    },
    'grant-unasked',
    'answer to no request',
  ],
  [
    'a leg that nobody admitted',
    async (story) => {
      await story.grantTo(await story.request([]), []);
      await story.join(random(16));
    },
    'leg-without-grant',
    'leg without grant',
  ],
  [
    'a host’s message by another key',
    async (story) => {
      const impostor = testKey();
      Object.assign(story.meeting.host, { sign: (bytes: Uint8Array<ArrayBuffer>) => impostor.sign(bytes) });
      await story.grantTo(await story.request([]), []);
    },
    'message-signature',
    'signature of grant',
  ],
])('both programs name %s', async (_, play, ourName, theirName) => {
  const file = await crooked(theirName.replaceAll(' ', '-'), play);
  const { stdout } = await latchkey('ledger', 'verify', '--file', file, '--json');
  const { counts } = JSON.parse(stdout) as { counts: Record<string, number> };
  expect(Object.keys(counts)).toContain(ourName);
  expect((await python(file)).faults.join()).toContain(theirName);
  await bothTimes(file);
});

test('both programs verify a log whose labels were erased and whose events were pruned, and agree on the rest', async () => {
  const pruned = join(dir, 'pruned');
  const file = join(dir, 'pruned.jsonl');
  const connector = await testConnector();
  const clock = handClock();
  const { mkdir } = await import('node:fs/promises');
  await mkdir(pruned);
  const store = sqliteStore(join(pruned, 'ledger.sqlite'));
  const ledger = await openTestLedger(store, connector, clock);
  const gone = await playCall(ledger, connector, clock);
  clock.move(86_400_000);
  const kept = await playCall(ledger, connector, clock);
  const { queueTasks } = await import('../../src/ledger/task-queue.ts');
  const { planPrune } = await import('../../src/ledger/retention.ts');
  const { sqliteRecords } = await import('../../src/ledger/records.ts');
  const plan = await planPrune(() => sqliteRecords(join(pruned, 'ledger.sqlite')), {
    retention: { eventsMs: 3_600_000, personalMs: new Map() },
    nowMs: clock.wallMs(),
    rest: () => Promise.resolve(),
  });
  queueTasks(join(pruned, 'ledger.sqlite'), [...plan.tasks, { kind: 'erase', leg: kept.leg }]);
  expect(await ledger.runTasks()).toBe(2);
  await ledger.close();
  await latchkey('ledger', 'export', '--file', join(pruned, 'ledger.sqlite'), '--personal', '--out', file);
  expect(await ours(file)).toMatchObject({ verified: true });
  expect(await python(file)).toMatchObject({ verified: true, faults: [], grants: 1 });
  const agreed = await bothTimes(file);
  expect(agreed).toHaveLength(1);
  expect(agreed.join()).not.toContain(gone.leg);
  // What is gone without a recorded prune is found by both.
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const unsaid = lines.map((line) => {
    if (!line.includes('\\"type\\":\\"switched')) return line;
    const { seq, leaf } = JSON.parse(line) as { seq: number; leaf: string };
    return JSON.stringify({
      kind: 'leaf',
      seq,
      hash: Buffer.from(leafHash(Buffer.from(leaf))).toString('base64url'),
    });
  });
  await writeFile(file, `${unsaid.join('\n')}\n`);
  expect((await ours(file)).verified).toBe(false);
  expect((await python(file)).faults.join()).toContain('content gone');
});
