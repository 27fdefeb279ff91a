import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PortOwner {
  readonly pid: number;
  /** The program's name. */
  readonly program: string;
  /** One of this installation's own processes. */
  readonly ours: boolean;
}

/** The folder of this installation's own modules. */
const modules = fileURLToPath(new URL('..', import.meta.url));

/** Who has a port bound, by Linux' /proc; null where that cannot be found out, as for another user's process. */
export function portOwner(transport: 'udp' | 'tcp', port: number): PortOwner | null {
  try {
    const inodes = new Set([transport, `${transport}6`].flatMap((table) => inodesOf(table, port)));
    return inodes.size === 0 ? null : ownerOf(inodes);
  } catch {
    return null; // No /proc: not Linux.
  }
}

/** Columns of /proc/net/{tcp,udp}: 1 local address, 3 state (0A: listening), 9 inode. */
function inodesOf(table: string, port: number): string[] {
  const lines = readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1);
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return lines.flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const bound = columns[1]?.endsWith(`:${hex}`) === true;
    const listens = table.startsWith('udp') || columns[3] === '0A';
    return bound && listens && columns[9] !== undefined ? [columns[9]] : [];
  });
}

function ownerOf(inodes: ReadonlySet<string>): PortOwner | null {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !holds(entry, inodes)) continue;
    const [program = '', ...args] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
    const folder = readlinkSync(`/proc/${entry}/cwd`);
    return {
      pid: Number(entry),
      program: basename(program),
      ours: args.some((arg) => isOurs(resolve(folder, arg))),
    };
  }
  return null;
}

/** `npx latchkey` starts by a link in node_modules/.bin. */
function isOurs(file: string): boolean {
  try {
    return realpathSync(file).startsWith(modules);
  } catch {
    return false; // An argument that is no file.
  }
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const socket = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return socket?.[1] !== undefined && inodes.has(socket[1]);
    });
  } catch {
    return false; // It ended meanwhile, or is another user's.
  }
}
