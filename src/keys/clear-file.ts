import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { wipe } from '../base/bytes.ts';
import { writeDurably } from './durable-file.ts';
import { newPrivateKey } from './signing-key.ts';

/** A key in a PKCS#8 PEM file that its owner alone may read. Null where there is none. @throws LatchkeyError `data-dir` */
export function readClearKey(file: string): KeyObject | null {
  if (!existsSync(file)) return null;
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new LatchkeyError('data-dir', `${file} can be read by others: chmod 600`);
  }
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    throw new LatchkeyError('data-dir', `${file} cannot be read`, { cause: error });
  }
  try {
    return parsePrivateKey(file, pem);
  } finally {
    wipe(pem);
  }
}

function parsePrivateKey(file: string, pem: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The parser's own message is left out: it may quote the file.
    throw new LatchkeyError('data-dir', `${file} holds no PKCS#8 private key`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new LatchkeyError('data-dir', `${file} holds no Ed25519 key`);
  return key;
}

/** On disk before it is used. @throws LatchkeyError `data-dir` */
export function createClearKey(file: string): KeyObject {
  const { key, der } = newPrivateKey();
  wipe(der);
  writeClearKey(file, key);
  return key;
}

export function writeClearKey(file: string, key: KeyObject): void {
  const pem = Buffer.from(key.export({ format: 'pem', type: 'pkcs8' }));
  try {
    writeDurably(file, pem);
  } finally {
    wipe(pem);
  }
}
