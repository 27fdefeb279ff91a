import {
  bytesOfText,
  fromBase64,
  isSoundKey,
  join,
  same,
  toBase64url,
  type Primitives,
} from './primitives.ts';

/** A checkpoint (C2SP tlog-checkpoint) with the signature lines of its note (C2SP signed-note). */
export interface NoteRead {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly body: string;
  readonly lines: readonly {
    readonly name: string;
    readonly id: Uint8Array;
    readonly signature: Uint8Array;
  }[];
}

const logKey = 0x01;
const witnessKey = 0x04;

export function readNote(text: string): NoteRead | null {
  const gap = text.lastIndexOf('\n\n');
  if (gap < 0 || text.length > 16_384 || !text.endsWith('\n')) return null;
  const body = text.slice(0, gap + 1);
  const head = readBody(body);
  const lines = text
    .slice(gap + 2, -1)
    .split('\n')
    .map(readLine);
  return head === null || lines.includes(null)
    ? null
    : { ...head, body, lines: lines.filter((line) => line !== null) };
}

function readBody(body: string): Pick<NoteRead, 'origin' | 'size' | 'root'> | null {
  const [origin = '', size = '', root = '', ...rest] = body.split('\n');
  const rootBytes = fromBase64(root);
  if (origin === '' || !/^(0|[1-9]\d{0,14})$/.test(size) || rootBytes?.length !== 32) return null;
  return rest.length === 1 && rest[0] === '' ? { origin, size: Number(size), root: rootBytes } : null;
}

function readLine(line: string): NoteRead['lines'][number] | null {
  const [dash, name = '', encoded = '', ...more] = line.split(' ');
  const bytes = fromBase64(encoded);
  if (dash !== '—' || name === '' || more.length > 0 || bytes === null || bytes.length < 5) return null;
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
}

export function thumbprintOf({ sha256 }: Primitives, key: Uint8Array): string {
  return toBase64url(sha256(key));
}

function keyIdOf({ sha256 }: Primitives, name: string, algorithm: number, key: Uint8Array): Uint8Array {
  return sha256(join(bytesOfText(name), Uint8Array.of(0x0a, algorithm), key)).slice(0, 4);
}

/** Whether the log's own key, which names itself in the origin, signed the note. */
export function isSignedByLog(primitives: Primitives, note: NoteRead, ledgerKey: Uint8Array): boolean {
  if (!isSoundKey(ledgerKey) || note.origin !== `latchkey/ledger/${thumbprintOf(primitives, ledgerKey)}`)
    return false;
  const id = keyIdOf(primitives, note.origin, logKey, ledgerKey);
  const line = note.lines.find(({ name, id: other }) => name === note.origin && same(other, id));
  return (
    line?.signature.length === 64 &&
    primitives.verifyEd25519(ledgerKey, bytesOfText(note.body), line.signature)
  );
}

/** A witness (C2SP tlog-cosignature, Ed25519). */
export interface Witness {
  readonly name: string;
  readonly key: Uint8Array;
}

/** When a witness cosigned the note, in seconds since 1970; null where it did not. */
export function cosignedAt(
  primitives: Primitives,
  note: NoteRead,
  { name: witness, key }: Witness,
): number | null {
  if (!isSoundKey(key)) return null;
  const id = keyIdOf(primitives, witness, witnessKey, key);
  const line = note.lines.find(({ name, id: other }) => name === witness && same(other, id));
  if (line?.signature.length !== 72) return null;
  const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
  if (time > 0x7fffffffffffffffn) return null;
  return isCosignature(primitives, note, { key, time, signature: line.signature.slice(8) })
    ? Number(time)
    : null;
}

/** The signature itself, without its line. The key is checked to be sound by the caller or by who signed with it. */
export function isCosignature(
  primitives: Primitives,
  note: NoteRead,
  by: { readonly key: Uint8Array; readonly time: number | bigint; readonly signature: Uint8Array },
): boolean {
  const message = bytesOfText(`cosignature/v1\ntime ${by.time}\n${note.body}`);
  return isSoundKey(by.key) && primitives.verifyEd25519(by.key, message, by.signature);
}
