import { nodePrimitives } from '../ledger/verify/node.ts';
import { verifyLog, type Report } from '../ledger/verify/verify.ts';
import { verifyEvidence } from './ledger-evidence.ts';
import { commonHelp, fileOf, parseOptions, print } from './ledger-options.ts';
import { readLog, readRemembered, reportJson, reportText } from './ledger-report.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger verify: check the whole consent ledger, offline

Usage: latchkey ledger verify [--trust THUMBPRINT]... [--checkpoint FILE]... [options]

  --file FILE         a ledger file or an export of one; otherwise the ledger in the data folder
  --trust THUMBPRINT  of the ledger key or of the operator key, known from elsewhere. Without it, the log is held
                      against itself only: whoever wrote it could have made it up as a whole
  --checkpoint FILE   a checkpoint that somebody else kept: a log that was rewritten since does not contain it
  --evidence FILE     what a host kept of a meeting. Alone, it is checked by itself: the host's chain, the receipts and their
                      proofs, the cosignatures, the decisions of co-hosts, and that each operator is one of the
                      meeting's or went on for one; with --trust, for one that you trust. With --file or --data, the
                      ledger has to hold what was proven then
${commonHelp}
Works while the connector runs.
${helpTail('ledger verify')}`;

/** The options that decide what a log is held against. */
export const verifyOptions = {
  trust: { type: 'string', multiple: true },
  checkpoint: { type: 'string', multiple: true },
} as const;

/** @throws LatchkeyError `usage` where there is nothing to read */
export function readAndVerify(
  file: string,
  trust: readonly string[] | undefined,
  checkpoints: readonly string[] | undefined,
): Report {
  return readLog(file, (source) => {
    const remembered = (checkpoints ?? []).map(readRemembered);
    return verifyLog({ primitives: nodePrimitives(), source, trust: trust ?? [], remembered });
  });
}

export async function verifyCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { ...verifyOptions, evidence: { type: 'string' } });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  if (options.evidence !== undefined) return verifyEvidence(options.evidence, options);
  const file = await fileOf(options);
  const report = readAndVerify(file, options.trust, options.checkpoint);
  print(options.json ? JSON.stringify(reportJson(report)) : reportText(file, report));
  return report.verified ? 0 : 1;
}
