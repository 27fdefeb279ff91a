import { existsSync } from 'node:fs';
import { wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import { readClearKey, writeClearKey } from './clear-file.ts';
import { removeSecretFile } from './durable-file.ts';
import { clearFile, openSealedFile, sealedFile, writeSealedFile, type Protection } from './keeper.ts';
import { readSealSecret } from './secret-file.ts';
import type { SealSecret } from './sealed-key.ts';
import { keyNames, type KeyName } from './signing-key.ts';

/**
 * Seals the clear files. Each sealed file is on disk and was opened again before its clear file goes: a crash between the
 * two leaves both, and the next run finishes. Returns what was sealed.
 */
export function sealKeys(dataDir: string, protection: Protection): readonly KeyName[] {
  return withSecret(protection, (secret) =>
    keyNames.filter((name) => {
      const file = clearFile(dataDir, name);
      const key = readClearKey(file);
      if (key === null) return false;
      const der = key.export({ format: 'der', type: 'pkcs8' });
      try {
        writeSealedFile(sealedFile(dataDir, name), key, der, secret);
      } finally {
        wipe(der);
      }
      removeSecretFile(file);
      return true;
    }),
  );
}

/** Back to clear files of mode 0600. */
export function unsealKeys(dataDir: string, protection: Protection): readonly KeyName[] {
  return withSecret(protection, (secret) =>
    keyNames.filter((name) => {
      const file = sealedFile(dataDir, name);
      if (!existsSync(file)) return false;
      writeClearKey(clearFile(dataDir, name), openSealedFile(file, secret));
      removeSecretFile(file);
      return true;
    }),
  );
}

function withSecret(
  protection: Protection,
  job: (secret: SealSecret) => readonly KeyName[],
): readonly KeyName[] {
  if (protection.protect !== 'passphrase' && protection.protect !== 'key-file') {
    throw new LatchkeyError('usage', 'set keys.protect to "passphrase" or "key-file", and keys.secretFile');
  }
  const secret = readSealSecret(protection.protect, 'keys.secretFile', protection.secretFile);
  try {
    return job(secret);
  } finally {
    wipe(secret.bytes);
  }
}
