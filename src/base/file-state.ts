import { statSync } from 'node:fs';

/**
 * What differs once a file is written anew, replaced (also by a symbolic link that points elsewhere), or comes and goes, out of reach
 * too. Never throws: what is wrong with a file, its reader says.
 */
export function fileState(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** The same of several. */
export const fileStates = (files: readonly string[]): string => files.map(fileState).join('\n');
