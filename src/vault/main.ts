import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { serveParent, type ParentLink } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { createLog, type Log } from '../base/log.ts';
import { toBase64url } from '../base/bytes.ts';
import { ledgerFile } from '../ledger/files.ts';
import { sqliteStore } from '../ledger/sqlite.ts';
import type { LedgerStore } from '../ledger/store.ts';
import { openLedger } from '../ledger/writer.ts';
import { createVault, type Vault } from './vault.ts';
import { openVaultKeys } from './keys.ts';
import { statementFiles } from './options.ts';
import { watchLedger } from './ledger-watch.ts';
import { keepRetention } from './retention.ts';
import type { VaultInfo, VaultOptions, VaultToControl } from './protocol.ts';
import { watchOperator } from './revocations.ts';

/** The vault process. It listens on nothing and parses nothing from the network. */
serveParent<VaultOptions, VaultInfo>(start);

async function start(
  options: VaultOptions,
  parent: ParentLink,
): Promise<{ info: VaultInfo; stop(): Promise<void> }> {
  process.umask(0o077);
  // A limit on file sizes is to the ledger what a full disk is: the write fails and is told, rather than the process.
  process.on('SIGXFSZ', () => undefined);
  const log = createLog('vault', options.logLevel);
  const opened = await openVaultKeys(options, systemClock.wallMs());
  const { keys, info } = opened;
  noteCertificate(info, log);
  let vault: Vault | null = null;
  const opening = await openLedger({
    store: await storeOf(options),
    signer: keys.ledger,
    clock: systemClock,
    run: toBase64url(randomBytes(16)),
    start: { jws: info.certificate, data: { software: software() } },
    yieldToInput: () => nextTurn(),
    onFailed: (reason) => vault?.ledgerFailed(reason),
  });
  const watched = watchLedger(opening, systemClock);
  const ledger = watched.writer;
  const operator = watchOperator({
    info,
    files: statementFiles(options),
    graceMs: options.revocationsGraceMs,
    clock: systemClock,
    log,
    onNewer: (newer) => vault?.operatorSpoke(newer),
    onRevoked: () => parent.send({ kind: 'revoked' } satisfies VaultToControl),
  });
  vault = createVault({
    operator,
    keys,
    ledger,
    ledgerStatus: () => watched.status(),
    clock: systemClock,
    log,
    tellControl: (message) => parent.send(message),
    witnesses: options.witnesses,
  });
  const retention = keepRetention({ options, clock: systemClock, log, rest: () => nextTurn() });
  parent.onMessage(vault.fromControl);
  return {
    info,
    async stop() {
      operator.stop();
      await retention.stop();
      await vault.stop();
      opened.close();
    },
  };
}

const warnBeforeMs = 30 * 24 * 3_600_000;

function noteCertificate({ operatorKept, certificateEndsMs }: VaultInfo, log: Log): void {
  if (operatorKept === 'beside') {
    log.info(
      'no operator certificate: this connector certifies itself, with an operator key in its own folder',
    );
  } else if (certificateEndsMs !== 0 && certificateEndsMs - systemClock.wallMs() < warnBeforeMs) {
    log.warn({ endsAt: new Date(certificateEndsMs).toISOString() }, 'the operator certificate ends soon');
  }
}

/** The database driver is loaded only where it is needed: the vault of a connector with a file never holds its code. */
async function storeOf({ dataDir, postgres }: VaultOptions): Promise<LedgerStore> {
  if (postgres === undefined) return sqliteStore(ledgerFile(dataDir));
  const { postgresStore } = await import('../ledger/postgres.ts');
  return postgresStore(postgres);
}

function software(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { name, version } = JSON.parse(text) as { readonly name: string; readonly version: string };
  return `${name} ${version}`;
}
