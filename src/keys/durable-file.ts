import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';

/** Makes the folder with mode 0700 where it is missing. @throws LatchkeyError `data-dir` */
export function prepareDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new LatchkeyError('data-dir', `${dir} cannot be made`, { cause: error });
  }
}

/**
 * Written beside with mode 0600, synced, renamed, and the folder synced: after a crash there is the whole file or none.
 *
 * @throws LatchkeyError `data-dir`
 */
export function writeDurably(file: string, content: string | Uint8Array): void {
  const beside = `${file}.new`;
  try {
    const out = openSync(beside, 'w', 0o600);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length;) at += writeSync(out, bytes, at);
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    renameSync(beside, file);
    syncFolder(file);
  } catch (error) {
    throw new LatchkeyError('data-dir', `${file} cannot be written`, { cause: error });
  }
}

/**
 * Overwritten in place before it is unlinked. On a journal, a flash disk or a back-up older copies may remain: the docs
 * say so.
 *
 * @throws LatchkeyError `data-dir`
 */
export function removeSecretFile(file: string): void {
  try {
    const out = openSync(file, 'r+');
    try {
      writeSync(out, Buffer.alloc(statSync(file).size), 0);
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    unlinkSync(file);
    syncFolder(file);
  } catch (error) {
    throw new LatchkeyError('data-dir', `${file} cannot be removed`, { cause: error });
  }
}

function syncFolder(file: string): void {
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
