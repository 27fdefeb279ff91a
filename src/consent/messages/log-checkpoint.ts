import { concat, equalBytes, fromBase64url, toBase64url, utf8 } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Bytes } from './key-schedule.ts';
import { importSigningKey, sha256, thumbprint } from './keys.ts';

/**
 * A checkpoint of the connector's ledger (C2SP tlog-checkpoint in a C2SP signed-note), read in the media worker and in
 * browsers. Shares nothing with the ledger's writer.
 *
 *   latchkey/ledger/<thumbprint of the ledger key>
 *   <tree size>
 *   <root, base64>
 *
 *   — <name> <base64(key id || signature)>
 */
export interface TreeHead {
  readonly size: number;
  readonly root: Bytes;
}

export type CheckpointRefusal = 'proof-checkpoint' | 'proof-origin' | 'proof-signature';

const maxNoteLength = 4_096;
const logAlgorithm = 0x01;

export async function ledgerOrigin(ledgerKey: Bytes): Promise<string> {
  return `latchkey/ledger/${await thumbprint(ledgerKey)}`;
}

/** What ledger and witnesses sign: the three lines. */
export function checkpointBody(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${String(size)}\n${toBase64(root)}\n`;
}

/** C2SP signed-note: the first four bytes of SHA-256(name, line feed, algorithm, key). */
export async function noteKeyId(name: string, algorithm: number, key: Bytes): Promise<Bytes> {
  return (await sha256(concat(utf8(name), Uint8Array.of(0x0a, algorithm), key))).slice(0, 4);
}

/** The head that the ledger's own key signed. Signatures of others (witnesses) may stand beside its own. */
export async function openCheckpoint(
  note: string,
  ledgerKey: Bytes,
): Promise<Result<TreeHead, CheckpointRefusal>> {
  const split = note.lastIndexOf('\n\n');
  if (note.length > maxNoteLength || split < 0 || !note.endsWith('\n')) return refuse('proof-checkpoint');
  const body = note.slice(0, split + 1);
  const head = parseBody(body);
  if (head === null) return refuse('proof-checkpoint');
  const origin = await ledgerOrigin(ledgerKey);
  if (!body.startsWith(`${origin}\n`)) return refuse('proof-origin');
  const id = await noteKeyId(origin, logAlgorithm, ledgerKey);
  const key = await importSigningKey(ledgerKey);
  if (key === null) return refuse('proof-signature');
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const signed = parseSignature(line, origin);
    if (signed === null || !equalBytes(signed.slice(0, 4), id)) continue;
    if (await crypto.subtle.verify('Ed25519', key, signed.slice(4), utf8(body))) return ok(head);
  }
  return refuse('proof-signature');
}

function parseBody(body: string): TreeHead | null {
  const [origin, size, root, end, ...more] = body.split('\n');
  if (origin === undefined || origin === '' || end !== '' || more.length > 0) return null;
  if (size === undefined || root === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(size)) return null;
  const bytes = fromBase64(root);
  return bytes?.length === 32 ? { size: Number(size), root: bytes } : null;
}

function parseSignature(line: string, name: string): Bytes | null {
  const start = `— ${name} `;
  const bytes = line.startsWith(start) ? fromBase64(line.slice(start.length)) : null;
  return bytes?.length === 4 + 64 ? bytes : null;
}

/** Base64 with padding (RFC 4648 §4), canonical. */
function fromBase64(text: string): Bytes | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  return fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
}

export function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}
