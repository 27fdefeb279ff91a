import { randomBytes } from 'node:crypto';
import { toBase64url } from '../base/bytes.ts';
import { signCertificate } from '../consent/messages/certificate.ts';
import { readRotation } from '../consent/messages/operator-statements.ts';
import type { Signer } from '../consent/messages/jws.ts';
import { loadOrCreate, openKeeper, type KeyKeeper } from '../keys/keeper.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { thumbprint } from '../ledger/checkpoint.ts';
import { statementFiles } from './options.ts';
import { checkOwnCertificate, readStatements } from './statements.ts';
import type { VaultInfo, VaultOptions } from './protocol.ts';

/** The keys that a vault signs with for as long as it runs. */
export interface VaultKeys {
  readonly identity: SigningKey;
  readonly ledger: SigningKey;
}

export interface OpenVaultKeys {
  readonly keys: VaultKeys;
  readonly info: VaultInfo;
  close(): void;
}

/**
 * Opens the keys, makes those that are missing, and finds out who certifies them: the operator's certificate where there
 * is one, else an operator key of this connector's own, which is the embedded default.
 *
 * @throws LatchkeyError `data-dir`, `key-secret`, `key-sealed`, `key-token`, `certificate-invalid`
 */
export async function openVaultKeys(options: VaultOptions, wallMs: number): Promise<OpenVaultKeys> {
  const keeper = openKeeper(options.dataDir, options.keys);
  try {
    const keys = { identity: loadOrCreate(keeper, 'identity'), ledger: loadOrCreate(keeper, 'ledger') };
    const info = await vaultInfo(keeper, keys, options, wallMs);
    // A token's session has to outlive this; the secret of sealed files does not.
    if (options.keys.protect !== 'pkcs11') keeper.close();
    return { keys, info, close: () => keeper.close() };
  } catch (error) {
    keeper.close();
    throw error;
  }
}

export function messageSigner(key: SigningKey): Signer {
  return { publicKey: key.publicKey, sign: (bytes) => Promise.resolve(key.sign(bytes)) };
}

async function vaultInfo(
  keeper: KeyKeeper,
  { identity, ledger }: VaultKeys,
  options: VaultOptions,
  wallMs: number,
): Promise<VaultInfo> {
  const statements = await readStatements(statementFiles(options));
  const own = { key: identity.publicKey, ledgerKey: ledger.publicKey };
  const certified = await checkOwnCertificate(statements, own, wallMs);
  const names = {
    identityKey: toBase64url(identity.publicKey),
    identityThumbprint: thumbprint(identity.publicKey),
    ledgerKey: toBase64url(ledger.publicKey),
    ledgerThumbprint: thumbprint(ledger.publicKey),
  };
  if (certified === null) return { ...names, ...(await embedded(keeper, own, options)) };
  const { operatorKey, operatorThumbprint, operatorName, jws, notAfter } = certified;
  const revocations = statements.revocations.get(operatorThumbprint);
  const rotated = await readRotation(statements.rotation);
  return {
    ...names,
    operatorKey: toBase64url(operatorKey),
    operatorThumbprint,
    operatorName,
    operatorKept: 'apart',
    certificate: jws,
    certificateEndsMs: notAfter,
    revocations: revocations?.jws ?? '',
    revocationNumber: revocations?.number ?? 0,
    rotation: rotated?.to === operatorThumbprint ? statements.rotation : '',
  };
}

type OperatorInfo = Omit<VaultInfo, 'identityKey' | 'identityThumbprint' | 'ledgerKey' | 'ledgerThumbprint'>;

/** Made anew at each start: its names come from the configuration. Whoever holds this machine holds this operator's key. */
async function embedded(
  keeper: KeyKeeper,
  own: { readonly key: Uint8Array; readonly ledgerKey: Uint8Array },
  { operatorName, connectorName }: VaultOptions,
): Promise<OperatorInfo> {
  const operator = loadOrCreate(keeper, 'operator');
  const certificate = await signCertificate(messageSigner(operator), {
    ...own,
    operatorName,
    connectorName,
    serial: randomBytes(16),
    notBefore: 0,
    notAfter: 0,
  });
  return {
    operatorKey: toBase64url(operator.publicKey),
    operatorThumbprint: thumbprint(operator.publicKey),
    operatorName,
    operatorKept: 'beside',
    certificate,
    certificateEndsMs: 0,
    revocations: '',
    revocationNumber: 0,
    rotation: '',
  };
}
