import { join, resolve } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Protection } from '../keys/keeper.ts';
import type { VaultOptions } from './protocol.ts';

/** What a vault is started with, from the configuration. */
export function vaultOptions(config: Config): VaultOptions {
  const dataDir = resolve(config.dataDir);
  const { name, operator, certificateFile, revocationsFile } = config.connector;
  return {
    logLevel: config.logLevel,
    dataDir,
    connectorName: name,
    operatorName: operator,
    keys: protectionOf(config.keys),
    certificateFile,
    revocationsFile,
  };
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
