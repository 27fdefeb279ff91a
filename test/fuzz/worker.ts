import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { fuzzSip } from './sip.ts';

/** The fuzzer beside a watchdog: it writes what it is about to run where the other thread can read it. */
export interface FuzzWork {
  readonly seed: number;
  readonly seconds: number;
  /** Executions so far, then the length of the input that runs now. */
  readonly state: Int32Array;
  readonly input: Uint8Array;
}

const { seed, seconds, state, input } = workerData as FuzzWork;
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc') as () => Promise<void>;
const end = performance.now() + seconds * 1_000;
const result = await fuzzSip({
  seed,
  enough: () => performance.now() >= end,
  onInput(text) {
    Atomics.add(state, 0, 1);
    Atomics.store(state, 1, Buffer.from(input.buffer).write(text, 'latin1'));
  },
});
parentPort?.postMessage(result);
