import { readFileSync, statSync } from 'node:fs';
import { fromBase64url, toBase64url, wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { SealSecret } from './sealed-key.ts';

const longestSecret = 1_024;
const shortestPassphrase = 8;

/**
 * The one line of a secret file, as bytes that are the caller's to wipe: never a string, never an argument or an
 * environment variable, where other processes could see it. A pipe or an inherited descriptor (/dev/stdin, /dev/fd/3) is
 * as good as a file.
 *
 * @throws LatchkeyError `key-secret` that names the setting and the file, never the content
 */
export function readSecretBytes(setting: string, file: string): Buffer {
  let bytes: Buffer;
  try {
    const { mode } = statSync(file);
    if ((mode & 0o170000) === 0o100000 && (mode & 0o007) !== 0) {
      throw new LatchkeyError('key-secret', `${setting}: everybody may read ${file}: chmod 600`);
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof LatchkeyError) throw error;
    throw new LatchkeyError('key-secret', `${setting}: cannot read ${file}`, { cause: error });
  }
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const line = Buffer.from(bytes.subarray(0, end));
  wipe(bytes);
  if (line.length > 0 && line.length <= longestSecret && !line.includes(0x0a)) return line;
  wipe(line);
  throw new LatchkeyError('key-secret', `${setting}: ${file} must hold exactly one line`);
}

/** @throws LatchkeyError `key-secret` */
export function readSealSecret(kind: SealSecret['kind'], setting: string, file: string): SealSecret {
  const line = readSecretBytes(setting, file);
  if (kind === 'passphrase') {
    if (line.length >= shortestPassphrase) return { kind, bytes: line };
    wipe(line);
    throw new LatchkeyError(
      'key-secret',
      `${setting}: a passphrase has at least ${shortestPassphrase} bytes`,
    );
  }
  const bytes = fromBase64url(line.toString('latin1'));
  wipe(line);
  if (bytes?.length === 32) return { kind, bytes };
  throw new LatchkeyError(
    'key-secret',
    `${setting}: ${file} is no key file; make one with "latchkey keys new-key-file"`,
  );
}

/** The text of a new key file. */
export const keyFileText = (random: Uint8Array): string => `${toBase64url(random)}\n`;
