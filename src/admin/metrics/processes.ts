import { readFileSync } from 'node:fs';
import type { Family } from '../../base/metrics.ts';
import { figures } from './described.ts';

/** One process as the operating system has it; null where it is gone, or where there is no /proc. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** USER_HZ: what /proc counts in, on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** proc(5): utime and stime are fields 14 and 15 of `stat`; the name in parentheses may hold anything. */
export function readProcess(pid: number): ProcessFigures | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    const ticks = Number(fields[11]) + Number(fields[12]);
    if (!Number.isFinite(ticks) || resident === undefined) return null;
    return { cpuSeconds: ticks / ticksPerSecond, residentBytes: Number(resident) * 1_024 };
  } catch {
    return null;
  }
}

export interface ProcessMetricsOptions {
  /** With this process itself. */
  readonly processes: () => readonly { readonly name: string; readonly pid: number }[];
  readonly read?: (pid: number) => ProcessFigures | null;
}

/** Meeting workers come and go: what ended ones used stays in the sum, so that a counter never goes back. */
export function createProcessMetrics({
  processes,
  read = readProcess,
}: ProcessMetricsOptions): () => Family[] {
  const last = new Map<number, { readonly name: string; readonly cpuSeconds: number }>();
  const ended = new Map<string, number>();
  return () => {
    const now = processes().flatMap(({ name, pid }) => {
      const found = read(pid);
      return found === null ? [] : [{ name: wordOf(name), pid, ...found }];
    });
    for (const [pid, { name, cpuSeconds }] of last) {
      if (now.some((one) => one.pid === pid && one.name === name)) continue;
      ended.set(name, (ended.get(name) ?? 0) + cpuSeconds);
      last.delete(pid);
    }
    for (const { pid, name, cpuSeconds } of now) last.set(pid, { name, cpuSeconds });
    const names = [...new Set([...ended.keys(), ...now.map((one) => one.name)])];
    const sum = (pick: (one: (typeof now)[number]) => number) =>
      names.map((name) => ({
        labels: { process: name },
        value: now.filter((one) => one.name === name).reduce((total, one) => total + pick(one), 0),
      }));
    return [
      figures(
        'process_cpu_seconds_total',
        sum((one) => one.cpuSeconds).map(({ labels, value }) => ({
          labels,
          value: value + (ended.get(labels.process) ?? 0),
        })),
      ),
      figures(
        'process_resident_memory_bytes',
        sum((one) => one.residentBytes),
      ),
      figures(
        'processes',
        sum(() => 1),
      ),
    ];
  };
}

const wordOf = (name: string): string => name.replaceAll(' ', '-');
