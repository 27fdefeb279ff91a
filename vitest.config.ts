import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * The processes that the tests start find their modules compiled and without types: a connector is five of them, and half of what
 * its start costs is this.
 */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)) };

/** The default leaves one core idle, which is every second one on a machine of two. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

const files = (folder: string, names: readonly string[]): string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);

/** Of whole processes, what no wall clock decides: protocol stories in memory, ledgers on disk, commands, pages of which nothing is heard. */
const stories = [
  ...files('scenario', [
    'consent-*',
    'hostile-server',
    'keys-*',
    'ledger-*',
    'operator-*',
    'external-witness',
    'vault-*',
    'package',
  ]),
  ...files('interop', ['admin-page', 'pages-a11y', 'verify-page']),
];

/** What several connectors at once or a measurement need the whole machine for: one file at a time, at the end. */
const alone = files('scenario', ['demo', 'demo-sabotage', 'lobby-worker']);

/** What `expect.poll` waits for comes at once on an idle machine; a busy one has this long, in ms, and not the usual second. */
const patient = (timeout: number) => ({ expect: { poll: { timeout } } });

/** Whole calls with time limits, on a machine that may be busy: a fault fails twice. */
const timed = { env, maxWorkers, retry: 1, testTimeout: 120_000, hookTimeout: 90_000, ...patient(20_000) };

/**
 * unit: one module, no sockets beyond loopback helpers. story, scenario, alone: whole processes on loopback. interop: peers that
 * are not ours (sipp, baresip, Chromium). `npm test` (test/run.ts) has unit and story run behind the others, which a clock decides.
 */
export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: '.test-reports/vitest.json' },
    projects: [
      {
        test: {
          name: 'unit',
          env,
          maxWorkers,
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          ...patient(8000),
        },
      },
      { test: { ...timed, name: 'story', include: stories } },
      {
        test: {
          ...timed,
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts'],
          exclude: [...stories, ...alone],
        },
      },
      {
        test: {
          ...timed,
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          exclude: [...stories, ...alone],
        },
      },
      {
        // Of the tests that are marked concurrent: whole calls, which mostly wait.
        test: { ...timed, name: 'alone', include: alone, fileParallelism: false, maxConcurrency: 3 },
      },
    ],
  },
});
