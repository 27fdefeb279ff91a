import { writeSync } from 'node:fs';
import { inspect } from 'node:util';

/**
 * What drachtio-srf's suite uses of the test runner `tape`, with the same meaning: every assertion is one line on
 * standard output, and a test that does not end, or asserts after its end, has failed.
 */
type Finished = (error?: unknown) => void;

interface Test {
  pass(message: string): void;
  fail(message: string): void;
  ok(value: unknown, message: string): void;
  error(error: unknown, message?: string): void;
  throws(run: () => unknown, expected?: unknown, message?: string): void;
  doesNotThrow(run: () => unknown, message?: string): void;
  timeoutAfter(ms: number): void;
  end: Finished;
}

let count = 0;
let failures = 0;
const open = new Set<string>();

function line(ok: boolean, message: string, detail?: unknown): void {
  count += 1;
  if (!ok) failures += 1;
  const more = detail === undefined ? '' : `\n  ${inspect(detail).replaceAll('\n', '\n  ')}`;
  writeSync(1, `${ok ? 'ok' : 'not ok'} ${count} ${message.replaceAll('\n', ' ')}${more}\n`);
}

function test(name: string, run: (t: Test) => void): void {
  open.add(name);
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const assert = (ok: boolean, message: string, detail?: unknown): void => {
    if (ended) line(false, `.end() already called: ${message}`, detail);
    else line(ok, message, detail);
  };
  const end: Finished = (error) => {
    if (error !== undefined && error !== null) assert(false, inspect(error));
    ended = true;
    clearTimeout(timer);
    open.delete(name);
  };
  const t: Test = {
    pass: (message) => assert(true, message),
    fail: (message) => assert(false, message),
    ok: (value, message) => assert(Boolean(value), message),
    error: (error, message) => assert(!error, message ?? inspect(error), error ?? undefined),
    throws(action, expected, message) {
      const thrown = caught(action);
      const matches = typeof expected !== 'function' || thrown?.error instanceof expected;
      assert(thrown !== null && matches, message ?? (typeof expected === 'string' ? expected : 'throws'));
    },
    doesNotThrow: (action, message) => assert(caught(action) === null, message ?? 'does not throw'),
    timeoutAfter(ms) {
      timer = setTimeout(() => {
        assert(false, `${name} timed out after ${ms}ms`);
        end();
      }, ms);
    },
    end,
  };
  setImmediate(() => run(t));
}

function caught(action: () => unknown): { readonly error: unknown } | null {
  try {
    action();
    return null;
  } catch (error) {
    return { error };
  }
}

process.on('exit', () => {
  for (const name of open) line(false, `${name} exited without ending`);
  if (failures > 0) process.exitCode = 1;
});

export { test as 'module.exports' };
