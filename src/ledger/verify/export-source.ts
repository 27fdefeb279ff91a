import { isCount, isObject, isText, type Value, type ValueObject } from './canonical.ts';
import { bytesOfText, fromBase64url } from './primitives.ts';
import { UnreadableLog, type LogRecord, type LogSource } from './source.ts';

export const exportFormat = 'latchkey-ledger';

/** Reads an export in JSON lines (docs/ledger.md): a header, then one record a line, in the order of the log. */
export interface ExportReader {
  /** Null for the header. Throws `UnreadableLog` where the line is neither. */
  line(text: string): LogRecord | null;
  end(): void;
}

export function exportReader(): ExportReader {
  let number = 0;
  return {
    line(text) {
      number += 1;
      const value = objectOf(text);
      if (number === 1) {
        if (value?.['format'] !== exportFormat || value['version'] !== 1) {
          throw new UnreadableLog(
            'the file does not begin as a ledger export of version 1',
            'not-an-export',
            1,
          );
        }
        return null;
      }
      const record = value === null ? null : recordOf(value);
      if (record === null)
        throw new UnreadableLog(`line ${number} of the export is no record`, 'not-a-record', number);
      return record;
    },
    end() {
      if (number === 0) throw new UnreadableLog('the file is empty', 'empty');
    },
  };
}

export function exportSource(lines: () => Iterable<string>, close: () => void = () => undefined): LogSource {
  return {
    *records() {
      const reader = exportReader();
      for (const line of lines()) {
        const record = reader.line(line);
        if (record !== null) yield record;
      }
      reader.end();
    },
    close,
  };
}

function objectOf(line: string): ValueObject | null {
  try {
    const value = JSON.parse(line) as Value;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function recordOf(value: ValueObject): LogRecord | null {
  const { kind } = value;
  if (kind === 'leaf') return leafOf(value);
  if (kind === 'checkpoint') {
    const { size, note } = value;
    return isCount(size) && isText(note) ? { kind, size, note } : null;
  }
  if (kind === 'personal') {
    const { seq, name, leg, salt, value: personal } = value;
    if (!isCount(seq) || !isText(name) || !isText(leg) || !isText(salt) || !isText(personal)) return null;
    return { kind, seq, name, leg, salt, value: personal };
  }
  return null;
}

function leafOf({ seq, leaf, hash }: ValueObject): LogRecord | null {
  if (!isCount(seq)) return null;
  if (isText(leaf)) return { kind: 'leaf', seq, bytes: bytesOfText(leaf), hash: null };
  const bytes = isText(hash) ? fromBase64url(hash) : null;
  return bytes?.length === 32 ? { kind: 'leaf', seq, bytes: null, hash: bytes } : null;
}
