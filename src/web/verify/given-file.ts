import { evidenceFormat } from '../../ledger/verify/evidence.ts';

/** What the page needs of a file; a browser's `File` is one. */
export interface GivenFile {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** What somebody gave to the page: of exports and evidence the last one, and every checkpoint. */
export interface Given {
  readonly ledger: GivenFile | null;
  readonly evidence: GivenFile | null;
  readonly checkpoints: readonly GivenFile[];
}

export const nothingGiven: Given = { ledger: null, evidence: null, checkpoints: [] };

export type Fault =
  | 'empty'
  | 'not-an-export'
  | 'not-a-record'
  | 'too-long'
  | 'not-text'
  | 'ledger-itself'
  | 'bad-evidence'
  | 'browser';

/** A file that is not what it was given as. `line` counts from 1; 0: none. */
export class UnreadableFile extends Error {
  readonly file: string;
  readonly fault: Fault;
  readonly line: number;

  constructor(file: string, fault: Fault, line = 0) {
    super(`${file}: ${fault}`);
    this.name = 'UnreadableFile';
    this.file = file;
    this.fault = fault;
    this.line = line;
  }
}

/** A checkpoint has a few hundred bytes; a host's client keeps up to 16 MiB of evidence, in characters. */
const maxCheckpoint = 1 << 16;
const maxEvidence = 1 << 26;
const maxLine = 1 << 20;
const sqliteStart = 'SQLite format 3';
/** The three lines of a note's body (C2SP tlog-checkpoint). */
const checkpointStart = /^[^\n]+\n[0-9]{1,15}\n[A-Za-z0-9+/]{43}=\n/;
const evidenceStart = new RegExp(`^\\{[^\\n]*"format":"${evidenceFormat}"`);

/** What was given before, with these added, each by what it begins with. */
export async function sortGiven(before: Given, files: readonly GivenFile[]): Promise<Given> {
  let given = before;
  for (const file of files) {
    const start = await beginningOf(file);
    if (evidenceStart.test(start)) given = { ...given, evidence: file };
    else if (checkpointStart.test(start) && file.size <= maxCheckpoint)
      given = {
        ...given,
        checkpoints: [...given.checkpoints.filter(({ name }) => name !== file.name), file],
      };
    else given = { ...given, ledger: file };
  }
  return given;
}

async function beginningOf(file: GivenFile): Promise<string> {
  for await (const chunk of chunksOf(file)) return new TextDecoder().decode(chunk.subarray(0, 4_096));
  return '';
}

/** @throws UnreadableFile */
export async function textOf(file: GivenFile): Promise<string> {
  if (file.size > maxEvidence) throw new UnreadableFile(file.name, 'too-long');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of chunksOf(file)) text += decode(decoder, chunk, file);
  return text;
}

/** Line by line, so that a file is never in memory whole. @throws UnreadableFile */
export async function* linesOf(
  file: GivenFile,
  onProgress: (read: number) => void = () => undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let held = '';
  let read = 0;
  for await (const chunk of chunksOf(file)) {
    const text = decode(decoder, chunk, file);
    if (read === 0 && text.startsWith(sqliteStart)) throw new UnreadableFile(file.name, 'ledger-itself');
    read += chunk.length;
    held += text;
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    if (held.length > maxLine) throw new UnreadableFile(file.name, 'too-long');
    yield* lines;
    onProgress(read);
  }
  if (held !== '') yield held;
}

async function* chunksOf(file: GivenFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new UnreadableFile(file.name, 'browser');
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array<ArrayBuffer>, { name }: GivenFile): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    // The header of an SQLite file is text; what follows it is not.
    const start = String.fromCharCode(...bytes.subarray(0, sqliteStart.length));
    throw new UnreadableFile(name, start === sqliteStart ? 'ledger-itself' : 'not-text');
  }
}
