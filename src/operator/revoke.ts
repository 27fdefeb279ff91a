import { LatchkeyError } from '../base/errors.ts';
import { maxRevokedKeys, maxRevokedSerials } from '../consent/messages/catalog.ts';
import { signRevocationList } from '../consent/messages/operator-statements.ts';
import { writeDurably } from '../keys/durable-file.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { operatorSigner, paths, readRecord, writeRecord, type CertificateRecord } from './folder.ts';

/** One certificate, or every certificate of an identity key, those to come as well. */
export type Target =
  { readonly kind: 'serial'; readonly start: string } | { readonly kind: 'key'; readonly start: string };

export interface Revoked {
  readonly number: number;
  readonly certificates: readonly CertificateRecord[];
  readonly list: string;
}

/**
 * Adds to the list, whose number rises by one, and signs it. A certificate that has ended by itself is left out again: a
 * list has to fit into one hello.
 *
 * @throws LatchkeyError `usage`
 */
export async function revoke(
  dir: string,
  operator: SigningKey,
  target: Target,
  nowMs: number,
): Promise<Revoked> {
  const record = readRecord(dir);
  const hit = find(record.certificates, target);
  const certificates = record.certificates.map((known) =>
    hit.includes(known) ? { ...known, revoked: true } : known,
  );
  const revokedKeys =
    target.kind === 'key'
      ? [...new Set([...record.revokedKeys, ...hit.map((known) => known.thumbprint)])]
      : record.revokedKeys;
  const serials = certificates
    .filter(({ revoked, notAfter, thumbprint }) => {
      const live = notAfter === 0 || notAfter > nowMs;
      return revoked && live && !revokedKeys.includes(thumbprint);
    })
    .map(({ serial }) => serial);
  if (serials.length > maxRevokedSerials || revokedKeys.length > maxRevokedKeys) {
    throw new LatchkeyError(
      'usage',
      `a list holds ${maxRevokedSerials} serials and ${maxRevokedKeys} keys: rotate the operator key instead`,
    );
  }
  const number = record.listNumber + 1;
  const parts = { number, issued: nowMs, serials, keys: revokedKeys };
  const list = await signRevocationList(operatorSigner(operator), parts);
  writeDurably(paths(dir).revocations, `${list}\n`);
  writeRecord(dir, { ...record, listNumber: number, revokedKeys, certificates });
  return { number, certificates: hit, list };
}

function find(certificates: readonly CertificateRecord[], { kind, start }: Target): CertificateRecord[] {
  const nameOf = (known: CertificateRecord): string => (kind === 'serial' ? known.serial : known.thumbprint);
  const hit = certificates.filter((known) => nameOf(known).startsWith(start));
  const names = new Set(hit.map(nameOf));
  if (names.size === 1) return hit;
  throw new LatchkeyError(
    'usage',
    names.size === 0
      ? `no certificate of this operator has a ${kind} that begins with “${start}”`
      : `“${start}” is the beginning of ${names.size} ${kind}s`,
  );
}
