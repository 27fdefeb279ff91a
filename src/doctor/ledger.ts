import { statSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { ledgerPlace } from '../config/load.ts';
import { ledgerFile } from '../ledger/files.ts';
import type { PostgresPlace } from '../ledger/postgres-place.ts';
import { nodePrimitives, openSource } from '../ledger/verify/node.ts';
import { verifyLog } from '../ledger/verify/verify.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, note, error } = findingsOf('ledger');

/** A ledger of this size is verified within about a second. */
const wholeBytes = 16 << 20;

/** Whether the ledger can be opened, and verifies. A log that is too long for that is opened only. */
export async function checkLedger({ config, dataDir }: Patient): Promise<Finding[]> {
  const { postgres } = ledgerPlace(config);
  if (postgres !== undefined) return [await database(postgres)];
  const file = ledgerFile(dataDir);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return [ok(`${file} is not there yet: it is begun at the first start`)];
  const mebibytes = Math.round(bytes / (1 << 20));
  try {
    const source = openSource(file);
    try {
      if (bytes > wholeBytes)
        return [
          note({
            found: `${file} opens; with ${mebibytes} MiB it was not verified here`,
            why: 'the connector checks the end of the log at each start, and the whole only on request',
            remedy: 'latchkey ledger verify',
          }),
        ];
      const { verified, leaves, findings } = verifyLog({ primitives: nodePrimitives(), source });
      if (verified) return [ok(`${file} verifies: ${leaves} events`)];
      const [first] = findings.filter(({ severity }) => severity === 'broken');
      return [broken(`${file} does not verify: ${first?.text ?? 'see latchkey ledger verify'}`)];
    } finally {
      source.close();
    }
  } catch (cause) {
    return [broken(`${file}: ${messageOf(cause)}`)];
  }
}

function broken(found: string): Finding {
  return error({
    found,
    why: 'no ledger, no key: the connector asks for none without a log that it can go on with',
    remedy: 'keep this file as it is, and go back to a back-up: latchkey ledger restore (docs/ledger.md)',
  });
}

async function database(place: PostgresPlace): Promise<Finding> {
  const { connectPostgres } = await import('../ledger/postgres-connect.ts');
  try {
    const client = await connectPostgres(place, { queryMs: 5_000 });
    await client.end();
    return ok(`the database of log “${place.log}” takes the connection and the password`);
  } catch (cause) {
    return error({
      found: messageOf(cause),
      why: 'no ledger, no key: the connector does not start without its log',
      remedy: cause instanceof LatchkeyError ? cause.remedy : 'look at ledger.postgres and the database',
    });
  }
}
