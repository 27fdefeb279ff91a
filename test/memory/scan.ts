import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** Something that must not be found, and what to call it. */
export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Hit {
  readonly name: string;
  /** `heap` (malloc), `anonymous` (V8 and large blocks), `stack`, or a file's name. */
  readonly region: string;
}

interface Region {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

const chunkBytes = 8 * 1024 * 1024;
const nothing = Buffer.alloc(4096);

/** Finds any of many byte strings in one pass: a table of their first two bytes lets nearly all positions go. */
class Searcher {
  readonly longest: number;
  readonly #starts = new Map<number, Needle[]>();
  readonly #table = new Uint8Array(0x10000);

  constructor(needles: readonly Needle[]) {
    this.longest = Math.max(2, ...needles.map(({ bytes }) => bytes.length));
    for (const needle of needles) {
      const start = needle.bytes.readUInt16LE(0);
      this.#table[start] = 1;
      this.#starts.set(start, [...(this.#starts.get(start) ?? []), needle]);
    }
  }

  /**
   * Needles that begin before `end`. Most of what a process has reserved was never written to: of pages that are all zero only the
   * end is searched, where a needle may begin that goes on in the next one (no needle is all zero).
   */
  find(memory: Buffer, end: number, found: (needle: Needle) => void): void {
    const last = Math.min(end, memory.length - 1);
    for (let page = 0; page < last; page += nothing.length) {
      const next = Math.min(page + nothing.length, last);
      const empty =
        page + nothing.length <= memory.length &&
        memory.compare(nothing, 0, nothing.length, page, page + nothing.length) === 0;
      this.#findFrom(memory, empty ? Math.max(page, next - this.longest) : page, next, found);
    }
  }

  #findFrom(memory: Buffer, from: number, end: number, found: (needle: Needle) => void): void {
    const table = this.#table;
    for (let at = from; at < end; at++) {
      const start = memory[at]! | (memory[at + 1]! << 8);
      if (table[start] === 0) continue;
      for (const needle of this.#starts.get(start)!) {
        const { bytes } = needle;
        if (at + bytes.length > memory.length) continue;
        if (memory.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0) found(needle);
      }
    }
  }
}

/** Memory that the process may write and that is there at all: /proc/PID/smaps (proc_pid_smaps(5)). */
function regions(pid: number): Region[] {
  const list: Region[] = [];
  let last: Region | null = null;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (head !== null) {
      const [, from = '', to = '', rights = '', path = ''] = head;
      const name =
        path === '[heap]' ? 'heap' : path.startsWith('[stack') ? 'stack' : path === '' ? 'anonymous' : path;
      last = rights.startsWith('rw') ? { from: parseInt(from, 16), to: parseInt(to, 16), name } : null;
    } else if (last !== null && /^Rss:\s+[1-9]/.test(line)) {
      list.push(last);
      last = null;
    }
  }
  return list;
}

/** Every place in the memory of a process where a needle stands. Throws where the system does not let us look. */
export function searchProcess(pid: number, needles: readonly Needle[]): Hit[] {
  const searcher = new Searcher(needles);
  const hits: Hit[] = [];
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const buffer = Buffer.alloc(chunkBytes + searcher.longest);
    for (const { from, to, name } of regions(pid)) {
      for (let at = from; at < to; at += chunkBytes) {
        const wanted = Math.min(buffer.length, to - at);
        const part = buffer.subarray(0, readPart(memory, buffer, wanted, at));
        searcher.find(part, chunkBytes, (needle) => hits.push({ name: needle.name, region: name }));
      }
    }
    buffer.fill(0);
  } finally {
    closeSync(memory);
  }
  return hits;
}

/** A region may go away while it is read. */
function readPart(file: number, into: Buffer, length: number, at: number): number {
  try {
    return readSync(file, into, 0, length, at);
  } catch {
    return 0;
  }
}

/** Why this machine does not let us look into other processes, or null where it does. */
export function whyNot(pid: number): string | null {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, 'r'));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export interface Process {
  readonly pid: number;
  /** The module that it runs, from src/ on. */
  readonly module: string;
}

/** A process and everything that it started, by their modules. */
export function family(root: number): Process[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = read(`/proc/${pid}/stat`);
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isOf = (pid: number): boolean => pid === root || (parents.has(pid) && isOf(parents.get(pid)!));
  return [...parents.keys()]
    .filter((pid) => pid > 1 && isOf(pid))
    .map((pid) => ({ pid, module: /src\/[\w/.-]+\.ts/.exec(read(`/proc/${pid}/cmdline`))?.[0] ?? 'other' }));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
