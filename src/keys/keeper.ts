import { randomBytes, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import { createClearKey, readClearKey } from './clear-file.ts';
import { prepareDataDir, writeDurably } from './durable-file.ts';
import { openSealedKey, parseSealedKey, sealKey, type SealedKey, type SealSecret } from './sealed-key.ts';
import { readSealSecret } from './secret-file.ts';
import { newPrivateKey, privateKeyOf, signingKey, type KeyName, type SigningKey } from './signing-key.ts';
import { openToken, type TokenAddress } from './token.ts';

/** How a connector's private keys are kept (configuration `keys`). */
export type Protection =
  | { readonly protect: 'none' }
  | { readonly protect: 'passphrase' | 'key-file'; readonly secretFile: string }
  | { readonly protect: 'pkcs11'; readonly token: TokenAddress };

/** Where keys are: one owner a process, who closes it. */
export interface KeyKeeper {
  load(name: KeyName): SigningKey | null;
  /** Lasting before it is returned. */
  create(name: KeyName): SigningKey;
  /** Wipes the secret that opens them; keys that were loaded still sign, except a token's. */
  close(): void;
}

export const clearFile = (dataDir: string, name: KeyName): string => join(dataDir, `${name}.pem`);
export const sealedFile = (dataDir: string, name: KeyName): string => join(dataDir, `${name}.sealed`);

/** @throws LatchkeyError `key-secret`, `key-sealed`, `key-token`, `data-dir` */
export function openKeeper(dataDir: string, protection: Protection): KeyKeeper {
  prepareDataDir(dataDir);
  switch (protection.protect) {
    case 'none':
      return clearKeeper(dataDir);
    case 'passphrase':
    case 'key-file':
      return sealedKeeper(
        dataDir,
        readSealSecret(protection.protect, 'keys.secretFile', protection.secretFile),
      );
    case 'pkcs11':
      return tokenKeeper(dataDir, protection.token);
  }
}

export function loadOrCreate(keeper: KeyKeeper, name: KeyName): SigningKey {
  return keeper.load(name) ?? keeper.create(name);
}

function clearKeeper(dataDir: string): KeyKeeper {
  return {
    load(name) {
      const key = readClearKey(clearFile(dataDir, name));
      if (key !== null) return whole(key, clearFile(dataDir, name));
      // A new key beside a sealed one would be another connector to everybody who knows this one.
      refuseFile(
        sealedFile(dataDir, name),
        'is sealed and keys.protect is "none"; set keys.protect, or unseal it',
      );
      return null;
    },
    create: (name) => whole(createClearKey(clearFile(dataDir, name)), clearFile(dataDir, name)),
    close: () => undefined,
  };
}

function sealedKeeper(dataDir: string, secret: SealSecret): KeyKeeper {
  return {
    load(name) {
      const file = sealedFile(dataDir, name);
      if (existsSync(file)) return whole(openSealedFile(file, secret), file);
      refuseFile(clearFile(dataDir, name), 'is not sealed and keys.protect wants it to be');
      return null;
    },
    create(name) {
      const { key, der } = newPrivateKey();
      try {
        writeSealedFile(sealedFile(dataDir, name), key, der, secret);
      } finally {
        wipe(der);
      }
      return whole(key, name);
    },
    close: () => wipe(secret.bytes),
  };
}

function tokenKeeper(dataDir: string, address: TokenAddress): KeyKeeper {
  const token = openToken(address);
  return {
    load(name) {
      const key = token.find(`latchkey-${name}`);
      if (key !== null) return key;
      for (const file of [clearFile(dataDir, name), sealedFile(dataDir, name)]) {
        refuseFile(file, 'holds this connector’s key and the token does not');
      }
      return null;
    },
    create: (name) => token.generate(`latchkey-${name}`),
    close: () => token.close(),
  };
}

/** @throws LatchkeyError `key-sealed` */
export function readSealedFile(file: string): SealedKey {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    throw new LatchkeyError('data-dir', `${file} cannot be read`, { cause: error });
  }
  const sealed = parseSealedKey(text);
  if (!sealed.ok) throw new LatchkeyError('key-sealed', `${file} is no sealed key, or was altered`);
  return sealed.value;
}

/** @throws LatchkeyError `key-sealed` */
export function openSealedFile(file: string, secret: SealSecret): KeyObject {
  const sealed = readSealedFile(file);
  const opened = openSealedKey(sealed, secret);
  if (!opened.ok) {
    const why =
      opened.reason === 'wrong-secret'
        ? `the ${secret.kind} is not the one that ${file} was sealed with, or the file was altered`
        : `${file} is sealed by ${sealed.by}, not by ${secret.kind}`;
    throw new LatchkeyError('key-sealed', why);
  }
  const key = privateKeyOf(opened.value);
  const signer = key === null ? null : signingKey(key);
  if (key === null || signer === null || !equalBytes(signer.publicKey, sealed.publicKey)) {
    throw new LatchkeyError('key-sealed', `${file} does not hold the key that it names`);
  }
  return key;
}

/** Opened again before it counts: a sealed file that cannot be read is a lost key. */
export function writeSealedFile(file: string, key: KeyObject, der: Uint8Array, secret: SealSecret): void {
  const { publicKey } = whole(key, file);
  const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));
  writeDurably(file, sealKey(secret, { publicKey, der, random }));
  openSealedFile(file, secret);
}

function whole(key: KeyObject, where: string): SigningKey {
  const signer = signingKey(key);
  if (signer === null) throw new LatchkeyError('data-dir', `${where} holds no Ed25519 key`);
  return signer;
}

function refuseFile(file: string, why: string): void {
  if (existsSync(file)) throw new LatchkeyError('key-sealed', `${file} ${why}`);
}
