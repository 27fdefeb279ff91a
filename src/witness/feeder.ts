import { every, type Clock, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Result } from '../base/result.ts';
import { readAnswer, submissionBody, type Answer, type Response, type Submission } from './add-checkpoint.ts';

/** An external witness of the operator's choice. */
export interface ExternalWitness {
  /** For people: in the log. */
  readonly name: string;
  /** Submission prefix, without a slash at its end. */
  readonly url: string;
}

/** The vault, which has the tree and the key but no network. */
export interface WitnessDesk {
  /** What to submit, with a proof from `old`; null: from what this witness cosigned last, and only if there is news. */
  work(witness: string, old: number | null): Promise<Result<Submission>>;
  /** Checks the lines and writes down the cosignature among them. */
  cosigned(witness: string, checkpoint: string, lines: string): Promise<Result<null>>;
}

export interface FeederOptions {
  readonly witnesses: readonly ExternalWitness[];
  readonly desk: WitnessDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (url: URL, body: string) => Promise<Result<Response>>;
}

interface State {
  readonly witness: ExternalWitness;
  busy: boolean;
  nextMs: number;
  waitMs: number;
  /** Why it failed last; empty after a success. */
  failing: string;
}

const lookEveryMs = 5_000;
const firstWaitMs = 10_000;
const longestWaitMs = 600_000;

/**
 * Brings checkpoints to the witnesses and cosignatures back. Nothing waits for it: a witness that fails is asked again, less and
 * less often, and is missing in the counts that the verifier prints.
 */
export interface Feeder {
  /** Brings every witness that is due what is new. The ticker does it every five seconds. */
  look(): Promise<void>;
  start(): void;
  stop(): void;
}

export function createFeeder(options: FeederOptions): Feeder {
  const { clock } = options;
  const states = options.witnesses.map((witness): State => ({
    witness,
    busy: false,
    nextMs: 0,
    waitMs: firstWaitMs,
    failing: '',
  }));
  let ticker: Timer | null = null;
  const serve = async (state: State): Promise<void> => {
    state.busy = true;
    await feed(options, state);
    state.busy = false;
  };
  const look = async (): Promise<void> => {
    const due = states.filter((state) => !state.busy && clock.monoMs() >= state.nextMs);
    await Promise.all(due.map(serve));
  };
  return {
    look,
    start() {
      ticker ??= every(clock, lookEveryMs, () => void look());
    },
    stop() {
      ticker?.cancel();
      ticker = null;
    },
  };
}

async function feed(options: FeederOptions, state: State): Promise<void> {
  const { witness } = state;
  const outcome = await submit(options, witness.name, new URL(`${witness.url}/add-checkpoint`));
  if (outcome === 'no-news') return;
  if (outcome === null) {
    if (state.failing !== '') options.log.info({ witness: witness.name }, 'witness is back');
    state.failing = '';
    state.waitMs = firstWaitMs;
    return;
  }
  // Once a reason: a witness that is away for a day fills no log.
  if (state.failing !== outcome)
    options.log.warn({ witness: witness.name, reason: outcome }, 'no cosignature');
  state.failing = outcome;
  state.nextMs = options.clock.monoMs() + state.waitMs;
  state.waitMs = Math.min(longestWaitMs, state.waitMs * 2);
}

/** Null after a cosignature was written down; otherwise why not. */
async function submit({ desk, post }: FeederOptions, name: string, url: URL): Promise<string | null> {
  let old: number | null = null;
  for (let tries = 0; tries < 2; tries += 1) {
    const work = await desk.work(name, old);
    if (!work.ok) return work.reason;
    const response = await post(url, submissionBody(work.value));
    if (!response.ok) return response.reason;
    const answer: Answer = readAnswer(response.value);
    if (answer.kind === 'refused') return answer.reason;
    if (answer.kind === 'cosigned') {
      const written = await desk.cosigned(name, work.value.checkpoint, answer.lines);
      return written.ok ? null : written.reason;
    }
    // It has seen another size than we remember. A larger one than ours means that our ledger was set back.
    old = answer.size;
  }
  return 'witness-size';
}
