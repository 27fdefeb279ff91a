/**
 * Gathers jobs into batches, in the order they came, one batch at a time. What arrives while a batch runs makes the next.
 * An idle queue starts at once, with what came in the same turn; a busy one first lets waiting input in.
 */
export interface BatchQueue<J> {
  /** False where too much is waiting. */
  push(job: J): boolean;
  /** Whether there are jobs that no batch has taken yet. */
  readonly waiting: boolean;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

export interface BatchQueueOptions<J> {
  /** How much of the limits a job takes. */
  readonly weigh: (job: J) => number;
  readonly maxBatch: number;
  readonly maxWaiting: number;
  /** Lets input that has already arrived be read, so that one batch can serve it all. */
  readonly yieldToInput: () => Promise<void>;
  /** Never rejects. */
  readonly run: (batch: readonly J[]) => Promise<void>;
}

/** So many batches in a row may start at once before the event loop gets its turn, whatever their callers do. */
const maxAtOnce = 16;

export function batchQueue<J>(options: BatchQueueOptions<J>): BatchQueue<J> {
  const { weigh, maxBatch, maxWaiting } = options;
  let waiting: J[] = [];
  let weight = 0;
  let running: Promise<void> | null = null;
  let atOnce = 0;

  /** Whole jobs; at least one. */
  const takeBatch = (): J[] => {
    let taken = 0;
    const fits = waiting.findIndex((job, i) => {
      taken += weigh(job);
      return i > 0 && taken > maxBatch;
    });
    const batch = waiting.slice(0, fits === -1 ? waiting.length : fits);
    waiting = waiting.slice(batch.length);
    for (const job of batch) weight -= weigh(job);
    return batch;
  };

  const drain = async (): Promise<void> => {
    atOnce = (atOnce + 1) % maxAtOnce;
    let busy = atOnce === 0;
    while (waiting.length > 0) {
      await (busy ? options.yieldToInput() : undefined);
      await options.run(takeBatch());
      busy = true;
    }
    running = null;
  };

  return {
    get waiting() {
      return waiting.length > 0;
    },
    push(job) {
      if (weight + weigh(job) > maxWaiting) return false;
      waiting.push(job);
      weight += weigh(job);
      running ??= drain();
      return true;
    },
    async idle() {
      await running;
    },
  };
}
