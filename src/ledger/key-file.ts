import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';
import { fromBase64url } from '../base/bytes.ts';

/** An Ed25519 key that signs; the private half stays inside a KeyObject. */
export interface SigningKey {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** Makes the folder with mode 0700 where it is missing. @throws LatchkeyError `data-dir` */
export function prepareDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new LatchkeyError('data-dir', `${dir} cannot be made`, { cause: error });
  }
}

/**
 * The key in a PKCS#8 PEM file that its owner alone may read; made where there is none, and on disk before it is used.
 *
 * @throws LatchkeyError `data-dir`
 */
export function openKeyFile(file: string): SigningKey {
  if (!existsSync(file)) createKeyFile(file);
  return loadKeyFile(file);
}

/** The same, where a missing file is an error. @throws LatchkeyError `data-dir` */
export function loadKeyFile(file: string): SigningKey {
  let pem: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new LatchkeyError('data-dir', `${file} can be read by others: chmod 600`);
    }
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof LatchkeyError) throw error;
    throw new LatchkeyError('data-dir', `${file} cannot be read`, { cause: error });
  }
  return signingKey(parsePrivateKey(file, pem));
}

function parsePrivateKey(file: string, pem: string): KeyObject {
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

export function signingKey(key: KeyObject): SigningKey {
  const raw = fromBase64url(createPublicKey(key).export({ format: 'jwk' }).x ?? '');
  if (raw?.length !== 32) throw new LatchkeyError('data-dir', 'not an Ed25519 key');
  return { publicKey: raw, sign: (bytes) => sign(null, bytes, key) };
}

/** Written beside, synced, renamed, and the folder synced: after a crash there is a whole key or none. */
function createKeyFile(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const beside = `${file}.new`;
  try {
    const out = openSync(beside, 'w', 0o600);
    try {
      writeSync(out, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    renameSync(beside, file);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    throw new LatchkeyError('data-dir', `${file} cannot be written`, { cause: error });
  }
}
