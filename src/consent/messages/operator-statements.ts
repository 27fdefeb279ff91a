import { fromBase64url, lengthPrefixed, toBase64url, utf8 } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { peekMessage, signMessage, verifyMessage, type Signer } from './jws.ts';
import type { Bytes } from './key-schedule.ts';
import { importSigningKey, isSoundSigningKey, thumbprint } from './keys.ts';
import { labels } from './labels.ts';
import { plainName } from './plain-name.ts';

/** What an operator says beside its certificates: which of them are void, and which key speaks for it from now on. */
export interface RevocationList {
  readonly operator: string;
  readonly number: number;
  readonly serials: readonly string[];
  /** Thumbprints of connectors' identity keys. */
  readonly keys: readonly string[];
  readonly jws: string;
}

export interface NewRevocationList {
  readonly number: number;
  readonly issued: number;
  readonly serials: readonly string[];
  readonly keys: readonly string[];
}

export function signRevocationList(operator: Signer, list: NewRevocationList): Promise<string> {
  return signMessage(operator, 'revocation-list', {
    v: 1,
    operator: toBase64url(operator.publicKey),
    ...list,
  });
}

/** Null unless the list is signed by the key that it names. Whose key that is, is the reader's to know. */
export async function readRevocationList(jws: string): Promise<RevocationList | null> {
  const peeked = peekMessage(jws);
  if (!peeked.ok || peeked.value.type !== 'revocation-list') return null;
  const key = fromBase64url(peeked.value.payload.operator);
  const verified = key === null ? null : await verifyMessage(jws, 'revocation-list', key);
  if (key === null || verified?.ok !== true) return null;
  const { number, serials, keys } = verified.value.payload;
  return { operator: await thumbprint(key), number, serials, keys, jws };
}

/** Thumbprints of the operator's old key and of the one that it goes on with. */
export interface Rotation {
  readonly from: string;
  readonly to: string;
}

export function signRotation(old: Signer, next: Uint8Array, issued: number): Promise<string> {
  const operator = toBase64url(old.publicKey);
  return signMessage(old, 'operator-rotation', { v: 1, operator, next: toBase64url(next), issued });
}

export async function readRotation(jws: string): Promise<Rotation | null> {
  const peeked = peekMessage(jws);
  if (!peeked.ok || peeked.value.type !== 'operator-rotation') return null;
  const key = fromBase64url(peeked.value.payload.operator);
  const next = fromBase64url(peeked.value.payload.next);
  if (key === null || next === null || !isSoundSigningKey(next)) return null;
  const verified = await verifyMessage(jws, 'operator-rotation', key);
  return verified.ok ? { from: await thumbprint(key), to: await thumbprint(next) } : null;
}

/** What a connector asks its operator to certify. */
export interface CertificateRequest {
  readonly key: Bytes;
  readonly ledgerKey: Bytes;
  readonly connectorName: string;
}

const ledgerProofInput = (key: Uint8Array, ledgerKey: Uint8Array): Bytes =>
  lengthPrefixed(utf8(labels.ledgerPossession), key, ledgerKey);

export async function signCertificateRequest(
  identity: Signer,
  ledger: Signer,
  connectorName: string,
): Promise<string> {
  const proof = await ledger.sign(ledgerProofInput(identity.publicKey, ledger.publicKey));
  return signMessage(identity, 'certificate-request', {
    v: 1,
    key: toBase64url(identity.publicKey),
    ledgerKey: toBase64url(ledger.publicKey),
    connectorName: plainName(connectorName),
    ledgerProof: toBase64url(proof),
  });
}

export type RequestRefusal = 'request-form' | 'request-signature' | 'request-ledger' | 'request-name';

/** Both private keys are where the request comes from: each has signed for the other. */
export async function readCertificateRequest(
  jws: string,
): Promise<Result<CertificateRequest, RequestRefusal>> {
  const peeked = peekMessage(jws);
  if (!peeked.ok || peeked.value.type !== 'certificate-request') return refuse('request-form');
  const { connectorName } = peeked.value.payload;
  const key = fromBase64url(peeked.value.payload.key);
  const ledgerKey = fromBase64url(peeked.value.payload.ledgerKey);
  const proof = fromBase64url(peeked.value.payload.ledgerProof);
  if (key === null || ledgerKey === null || proof === null) return refuse('request-form');
  if (!(await verifyMessage(jws, 'certificate-request', key)).ok) return refuse('request-signature');
  const ledger = await importSigningKey(ledgerKey);
  if (ledger === null) return refuse('request-ledger');
  const proven = await crypto.subtle.verify('Ed25519', ledger, proof, ledgerProofInput(key, ledgerKey));
  if (!proven) return refuse('request-ledger');
  if (plainName(connectorName) !== connectorName || connectorName === '') return refuse('request-name');
  return ok({ key, ledgerKey, connectorName });
}
