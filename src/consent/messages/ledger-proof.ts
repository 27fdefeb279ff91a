import { concat, equalBytes, fromBase64url, toBase64url, utf8 } from '../../base/bytes.ts';
import { parseJcs } from '../../base/jcs.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Bytes } from './key-schedule.ts';
import { importSigningKey, sha256, thumbprint } from './keys.ts';

/**
 * The check of an inclusion proof (RFC 9162 §2.1.3.2) under a checkpoint (C2SP tlog-checkpoint in a C2SP signed-note), in
 * code that runs in the media worker and in the host's browser and shares nothing with the ledger's writer.
 */
export interface LedgerProof {
  readonly seq: number;
  /** The leaf's exact bytes. */
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export type ProofRefusal =
  | 'proof-checkpoint'
  | 'proof-origin'
  | 'proof-signature'
  | 'proof-index'
  | 'proof-path'
  | 'proof-root'
  | 'proof-leaf';

export interface ProvenLeaf {
  readonly seq: number;
  readonly size: number;
  /** base64url of the tree's root. */
  readonly root: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

export async function checkProof(
  proof: LedgerProof,
  ledgerKey: Bytes,
): Promise<Result<ProvenLeaf, ProofRefusal>> {
  const head = await openCheckpoint(proof.checkpoint, ledgerKey);
  if (!head.ok) return head;
  const { size, root } = head.value;
  if (!Number.isSafeInteger(proof.seq) || proof.seq < 0 || proof.seq >= size) return refuse('proof-index');
  if (proof.path.some((node) => node.length !== 32)) return refuse('proof-path');
  const computed = await rootFrom(proof, size);
  if (computed === null) return refuse('proof-path');
  if (!equalBytes(computed, root)) return refuse('proof-root');
  const entry = parseJcs(proof.leaf);
  if (!entry.ok || typeof entry.value !== 'object' || entry.value === null || Array.isArray(entry.value)) {
    return refuse('proof-leaf');
  }
  const object = entry.value as Readonly<Record<string, unknown>>;
  if (object['seq'] !== proof.seq) return refuse('proof-leaf');
  return ok({ seq: proof.seq, size, root: toBase64url(root), entry: object });
}

/** RFC 9162 §2.1.3.2, steps 2 to 5: the root that leaf and path make, or null where the path has the wrong length. */
async function rootFrom(proof: LedgerProof, size: number): Promise<Bytes | null> {
  // Sizes go beyond 2^31, so halves are taken by division, not by shifting.
  let fn = proof.seq;
  let sn = size - 1;
  let r = await sha256(concat(Uint8Array.of(0), proof.leaf));
  for (const p of proof.path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      r = await sha256(concat(Uint8Array.of(1), p, r));
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      r = await sha256(concat(Uint8Array.of(1), r, p));
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? r : null;
}

interface Head {
  readonly size: number;
  readonly root: Bytes;
}

const maxNoteLength = 4_096;

/** `<body>\n\n— <name> <base64(key id || signature)>\n`; other signatures (witnesses) may stand beside the ledger's. */
async function openCheckpoint(note: string, ledgerKey: Bytes): Promise<Result<Head, ProofRefusal>> {
  const split = note.lastIndexOf('\n\n');
  if (note.length > maxNoteLength || split < 0 || !note.endsWith('\n')) return refuse('proof-checkpoint');
  const body = note.slice(0, split + 1);
  const head = parseBody(body);
  if (head === null) return refuse('proof-checkpoint');
  const origin = `latchkey/ledger/${await thumbprint(ledgerKey)}`;
  if (!body.startsWith(`${origin}\n`)) return refuse('proof-origin');
  const id = (await sha256(concat(utf8(origin), Uint8Array.of(0x0a, 0x01), ledgerKey))).slice(0, 4);
  const key = await importSigningKey(ledgerKey);
  if (key === null) return refuse('proof-signature');
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const signed = parseSignature(line, origin);
    if (signed === null || !equalBytes(signed.slice(0, 4), id)) continue;
    if (await crypto.subtle.verify('Ed25519', key, signed.slice(4), utf8(body))) return ok(head);
  }
  return refuse('proof-signature');
}

function parseBody(body: string): Head | null {
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
