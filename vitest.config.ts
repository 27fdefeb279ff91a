import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * The processes that the tests start find their modules compiled and without types: a connector is five of them, and half of what
 * its start costs is this.
 */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)) };

/**
 * unit: one module, no sockets beyond loopback helpers. scenario: whole processes on loopback.
 * interop: peers that are not ours (sipp, baresip, Chromium); one file at a time, because they share two cores.
 */
export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.test-reports/vitest.json' }]],
    projects: [
      { test: { name: 'unit', env, include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'scenario',
          env,
          include: ['test/scenario/**/*.test.ts'],
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
