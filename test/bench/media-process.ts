import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that a process has used so far, all of its threads, from the scheduler: /proc/PID/task/TID/schedstat. */
export const cpuMs = (pid: number): number => scheduled(pid, 0);

/** How long its threads could have run and had no CPU: much of it, and the machine has more to do than it can. */
export const waitedMs = (pid: number): number => scheduled(pid, 1);

function scheduled(pid: number, field: 0 | 1): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return (
    tasks.reduce((sum, task) => sum + schedstatNs(`/proc/${pid}/task/${task}/schedstat`, field), 0) / 1e6
  );
}

function schedstatNs(file: string, field: 0 | 1): number {
  try {
    return Number(readFileSync(file, 'latin1').split(' ')[field]);
  } catch {
    return 0; // A thread that has just ended.
  }
}

export function rssKiB(pid: number): number {
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

export type Processes = Readonly<Record<string, number>>;

/** CPU milliseconds a second of each of the processes, over so many seconds. */
export async function measured<N extends string>(
  pids: Readonly<Record<N, number>>,
  seconds: number,
): Promise<Record<N, number>> {
  const names = Object.keys(pids) as N[];
  const before = names.map((name) => cpuMs(pids[name]));
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const lasted = (performance.now() - began) / 1_000;
  return Object.fromEntries(
    names.map((name, i) => [name, (cpuMs(pids[name]) - (before[i] ?? 0)) / lasted]),
  ) as Record<N, number>;
}

/** `share` of the values lie at or below it; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const rounded = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;
