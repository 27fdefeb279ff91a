import { accessSync, constants, statSync, type Stats } from 'node:fs';
import type { Config } from './schema.ts';

/** A file that the configuration names. */
export interface NamedFile {
  /** Of the key, dotted: `http.tls.keyFile`. */
  readonly path: string;
  readonly file: string;
  /** Whether what it holds is for its owner's eyes. */
  readonly secret: boolean;
}

/** Every `…File` of the configuration that is set: the names of the keys are the schema's convention. */
export function namedFiles(config: Config): NamedFile[] {
  return [...walk(config, '')];
}

function* walk(value: unknown, path: string): Generator<NamedFile> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    if (key.endsWith('File') && typeof child === 'string')
      yield { path: here, file: child, secret: /(secret|password|passphrase|pin|keys?)File$/i.test(key) };
    else yield* walk(child, here);
  }
}

/** What keeps the named file from being read by this user; null: nothing. */
export function fileProblem({ file }: NamedFile): string | null {
  let stats: Stats;
  try {
    stats = statSync(file);
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no file ${file}`;
    return code === 'EACCES' ? `${file} may not be read by this user` : `${file}: ${code ?? 'unreadable'}`;
  }
  if (!stats.isFile()) return `${file} is no file`;
  return stats.size === 0 ? `${file} is empty` : null;
}

/** Who else than its owner may read or write a secret file; null: nobody. */
export function modeProblem({ file, secret }: NamedFile): string | null {
  if (!secret) return null;
  const mode = statSync(file).mode & 0o777;
  return (mode & 0o077) === 0 ? null : `${file} has mode 0${mode.toString(8)}: others can read it`;
}
