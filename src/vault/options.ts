import { join, resolve } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { parseWitnessKey } from '../config/witness-key.ts';
import type { Protection } from '../keys/keeper.ts';
import type { VaultOptions, VaultWitness } from './protocol.ts';

/** What a vault is started with, from the configuration. */
export function vaultOptions(config: Config): VaultOptions {
  const dataDir = resolve(config.dataDir);
  const { name, operator, certificateFile, revocationsFile, revocationsGraceMinutes } = config.connector;
  return {
    logLevel: config.logLevel,
    dataDir,
    connectorName: name,
    operatorName: operator,
    keys: protectionOf(config.keys),
    certificateFile,
    revocationsFile,
    revocationsGraceMs: revocationsGraceMinutes * 60_000,
    retention: config.ledger.retention,
    witnesses: config.ledger.witnesses.map(vaultWitness),
  };
}

function vaultWitness({ name, key }: Config['ledger']['witnesses'][number]): VaultWitness {
  const parsed = parseWitnessKey(key);
  if (!parsed.ok) throw new LatchkeyError('config-invalid', `ledger.witnesses: the key of ${name} is none`);
  return { name, keyName: parsed.value.name, key: parsed.value.key };
}

function protectionOf({ protect, secretFile, token }: Config['keys']): Protection {
  if (protect === 'none') return { protect };
  if (protect === 'pkcs11' && token !== null) return { protect, token };
  if (protect !== 'pkcs11' && secretFile !== null) return { protect, secretFile };
  // The loader of the configuration says the same, with the path.
  throw new LatchkeyError('config-invalid', `keys.protect: "${protect}" is not complete`);
}

/** Where an operator's statements lie unless the configuration says otherwise. */
export const statementFiles = (options: VaultOptions): readonly StatementFile[] => [
  {
    path: options.certificateFile ?? join(options.dataDir, 'certificate.jws'),
    must: options.certificateFile !== null,
  },
  {
    path: options.revocationsFile ?? join(options.dataDir, 'revocations.jws'),
    must: options.revocationsFile !== null,
  },
];

export interface StatementFile {
  readonly path: string;
  /** Named in the configuration: it has to be there. */
  readonly must: boolean;
}
