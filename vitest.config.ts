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

/** Of the scenarios, those that no wall clock decides: protocol stories in memory, ledgers on disk, commands. Two at a time. */
const stories = [
  'consent-*',
  'hostile-server',
  'keys-*',
  'ledger-*',
  'operator-*',
  'external-witness',
  'vault-*',
  'package',
].map((name) => `test/scenario/${name}.test.ts`);

/**
 * unit: one module, no sockets beyond loopback helpers. story and scenario: whole processes on loopback; what is heard in
 * time is a scenario, one file at a time.
 * interop: peers that are not ours (sipp, baresip, Chromium); one file at a time, because they share two cores.
 */
export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.test-reports/vitest.json' }]],
    projects: [
      { test: { name: 'unit', env, maxWorkers, include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'story',
          env,
          maxWorkers,
          include: stories,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          retry: 1,
        },
      },
      {
        test: {
          name: 'scenario',
          env,
          include: ['test/scenario/**/*.test.ts'],
          exclude: stories,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Whole calls with time limits, on a machine that may be busy: a fault fails twice.
          retry: 1,
          // Of the tests that are marked concurrent: whole calls, which mostly wait.
          maxConcurrency: 3,
        },
      },
      {
        test: {
          name: 'interop',
          env,
          // A browser's reconnect back-off can meet a machine that is busy otherwise; a fault fails twice.
          retry: 1,
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 90_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
