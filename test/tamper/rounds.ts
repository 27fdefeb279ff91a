import { thumbprint } from '../../src/ledger/checkpoint.ts';
import { verifyLog, type Report } from '../../src/ledger/verify/verify.ts';
import type { LogRecord } from '../../src/ledger/verify/source.ts';
import { editsFor, type Draw, type Edit } from './edits.ts';
import { makeLog, rememberingPrimitives, sourceOf } from './log-under-test.ts';

export interface Miss {
  readonly edit: string;
  readonly round: number;
  readonly verified: boolean;
  readonly found: readonly string[];
}

export interface TamperResult {
  readonly rounds: number;
  readonly misses: readonly Miss[];
  /** How often each way was tried. */
  readonly tried: Readonly<Record<string, number>>;
}

/** Marsaglia's xorshift32: the same seed falsifies the same way. */
export function drawFrom(seed: number): Draw {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Falsifies a real log again and again and holds the verifier to it: each time it must refuse, and name what was done. The
 * untouched log must verify under the same rules, or nothing would be proven.
 */
export async function tamperRounds(
  rounds: number,
  seed: number,
  only: readonly Edit[] = [],
): Promise<TamperResult> {
  const log = await makeLog();
  const edits = only.length > 0 ? only : await editsFor(log);
  const primitives = rememberingPrimitives();
  const trust = [thumbprint(log.connector.operator.publicKey)];
  const remembered = log.remembered.map((note) => ({ note, from: 'a host' }));
  const verify = (records: readonly LogRecord[]): Report =>
    verifyLog({ primitives, source: sourceOf(records), trust, remembered });
  const honest = verify(log.records);
  if (!honest.verified || honest.basis !== 'trusted' || honest.intervals.length !== 2) {
    throw new Error(`the untouched log does not verify: ${JSON.stringify(honest.findings)}`);
  }
  const draw = drawFrom(seed);
  const misses: Miss[] = [];
  const tried: Record<string, number> = {};
  for (let round = 0; round < rounds;) {
    const edit = edits[draw(edits.length)]!;
    const records = edit.apply(log, draw);
    if (records === null) continue;
    round += 1;
    tried[edit.name] = (tried[edit.name] ?? 0) + 1;
    const report = verify(records);
    const found = [...report.counts.keys()];
    if (report.verified || !edit.named.some((code) => found.includes(code))) {
      misses.push({ edit: edit.name, round, verified: report.verified, found });
    }
  }
  return { rounds, misses, tried };
}
