import { existsSync, statSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { clearFile, openKeeper, sealedFile } from '../keys/keeper.ts';
import { keyNames, type KeyName, type SigningKey } from '../keys/signing-key.ts';
import { thumbprint } from '../ledger/checkpoint.ts';
import { vaultOptions } from '../vault/options.ts';
import { checkOwnCertificate, readStatements } from '../vault/statements.ts';
import { statementFiles } from '../vault/options.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const keys = findingsOf('keys');
const operator = findingsOf('operator');
const warnMs = 30 * 24 * 3_600_000;

/** Whether the connector's keys open as keys.protect says, who may read their files, and whether its certificate holds. */
export async function checkKeys(patient: Patient): Promise<Finding[]> {
  const { dataDir } = patient;
  if (!existsSync(dataDir)) return [keys.ok(`${dataDir} is not there yet: keys are made at the first start`)];
  const found = modes(dataDir);
  try {
    const opened = open(patient);
    const { protect } = patient.config.keys;
    const identity = opened.get('identity');
    const ledger = opened.get('ledger');
    if (identity === undefined || ledger === undefined)
      return [...found, keys.ok('keys that are missing are made at the next start')];
    found.push(keys.ok(`identity ${thumbprint(identity)} and ledger key open (keys.protect "${protect}")`));
    if (protect === 'none')
      found.push(
        keys.note({
          found: 'the keys are clear files (keys.protect "none")',
          why: 'whoever copies the disk, or a back-up of it, has them',
          remedy: 'docs/keys.md: seal them under a passphrase or key file, or keep them in a token',
        }),
      );
    return [...found, ...(await certificate(patient, identity, ledger))];
  } catch (cause) {
    return [
      ...found,
      keys.error({
        found: messageOf(cause),
        why: 'the connector does not start without its keys, and never makes new ones beside old ones',
        remedy: cause instanceof LatchkeyError ? cause.remedy : 'look at keys in docs/configuration.md',
      }),
    ];
  }
}

function open({ config, dataDir }: Patient): Map<KeyName, Uint8Array> {
  const keeper = openKeeper(dataDir, vaultOptions(config).keys);
  try {
    const found = keyNames.map((name) => [name, keeper.load(name)] as const);
    const there = found.filter((entry): entry is readonly [KeyName, SigningKey] => entry[1] !== null);
    return new Map(there.map(([name, key]) => [name, key.publicKey]));
  } finally {
    keeper.close();
  }
}

function modes(dataDir: string): Finding[] {
  const files = [
    dataDir,
    ...keyNames.flatMap((name) => [clearFile(dataDir, name), sealedFile(dataDir, name)]),
  ];
  return files.flatMap((file) => {
    if (!existsSync(file)) return [];
    const { mode, uid } = statSync(file);
    const others = (mode & 0o077) !== 0;
    const user = process.getuid?.();
    if (!others && (user === undefined || user === 0 || uid === user)) return [];
    return [
      keys.error({
        found: others
          ? `${file} has mode 0${(mode & 0o777).toString(8)}`
          : `${file} belongs to another user (${uid})`,
        why: 'private keys and callers’ personal values are there',
        remedy: others ? `chmod go= ${file}` : `run this as that user, or chown ${file}`,
      }),
    ];
  });
}

async function certificate(
  { config, clock }: Patient,
  key: Uint8Array,
  ledgerKey: Uint8Array,
): Promise<Finding[]> {
  try {
    const statements = await readStatements(statementFiles(vaultOptions(config)));
    const wallMs = clock.wallMs();
    const own = await checkOwnCertificate(statements, { key, ledgerKey }, wallMs);
    if (own === null)
      return [
        operator.note({
          found: 'no operator has certified this connector: it certifies itself',
          why: 'whoever takes this machine takes its operator too, and no revocation reaches anybody',
          remedy: 'docs/keys.md: an operator of your own, offline',
        }),
      ];
    const { operatorName, notAfter } = own;
    const ends = notAfter === 0 ? 'without end' : `until ${new Date(notAfter).toISOString().slice(0, 10)}`;
    if (notAfter !== 0 && notAfter - wallMs < warnMs)
      return [
        operator.warning({
          found: `the certificate of “${operatorName}” is valid ${ends}`,
          why: 'after it hosts give this connector no key',
          remedy: 'certify the same request again: latchkey operator certify',
        }),
      ];
    return [operator.ok(`certified by “${operatorName}”, ${ends}`)];
  } catch (cause) {
    return [
      operator.error({
        found: messageOf(cause),
        why: 'the connector does not start with a certificate that does not hold',
        remedy: 'ask its operator: docs/keys.md has the way from request to certificate',
      }),
    ];
  }
}
