import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { thumbprint } from '../consent/messages/keys.ts';
import { signRotation } from '../consent/messages/operator-statements.ts';
import { writeDurably } from '../keys/durable-file.ts';
import type { SealSecret } from '../keys/sealed-key.ts';
import { certifyAgain, type Issued } from './certify.ts';
import { createKey, openOperator, operatorSigner, paths, readRecord, writeRecord } from './folder.ts';

export interface Rotated {
  readonly from: string;
  readonly to: string;
  /** New certificates for every connector whose own had not ended and was not revoked. */
  readonly issued: readonly Issued[];
}

/**
 * A new operator key. The old one signs that the new one goes on for it, so that hosts who know a connector by the old key
 * are not alarmed; then it is retired. The order makes a crash harmless: until the rename the old key is the operator's.
 */
export async function rotate(dir: string, secret: SealSecret, nowMs: number): Promise<Rotated> {
  const old = openOperator(dir, secret);
  const record = readRecord(dir);
  const place = paths(dir);
  const next = createKey(`${place.key}.next`, secret);
  const statement = await signRotation(operatorSigner(old), next.publicKey, nowMs);
  const retired = record.retired + 1;
  mkdirSync(dirname(place.retired(retired)), { recursive: true, mode: 0o700 });
  writeDurably(place.rotation, `${statement}\n`);
  if (existsSync(place.revocations)) renameSync(place.revocations, place.retiredList(retired));
  renameSync(place.key, place.retired(retired));
  renameSync(`${place.key}.next`, place.key);
  // The new key's own list begins anew; what the old key revoked cannot come back, because nothing of it is certified again.
  writeRecord(dir, { ...record, retired, listNumber: 0 });
  const from = await thumbprint(old.publicKey);
  const live = record.certificates.filter(
    ({ by, revoked, notAfter }) => by === from && !revoked && (notAfter === 0 || notAfter > nowMs),
  );
  const newest = new Map(live.map((known) => [known.thumbprint, known]));
  const issued: Issued[] = [];
  for (const known of newest.values()) {
    if (!record.revokedKeys.includes(known.thumbprint)) issued.push(await certifyAgain(dir, next, known));
  }
  return { from, to: await thumbprint(next.publicKey), issued };
}
