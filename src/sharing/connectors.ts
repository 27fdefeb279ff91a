import type { SharingDatabase } from './database.ts';

/** A connector of a group, as it has said at its start and every hour since. */
export interface GroupConnector {
  /** Name of its ledger's log. */
  readonly log: string;
  /** Thumbprint (RFC 7638) of its operator's public key. */
  readonly operator: string;
}

/** One that says nothing for so long is no member any more. */
const forgottenAfter = '1 day';

/**
 * Says who is here, and answers whom this connector finds beside itself. Nothing is decided by it: certificates are, which hosts check.
 * @throws LatchkeyError `sharing-unavailable`
 */
export async function announceConnector(
  database: SharingDatabase,
  { log, operator }: GroupConnector,
): Promise<readonly GroupConnector[]> {
  await database.rows(
    `INSERT INTO latchkey_sharing.connectors (grp, log, operator, seen) VALUES ($1, $2, $3, clock_timestamp())
     ON CONFLICT (grp, log) DO UPDATE SET operator = excluded.operator, seen = excluded.seen`,
    [database.group, log, operator],
  );
  return groupConnectors(database);
}

/** Those of this group that were there within a day, by log name. @throws LatchkeyError `sharing-unavailable` */
export function groupConnectors(database: SharingDatabase): Promise<readonly GroupConnector[]> {
  return database.rows<GroupConnector>(
    `SELECT log, operator FROM latchkey_sharing.connectors
     WHERE grp = $1 AND seen > clock_timestamp() - interval '${forgottenAfter}' ORDER BY log`,
    [database.group],
  );
}

/** Whose connectors a group has: log names by operator. One entry is as it should be. */
export function byOperator(
  connectors: readonly GroupConnector[],
): readonly { readonly operator: string; readonly logs: readonly string[] }[] {
  return [...Map.groupBy(connectors, ({ operator }) => operator)].map(([operator, of]) => ({
    operator,
    logs: of.map(({ log }) => log),
  }));
}
