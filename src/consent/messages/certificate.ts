import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Payload } from './catalog.ts';
import type { Bytes } from './key-schedule.ts';
import { peekMessage, signMessage, verifyMessage, type Signer } from './jws.ts';
import { isSoundSigningKey, thumbprint } from './keys.ts';
import type { RevocationList } from './operator-statements.ts';
import { plainName } from './plain-name.ts';

/** An operator's statement that a connector and its ledger are its own. */
export interface Certificate {
  readonly operatorKey: Bytes;
  readonly operatorThumbprint: string;
  readonly operatorName: string;
  readonly key: Bytes;
  readonly ledgerKey: Bytes;
  readonly connectorName: string;
  readonly serial: string;
  /** 0: no end. */
  readonly notAfter: number;
  readonly jws: string;
}

export interface NewCertificate {
  readonly operatorName: string;
  readonly key: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly connectorName: string;
  readonly serial: Uint8Array;
  readonly notBefore: number;
  /** 0: no end. */
  readonly notAfter: number;
}

export function signCertificate(operator: Signer, parts: NewCertificate): Promise<string> {
  return signMessage(operator, 'certificate', {
    v: 1,
    operator: toBase64url(operator.publicKey),
    operatorName: plainName(parts.operatorName),
    key: toBase64url(parts.key),
    ledgerKey: toBase64url(parts.ledgerKey),
    connectorName: plainName(parts.connectorName),
    serial: toBase64url(parts.serial),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
  });
}

export type CertificateRefusal =
  | 'certificate-form'
  | 'certificate-signature'
  | 'certificate-operator'
  | 'certificate-key'
  | 'certificate-name'
  | 'certificate-time'
  | 'certificate-revoked';

export interface CertificateRules {
  /** Thumbprints of the operators in the registration. */
  readonly operators: readonly string[];
  /** The connector's identity key, as its own signed message names it. */
  readonly key: Uint8Array;
  readonly wallMs: number;
  /** The newest list seen of the operator with this thumbprint. */
  readonly revocations?: (operator: string) => RevocationList | null;
}

/** The whole chain there is in version 1: operator key in the registration, certificate, connector key. */
export async function checkCertificate(
  jws: string,
  rules: CertificateRules,
): Promise<Result<Certificate, CertificateRefusal>> {
  const peeked = peekMessage(jws);
  if (!peeked.ok || peeked.value.type !== 'certificate') return refuse('certificate-form');
  const operatorKey = fromBase64url(peeked.value.payload.operator);
  if (operatorKey === null) return refuse('certificate-form');
  const operatorThumbprint = await thumbprint(operatorKey);
  if (!rules.operators.includes(operatorThumbprint)) return refuse('certificate-operator');
  const verified = await verifyMessage(jws, 'certificate', operatorKey);
  if (!verified.ok) return refuse('certificate-signature');
  const { payload } = verified.value;
  const key = fromBase64url(payload.key);
  const ledgerKey = fromBase64url(payload.ledgerKey);
  if (key === null || ledgerKey === null) return refuse('certificate-key');
  const fault =
    keyFault(payload, rules.key) ??
    contentFault(payload, rules.wallMs) ??
    (isRevoked(payload.serial, await thumbprint(key), rules.revocations?.(operatorThumbprint) ?? null)
      ? 'certificate-revoked'
      : null);
  if (fault !== null) return refuse(fault);
  const { operatorName, connectorName, serial, notAfter } = payload;
  const names = { operatorName, connectorName };
  return ok({ operatorKey, operatorThumbprint, ...names, key, ledgerKey, serial, notAfter, jws });
}

function keyFault(payload: Payload<'certificate'>, expected: Uint8Array): CertificateRefusal | null {
  if (payload.key !== toBase64url(expected)) return 'certificate-key';
  const sound = [payload.key, payload.ledgerKey].every((text) => {
    const key = fromBase64url(text);
    return key !== null && isSoundSigningKey(key);
  });
  return sound ? null : 'certificate-key';
}

function contentFault(payload: Payload<'certificate'>, wallMs: number): CertificateRefusal | null {
  const { operatorName, connectorName, notBefore, notAfter } = payload;
  if (plainName(operatorName) !== operatorName || plainName(connectorName) !== connectorName) {
    return 'certificate-name';
  }
  const ended = notAfter !== 0 && wallMs > notAfter;
  return ended || wallMs < notBefore ? 'certificate-time' : null;
}

const isRevoked = (serial: string, key: string, list: RevocationList | null): boolean =>
  list !== null && (list.serials.includes(serial) || list.keys.includes(key));
