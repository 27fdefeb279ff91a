import { LatchkeyError } from '../base/errors.ts';
import { byOperator, groupConnectors, type GroupConnector } from '../sharing/connectors.ts';
import { statementFiles, vaultOptions } from '../vault/options.ts';
import { namedOperator, readStatements } from '../vault/statements.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('sharing');

/** Tokens and the ledger's times are compared across connectors; a lease needs no clock but the database's. */
const mostApartMs = 2_000;

/**
 * Whether this machine's clock is that of the database, which all connectors of a group have in common: two that agree with it agree
 * with one another. `now`: the database's, read between `before` and `after`; all in milliseconds since 1970.
 */
export function clockFindings(now: number, before: number, after: number): Finding[] {
  const apart = now < before ? now - before : now > after ? now - after : 0;
  if (Math.abs(apart) <= mostApartMs) return [ok('this clock and that of the shared database agree')];
  return [
    warning({
      found: `the database's clock is ${Math.abs(Math.round(apart))} ms ${apart > 0 ? 'ahead of' : 'behind'} this one`,
      why: 'ledgers of several connectors would tell one story at different times, and tokens of one be refused by another',
      remedy: 'a time daemon on every machine, the database included',
    }),
  ];
}

/** Whether all connectors of a group are of one operator. `own`: what this one would be started as, where its certificate is there. */
export function operatorFindings(known: readonly GroupConnector[], own: GroupConnector | null): Finding[] {
  const others = own === null ? known : known.filter(({ log }) => log !== own.log);
  const groups = byOperator(own === null ? others : [own, ...others]);
  if (groups.length === 0) return [];
  if (groups.length === 1)
    return [ok(`the connectors of the last day have one operator: ${(groups[0]?.logs ?? []).join(', ')}`)];
  const named = groups.map(({ operator, logs }) => `${logs.join(', ')}: ${operator}`);
  return [
    error({
      found: `connectors of one group have different operators (${named.join('; ')})`,
      why: 'a host’s registration names one operator: bridges of the others are refused, and their callers wait in vain',
      remedy:
        'certify all of them with one operator key and restart them, or give each operator a sharing.group of its own (docs/keys.md)',
    }),
  ];
}

async function ownConnector({ config }: Patient): Promise<GroupConnector | null> {
  const log = config.ledger.postgres?.log;
  const { certificate } = await readStatements(statementFiles(vaultOptions(config)));
  if (log === undefined || certificate === null) return null;
  return { log, operator: await namedOperator(certificate.jws) };
}

/** Whether what connectors share can be reached, and by a role that has no business with the ledger. */
export async function checkSharing(patient: Patient): Promise<Finding[]> {
  const { config, clock } = patient;
  const { sharing } = config;
  if (sharing === null) return [ok('this connector shares no meetings with others')];
  const { openSharing } = await import('../sharing/database.ts');
  const database = openSharing(sharing);
  try {
    const before = clock.wallMs();
    const [found] = await database.rows<{ made: boolean; listed: boolean; ledger: boolean; now: number }>(
      `SELECT to_regnamespace('latchkey_sharing') IS NOT NULL AS made,
              to_regclass('latchkey_sharing.connectors') IS NOT NULL AS listed,
              (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now,
              coalesce((SELECT has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE')
                        FROM pg_class c WHERE c.oid = to_regclass('latchkey.leaves')), false) AS ledger`,
    );
    const state = found?.made === true ? 'is there' : 'is made at the first start';
    const findings = [
      ok(`the database of group “${sharing.group}” takes the connection; its schema ${state}`),
    ];
    if (found !== undefined) findings.push(...clockFindings(found.now, before, clock.wallMs()));
    // A certificate that does not hold is the finding of another check.
    const own = await ownConnector(patient).catch(() => null);
    findings.push(...operatorFindings(found?.listed === true ? await groupConnectors(database) : [], own));
    if (found?.ledger === true)
      findings.push(
        warning({
          found: 'the role of sharing.url may also write the ledger',
          why: 'the process that uses it reads SIP and HTTP from the network: what takes it over could destroy ledgers',
          remedy: 'a role of its own for sharing (docs/scaling.md)',
        }),
      );
    if (sharing.redirect && sharing.contact === null)
      findings.push(
        warning({
          found: 'sharing.contact is null',
          why: 'the others refuse calls for meetings of this connector instead of sending them on',
          remedy: 'the SIP address by which the others’ callers reach this connector, as host:port',
        }),
      );
    return findings;
  } catch (cause) {
    return [
      error({
        found: messageOf(cause),
        why: 'without it no meeting is served, and the connector does not start',
        remedy: cause instanceof LatchkeyError ? cause.remedy : 'look at sharing and the database',
      }),
    ];
  } finally {
    await database.close();
  }
}
