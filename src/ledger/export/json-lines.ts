import { toBase64url, utf8Text } from '../../base/bytes.ts';
import type { StoredRecord } from '../records.ts';

/**
 * The whole log as JSON lines (docs/ledger.md): a header, then one record a line, in the order of the log. A leaf stands as
 * the text of its exact bytes, so that any program can hash it again.
 */
export function* jsonLines(records: Iterable<StoredRecord>, personal: 'with' | 'without'): Generator<string> {
  yield JSON.stringify({ format: 'latchkey-ledger', version: 1 });
  for (const record of records) {
    if (record.kind === 'personal' && personal === 'without') continue;
    yield JSON.stringify(lineOf(record));
  }
}

function lineOf(record: StoredRecord): Record<string, unknown> {
  if (record.kind !== 'leaf') return { ...record };
  const { kind, seq, bytes, hash } = record;
  const leaf = bytes === null ? null : utf8Text(bytes);
  return leaf === null ? { kind, seq, hash: toBase64url(hash) } : { kind, seq, leaf };
}
