/** Runs the async jobs of one owner one after the other, in the order they were handed in. */
export interface SerialQueue {
  /** Resolves or rejects as the job does. A failed job does not stop those behind it. */
  run<T>(job: () => Promise<T> | T): Promise<T>;
  /** Resolves when everything handed in so far has ended. */
  idle(): Promise<void>;
}

export function serialQueue(): SerialQueue {
  let tail: Promise<unknown> = Promise.resolve();
  const run = <T>(job: () => Promise<T> | T): Promise<T> => {
    const result = tail.then(job);
    tail = result.catch(() => undefined);
    return result;
  };
  return { run, idle: () => run(() => undefined) };
}
