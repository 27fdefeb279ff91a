import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import { concat, equalBytes, toBase64url, utf8 } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { hashLength, type Hash } from './merkle.ts';

/**
 * A checkpoint of the log (C2SP tlog-checkpoint) as a signed note (C2SP signed-note):
 *
 *   latchkey/ledger/<thumbprint of the ledger key>     origin, and name of the key
 *   4711                                               tree size, decimal
 *   <root hash, base64>
 *                                                      (empty line)
 *   — <key name> <base64(4 bytes key id || signature)>
 *
 * The signature is Ed25519 over the three lines with their line feeds. Key id = first 4 bytes of
 * SHA-256(key name || 0x0A || 0x01 || public key).
 */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** Signs with the ledger's Ed25519 key, which stays where it is. */
export interface LedgerSigner {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** Enough for a checkpoint with 64 cosignatures. */
const maxNoteLength = 16_384;
const noteAlgorithmEd25519 = 0x01;
const signatureLength = 64;

export function thumbprint(publicKey: Uint8Array): string {
  return toBase64url(hash('sha256', publicKey, 'buffer'));
}

export function originOf(ledgerKey: Uint8Array): string {
  return `latchkey/ledger/${thumbprint(ledgerKey)}`;
}

export function keyId(name: string, algorithm: number, publicKey: Uint8Array): Uint8Array {
  return hash('sha256', concat(utf8(name), Uint8Array.of(0x0a, algorithm), publicKey), 'buffer').subarray(
    0,
    4,
  );
}

export function checkpointBody(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${base64(checkpoint.root)}\n`;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** Makes the signed notes of one log. */
export function checkpointSigner(signer: LedgerSigner): (size: number, root: Hash) => string {
  const origin = originOf(signer.publicKey);
  const signed = Buffer.alloc(4 + signatureLength);
  signed.set(keyId(origin, noteAlgorithmEd25519, signer.publicKey));
  return (size, root) => {
    const body = checkpointBody({ origin, size, root });
    signed.set(signer.sign(Buffer.from(body)), 4);
    return `${body}\n— ${origin} ${signed.toString('base64')}\n`;
  };
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** With its last line feed: what is signed. */
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

export type NoteRefusal =
  | 'note-too-long'
  | 'note-malformed'
  | 'checkpoint-malformed'
  | 'wrong-origin'
  | 'not-signed'
  | 'bad-signature';

/** Splits a signed note: text, an empty line, signature lines. */
export function parseNote(text: string): Result<Note, NoteRefusal> {
  if (text.length > maxNoteLength) return refuse('note-too-long');
  // C2SP signed-note: no control characters but the line feed.
  if (/[\0-\x09\x0b-\x1f]/.test(text) || !text.isWellFormed()) return refuse('note-malformed');
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) return refuse('note-malformed');
  const signatures: NoteSignature[] = [];
  for (const line of text.slice(split + 2, -1).split('\n')) {
    const found = /^— ([^ +]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const [, name, encoded] = found ?? [];
    if (name === undefined || encoded === undefined) return refuse('note-malformed');
    const bytes = fromBase64(encoded);
    if (bytes === null || bytes.length < 5) return refuse('note-malformed');
    signatures.push({ name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return ok({ body: text.slice(0, split + 1), signatures });
}

/** Base64 (RFC 4648 §4) that encodes to the same text again. */
function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** The three lines. Further lines are extensions, of which this version of the log has none: refused. */
export function parseCheckpointBody(body: string): Result<Checkpoint, NoteRefusal> {
  const [origin, size, root, end, ...more] = body.split('\n');
  if (origin === undefined || size === undefined || root === undefined) return refuse('checkpoint-malformed');
  if (end !== '' || more.length > 0 || origin === '') return refuse('checkpoint-malformed');
  const rootBytes = fromBase64(root);
  if (!/^(0|[1-9][0-9]{0,14})$/.test(size) || rootBytes?.length !== hashLength) {
    return refuse('checkpoint-malformed');
  }
  return ok({ origin, size: Number(size), root: rootBytes });
}

// RFC 8410 §4: an Ed25519 SubjectPublicKeyInfo is this prefix and the raw key.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** The key object of 32 raw bytes. @throws where they are not 32 bytes. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** The checkpoint in a note that the log's own key has signed. */
export function openCheckpoint(text: string, ledgerKey: Uint8Array): Result<Checkpoint, NoteRefusal> {
  const note = parseNote(text);
  if (!note.ok) return note;
  const checkpoint = parseCheckpointBody(note.value.body);
  if (!checkpoint.ok) return checkpoint;
  const origin = originOf(ledgerKey);
  if (checkpoint.value.origin !== origin) return refuse('wrong-origin');
  const id = keyId(origin, noteAlgorithmEd25519, ledgerKey);
  const own = note.value.signatures.find((s) => s.name === origin && equalBytes(s.keyId, id));
  if (own === undefined) return refuse('not-signed');
  const valid = verify(null, utf8(note.value.body), ed25519PublicKey(ledgerKey), own.signature);
  return valid ? checkpoint : refuse('bad-signature');
}
