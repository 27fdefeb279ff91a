import { verify } from 'node:crypto';
import { concat, equalBytes, fromBase64url, toBase64url, utf8 } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { ed25519PublicKey, keyId, openCheckpoint, parseNote, thumbprint } from '../ledger/checkpoint.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import { maxWitnessedAgo } from './cosignatures.ts';
import type { WitnessSubmission, VaultInfo, VaultWitness } from './protocol.ts';

/**
 * The vault's side of external witnesses. It has no network: it hands out its checkpoint with a proof, and takes back a
 * cosignature that it checks itself. Which keys count is fixed when it starts; whoever carries the lines counts for nothing.
 */
export interface ExternalWitnesses {
  /** `old`: the size from which the witness wants the proof; null: what it cosigned last, and only if there is news. */
  work(name: string, old: number | null): Promise<Result<WitnessSubmission>>;
  record(name: string, checkpoint: string, lines: string): Promise<Result<null>>;
}

const algorithm = 0x04;
const timeLength = 8;

export function externalWitnesses(parts: {
  readonly info: VaultInfo;
  readonly ledger: LedgerWriter;
  readonly witnesses: readonly VaultWitness[];
}): ExternalWitnesses {
  const { info, ledger, witnesses } = parts;
  const ledgerKey = fromBase64url(info.ledgerKey) ?? new Uint8Array(0);
  const find = (name: string): VaultWitness | null => witnesses.find((w) => w.name === name) ?? null;
  // By its key: a witness that is called something else remembers the same.
  const markOf = ({ key }: VaultWitness): string => `witness:${thumbprint(key)}`;
  const lastOf = (witness: VaultWitness): number => Number(ledger.mark(markOf(witness)) ?? '0');

  return {
    async work(name, old) {
      const witness = find(name);
      if (witness === null) return refuse('witness-unknown');
      const from = old ?? lastOf(witness);
      // Its own cosignature makes the log longer: that alone is nothing to cosign.
      if (old === null && ledger.newsAt <= from) return refuse('no-news');
      // It has cosigned more than there is: this ledger was set back, and the witness is right to refuse it.
      if (from > ledger.size) return refuse('witness-ahead');
      const grown = await ledger.consistency(from === 0 ? [] : [from]);
      if (!grown.ok) return grown;
      const { checkpoint, proofs } = grown.value;
      return ok({ old: from, path: proofs[0]?.path ?? [], checkpoint });
    },
    async record(name, checkpoint, lines) {
      const witness = find(name);
      const opened = openCheckpoint(checkpoint, ledgerKey);
      if (witness === null || !opened.ok) return refuse('witness-unknown');
      const { size, root } = opened.value;
      const then = await ledger.rootAt(size);
      if (then === null || !equalBytes(then, root)) return refuse('other-root');
      if (size + maxWitnessedAgo < ledger.size || size <= lastOf(witness)) return refuse('cosignature-old');
      const line = cosignedLine(witness, checkpoint + lines);
      if (line === null) return refuse('cosignature-invalid');
      const { keyName, key } = witness;
      const data = { size, witness: keyName, key: toBase64url(key), note: `${checkpoint}${line}\n` };
      const written = await ledger.append(
        [{ type: 'cosigned', data }],
        [{ name: markOf(witness), value: String(size) }],
      );
      return written.ok ? ok(null) : written;
    },
  };
}

/** The witness's own line in a note, where it is a valid cosignature; others are nobody's that we know. */
function cosignedLine({ keyName, key }: VaultWitness, text: string): string | null {
  const note = parseNote(text);
  if (!note.ok) return null;
  const id = keyId(keyName, algorithm, key);
  const own = note.value.signatures.find(
    (s) => s.name === keyName && equalBytes(s.keyId, id) && s.signature.length === timeLength + 64,
  );
  if (own === undefined) return null;
  const bytes = Uint8Array.from(own.signature);
  const time = new DataView(bytes.buffer).getBigUint64(0);
  const message = utf8(`cosignature/v1\ntime ${String(time)}\n${note.value.body}`);
  if (time > 0x7fffffffffffffffn) return null;
  if (!verify(null, message, ed25519PublicKey(key), bytes.subarray(timeLength))) return null;
  return `— ${keyName} ${Buffer.from(concat(id, bytes)).toString('base64')}`;
}
