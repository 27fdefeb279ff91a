/**
 * One job at a time. What a person asked for runs before packets that wait: a revoke is not kept waiting by a flood.
 */
export interface WorkQueue {
  urgent<T>(job: () => Promise<T>): Promise<T>;
  later<T>(job: () => Promise<T>): Promise<T>;
  /** When nothing else waits. */
  idle<T>(job: () => Promise<T>): Promise<T>;
  /** Jobs that wait, the running one not counted. */
  readonly length: number;
}

export function workQueue(): WorkQueue {
  const urgent: (() => Promise<void>)[] = [];
  const later: (() => Promise<void>)[] = [];
  const idle: (() => Promise<void>)[] = [];
  const next = (): (() => Promise<void>) | undefined => urgent.shift() ?? later.shift() ?? idle.shift();
  let running = false;

  const drain = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let job = next(); job !== undefined; job = next()) await job();
    running = false;
  };
  const add = <T>(list: (() => Promise<void>)[], job: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      list.push(() => job().then(resolve, reject));
      void drain();
    });
  return {
    urgent: (job) => add(urgent, job),
    later: (job) => add(later, job),
    idle: (job) => add(idle, job),
    get length() {
      return urgent.length + later.length + idle.length;
    },
  };
}
