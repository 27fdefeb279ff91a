import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';
import { wipe } from '../base/bytes.ts';
import type { Signer } from '../consent/messages/jws.ts';
import { prepareDataDir, writeDurably } from '../keys/durable-file.ts';
import { openSealedFile, readSealedFile, writeSealedFile } from '../keys/keeper.ts';
import type { SealSecret } from '../keys/sealed-key.ts';
import { newPrivateKey, signingKey, type SigningKey } from '../keys/signing-key.ts';

/**
 * What an operator keeps offline, in one folder:
 *
 *   operator.sealed      its private key under a passphrase
 *   operator.json        its name, every certificate it gave, what it revoked: nothing secret
 *   revocations.jws      the newest revocation list      (made by revoke; goes to every connector)
 *   rotation.jws         the last change of key          (made by rotate; goes to every connector)
 *   retired/             keys that it had before, and their lists
 */
export interface OperatorRecord {
  readonly v: 1;
  readonly name: string;
  /** Number of the newest revocation list; 0: none yet. */
  readonly listNumber: number;
  readonly revokedKeys: readonly string[];
  readonly retired: number;
  readonly certificates: readonly CertificateRecord[];
}

export interface CertificateRecord {
  readonly serial: string;
  readonly connectorName: string;
  /** base64url of the raw keys. */
  readonly key: string;
  readonly ledgerKey: string;
  readonly thumbprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Thumbprint of the operator key that signed it. */
  readonly by: string;
  readonly revoked: boolean;
}

export const paths = (dir: string) => ({
  key: join(dir, 'operator.sealed'),
  record: join(dir, 'operator.json'),
  revocations: join(dir, 'revocations.jws'),
  rotation: join(dir, 'rotation.jws'),
  retired: (n: number) => join(dir, 'retired', `${n}.sealed`),
  retiredList: (n: number) => join(dir, 'retired', `${n}-revocations.jws`),
});

/** @throws LatchkeyError `usage` where there is an operator already */
export function createOperator(dir: string, name: string, secret: SealSecret): SigningKey {
  if (existsSync(paths(dir).key)) throw new LatchkeyError('usage', `${dir} holds an operator already`);
  prepareDataDir(dir);
  const key = createKey(paths(dir).key, secret);
  writeRecord(dir, { v: 1, name, listNumber: 0, revokedKeys: [], retired: 0, certificates: [] });
  return key;
}

export function createKey(file: string, secret: SealSecret): SigningKey {
  const { key, der } = newPrivateKey();
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeSealedFile(file, key, der, secret);
  } finally {
    wipe(der);
  }
  return whole(signingKey(key), file);
}

/** @throws LatchkeyError `key-sealed` for a wrong passphrase, `usage` where there is no operator */
export function openOperator(dir: string, secret: SealSecret): SigningKey {
  mustBeOperator(dir);
  return whole(signingKey(openSealedFile(paths(dir).key, secret)), dir);
}

/** Without the passphrase. */
export function operatorPublicKey(dir: string): Uint8Array<ArrayBuffer> {
  mustBeOperator(dir);
  return readSealedFile(paths(dir).key).publicKey;
}

export function readRecord(dir: string): OperatorRecord {
  mustBeOperator(dir);
  try {
    const record = JSON.parse(readFileSync(paths(dir).record, 'utf8')) as Partial<
      Record<keyof OperatorRecord, unknown>
    >;
    if (record.v === 1 && Array.isArray(record.certificates) && Array.isArray(record.revokedKeys)) {
      return record as OperatorRecord;
    }
  } catch (error) {
    throw new LatchkeyError('usage', `${paths(dir).record} cannot be read`, { cause: error });
  }
  throw new LatchkeyError('usage', `${paths(dir).record} is no operator's record`);
}

export function writeRecord(dir: string, record: OperatorRecord): void {
  writeDurably(paths(dir).record, `${JSON.stringify(record, null, 2)}\n`);
}

export const operatorSigner = (key: SigningKey): Signer => ({
  publicKey: key.publicKey,
  sign: (bytes) => Promise.resolve(key.sign(bytes)),
});

function mustBeOperator(dir: string): void {
  if (existsSync(paths(dir).key)) return;
  throw new LatchkeyError(
    'usage',
    `${dir} holds no operator: "latchkey operator init --dir ${dir} --name NAME"`,
  );
}

function whole(key: SigningKey | null, where: string): SigningKey {
  if (key === null) throw new LatchkeyError('key-sealed', `${where} holds no Ed25519 key`);
  return key;
}
