import { LatchkeyError } from '../base/errors.ts';
import { nodePrimitives, openSource } from '../ledger/verify/node.ts';
import { UnreadableLog, type LogSource } from '../ledger/verify/source.ts';
import type { RememberedCheckpoint } from '../ledger/verify/structure.ts';
import { verifyLog, type Report } from '../ledger/verify/verify.ts';

/** What a ledger file holds, by the verifier's judgement. */
export interface LedgerState {
  readonly report: Report;
  /** The newest checkpoint in it, a signed note; null where it has none. */
  readonly checkpoint: string | null;
}

/** @throws LatchkeyError `usage` where it cannot be read at all */
export function examine(file: string, remembered: readonly RememberedCheckpoint[] = []): LedgerState {
  let checkpoint: string | null = null;
  try {
    const source = openSource(file);
    const watched: LogSource = {
      *records() {
        for (const record of source.records()) {
          if (record.kind === 'checkpoint') checkpoint = record.note;
          yield record;
        }
      },
      close: () => source.close(),
    };
    try {
      const report = verifyLog({ primitives: nodePrimitives(), source: watched, remembered });
      return { report, checkpoint };
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof UnreadableLog) throw new LatchkeyError('usage', error.message, { cause: error });
    throw error;
  }
}
