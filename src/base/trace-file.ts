import { open, rename, type FileHandle } from 'node:fs/promises';
import type { Clock, Timer } from './clock.ts';

/** A file of entries that is written in the background, so that whoever has something to write never waits for a disk. */
export interface TraceFile {
  /** False where the file was given up. What is beyond the bound of what waits is left out, and how many is written. */
  add(entry: string): boolean;
  /** After this nothing is taken any more; fulfilled when all that waited is written. Idempotent. */
  stop(): Promise<void>;
}

export interface TraceFileOptions {
  /** Made with mode 0600 where it is not there; added to where it is. */
  readonly file: string;
  /** After so much the file becomes `<file>.1`, whose former content is gone. */
  readonly maxMiB: number;
  readonly clock: Clock;
  /** Called once, where the file cannot be written: it ends, and nothing else does. */
  readonly onGivenUp: (error: unknown) => void;
}

const flushMs = 200;
/** What waits to be written, in characters. */
const maxWaiting = 4 * 1024 * 1024;
/** Written at once; a file is larger than it may be by no more than that. */
const pieceLength = 64 * 1024;

export function openTraceFile({ file, maxMiB, clock, onGivenUp }: TraceFileOptions): TraceFile {
  let waiting: string[] = [];
  let size = 0;
  let leftOut = 0;
  let timer: Timer | null = null;
  let over = false;
  let handle: FileHandle | null = null;
  let written = 0;
  /** All that is being done with the file, one after the other. */
  let work: Promise<void> = Promise.resolve();

  const openFile = async (): Promise<FileHandle> => {
    const opened = await open(file, 'a', 0o600);
    handle = opened;
    written = (await opened.stat()).size;
    return opened;
  };
  /** Where to write: the file, or a new one in the place of a full one. */
  const place = async (): Promise<FileHandle> => {
    if (handle === null) return openFile();
    if (written < maxMiB * 1024 * 1024) return handle;
    await shut();
    await rename(file, `${file}.1`);
    return openFile();
  };
  const shut = async (): Promise<void> => {
    const opened = handle;
    handle = null;
    // What was written is there or not; that the system could not close it changes neither.
    await opened?.close().catch(() => undefined);
  };
  const nextPiece = (): string => {
    let piece = '';
    let count = 0;
    for (const entry of waiting) {
      if (piece !== '' && piece.length + entry.length > pieceLength) break;
      piece += entry;
      count += 1;
    }
    waiting = waiting.slice(count);
    size -= piece.length;
    if (waiting.length > 0 || leftOut === 0) return piece;
    const told = `(${leftOut} entries left out)\n\n`;
    leftOut = 0;
    return piece + told;
  };
  const write = async (): Promise<void> => {
    try {
      // Opened even where nothing waits: a path that cannot be written is told at the start.
      if (handle === null && !over) await openFile();
      while (waiting.length > 0 || leftOut > 0) {
        const to = await place();
        written += (await to.write(nextPiece())).bytesWritten;
      }
    } catch (error) {
      if (!over) onGivenUp(error);
      over = true;
      [waiting, size, leftOut] = [[], 0, 0];
      await shut();
    }
  };
  const flush = (): Promise<void> => {
    timer?.cancel();
    timer = null;
    work = work.then(write);
    return work;
  };
  void flush();
  return {
    add(entry) {
      if (over) return false;
      if (size + entry.length > maxWaiting) leftOut += 1;
      else {
        waiting.push(entry);
        size += entry.length;
      }
      timer ??= clock.after(flushMs, () => void flush());
      return true;
    },
    async stop() {
      await flush();
      over = true;
      await shut();
    },
  };
}
