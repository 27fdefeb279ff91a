import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Gives all threads of these processes, and what they start from now on, the processor before whatever else the machine does
 * (SCHED_RR): a higher priority goes before a lower one. False where that is not permitted.
 */
export function scheduleFirst(pids: readonly number[], priority: number): boolean {
  return pids.every((pid) => {
    const args = ['--all-tasks', '--rr', '--pid', String(priority), String(pid)];
    return spawnSync('chrt', args).status === 0;
  });
}

/** This process's children and theirs, without those below (and with) `except`; with the name of each one's program. */
export function descendants(except: readonly number[]): readonly { pid: number; program: string }[] {
  const all = readdirSync('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      const [program = ''] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return [{ pid: Number(name), parent, program }];
    } catch {
      return []; // Not a process, or gone meanwhile.
    }
  });
  const below = (pid: number): typeof all =>
    all
      .filter((one) => one.parent === pid && !except.includes(one.pid))
      .flatMap((one) => [one, ...below(one.pid)]);
  return below(process.pid).map(({ pid, program }) => ({ pid, program }));
}
