import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toBase64url } from '../base/bytes.ts';
import { signCertificate } from '../consent/messages/certificate.ts';
import type { Signer } from '../consent/messages/jws.ts';
import { thumbprint } from '../ledger/checkpoint.ts';
import { ledgerKeyFile } from '../ledger/files.ts';
import { openKeyFile, prepareDataDir, type SigningKey } from '../ledger/key-file.ts';
import type { VaultInfo, VaultOptions } from './protocol.ts';

/** The keys of a connector, each in its own PKCS#8 file of mode 0600. */
export interface VaultKeys {
  readonly identity: SigningKey;
  /** Of the embedded default, where nobody keeps an operator key offline. */
  readonly operator: SigningKey;
  readonly ledger: SigningKey;
}

/** @throws LatchkeyError `data-dir` */
export function openKeys(dataDir: string): VaultKeys {
  prepareDataDir(dataDir);
  return {
    identity: openKeyFile(join(dataDir, 'identity.pem')),
    operator: openKeyFile(join(dataDir, 'operator.pem')),
    ledger: openKeyFile(ledgerKeyFile(dataDir)),
  };
}

export function messageSigner(key: SigningKey): Signer {
  return { publicKey: key.publicKey, sign: (bytes) => Promise.resolve(key.sign(bytes)) };
}

/** What the vault tells about itself. The certificate is made anew at each start: its names come from the configuration. */
export async function vaultInfo(keys: VaultKeys, options: VaultOptions): Promise<VaultInfo> {
  const certificate = await signCertificate(messageSigner(keys.operator), {
    operatorName: options.operatorName,
    key: keys.identity.publicKey,
    ledgerKey: keys.ledger.publicKey,
    connectorName: options.connectorName,
    serial: randomBytes(16),
    notBefore: 0,
    notAfter: 0,
  });
  return {
    identityKey: toBase64url(keys.identity.publicKey),
    identityThumbprint: thumbprint(keys.identity.publicKey),
    operatorKey: toBase64url(keys.operator.publicKey),
    operatorThumbprint: thumbprint(keys.operator.publicKey),
    ledgerKey: toBase64url(keys.ledger.publicKey),
    ledgerThumbprint: thumbprint(keys.ledger.publicKey),
    certificate,
    revocations: '',
    revocationNumber: 0,
    rotation: '',
  };
}
