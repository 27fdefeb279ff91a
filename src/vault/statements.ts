import { existsSync, readFileSync } from 'node:fs';
import { fromBase64url } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import {
  checkCertificate,
  type Certificate,
  type CertificateRefusal,
} from '../consent/messages/certificate.ts';
import { peekMessage } from '../consent/messages/jws.ts';
import { thumbprint } from '../consent/messages/keys.ts';
import {
  readRevocationList,
  readRotation,
  type RevocationList,
} from '../consent/messages/operator-statements.ts';
import type { StatementFile } from './options.ts';

/**
 * What an operator has handed to its connector: one JWS a line, in any order, in one file or several. What each line is
 * stands in its typ; anything that is no statement of an operator is an error, not a line to skip.
 */
export interface Statements {
  readonly certificate: { readonly jws: string; readonly file: string } | null;
  /** The newest of each operator. */
  readonly revocations: ReadonlyMap<string, RevocationList>;
  readonly rotation: string;
}

export interface OwnKeys {
  readonly key: Uint8Array;
  readonly ledgerKey: Uint8Array;
}

const maxFileBytes = 64 * 1024;

/** @throws LatchkeyError `certificate-invalid` */
export async function readStatements(files: readonly StatementFile[]): Promise<Statements> {
  let certificate: Statements['certificate'] = null;
  const revocations = new Map<string, RevocationList>();
  let rotation = '';
  for (const { file, jws } of files.flatMap(linesOf)) {
    const peeked = peekMessage(jws);
    const type = peeked.ok ? peeked.value.type : null;
    if (type === 'certificate') certificate = { jws, file };
    else if (type === 'revocation-list') keepNewer(revocations, await listOf(jws, file));
    else if (type === 'operator-rotation' && (await readRotation(jws)) !== null) rotation = jws;
    else throw invalid(file, 'has a line that is no statement of an operator');
  }
  return { certificate, revocations, rotation };
}

/** The certificate, held against this connector's own keys. @throws LatchkeyError `certificate-invalid` */
export async function checkOwnCertificate(
  { certificate, revocations }: Statements,
  own: OwnKeys,
  wallMs: number,
): Promise<Certificate | null> {
  if (certificate === null) return null;
  const { jws, file } = certificate;
  const checked = await checkCertificate(jws, {
    operators: [await namedOperator(jws)],
    key: own.key,
    wallMs,
    revocations: (by) => revocations.get(by) ?? null,
  });
  if (!checked.ok) throw invalid(file, faults[checked.reason]);
  if (!Buffer.from(checked.value.ledgerKey).equals(own.ledgerKey)) {
    throw invalid(file, 'is for another ledger key than this connector’s');
  }
  return checked.value;
}

/** Thumbprint of the operator that a certificate names; nothing of it is checked. */
export async function namedOperator(jws: string): Promise<string> {
  const peeked = peekMessage(jws);
  const operator = peeked.ok && 'operator' in peeked.value.payload ? peeked.value.payload.operator : '';
  return thumbprint(fromBase64url(operator) ?? new Uint8Array(0));
}

const faults: Readonly<Record<CertificateRefusal, string>> = {
  'certificate-form': 'is no certificate',
  'certificate-signature': 'was altered: its operator did not sign it',
  'certificate-operator': 'names no operator',
  'certificate-key': 'is for another identity key than this connector’s: certify its own request',
  'certificate-name': 'holds a name that cannot be shown',
  'certificate-time': 'is not valid yet, or not any more: ask its operator for a new one',
  'certificate-revoked': 'was revoked by its operator',
};

function linesOf({ path, must }: StatementFile): { readonly file: string; readonly jws: string }[] {
  if (!must && !existsSync(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    throw new LatchkeyError('certificate-invalid', `${path} cannot be read`, { cause: error });
  }
  if (text.length > maxFileBytes) throw invalid(path, 'is too long');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((jws) => ({ file: path, jws }));
}

async function listOf(jws: string, file: string): Promise<RevocationList> {
  const list = await readRevocationList(jws);
  if (list === null) throw invalid(file, 'holds a revocation list that its operator did not sign');
  return list;
}

function keepNewer(lists: Map<string, RevocationList>, list: RevocationList): void {
  const known = lists.get(list.operator);
  if (known === undefined || list.number > known.number) lists.set(list.operator, list);
}

const invalid = (file: string, fault: string): LatchkeyError =>
  new LatchkeyError('certificate-invalid', `${file} ${fault}`);
