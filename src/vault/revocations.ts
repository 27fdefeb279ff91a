import { every, type Clock, type Milliseconds } from '../base/clock.ts';
import { fromBase64url } from '../base/bytes.ts';
import { fileStates } from '../base/file-state.ts';
import type { Log } from '../base/log.ts';
import { checkCertificate } from '../consent/messages/certificate.ts';
import type { RevocationList } from '../consent/messages/operator-statements.ts';
import type { StatementFile } from './options.ts';
import type { VaultInfo } from './protocol.ts';
import { readStatements } from './statements.ts';

/**
 * What the operator takes back while the connector runs. The files are looked at every few seconds and when somebody says so; a
 * newer list of this connector's operator counts from then on.
 *
 *   newer, and does not name this connector    carried to every client from now on
 *   newer, and names this connector            the connector ends, as it would not have started
 *   broken, gone, older, or another list       the last good one stays in force, and the log says so; after the grace
 *   of the same number                         nothing new is asked for until the file is good again
 *
 * A certificate or a rotation that changes counts from the next start on.
 */
export interface OperatorWord {
  /** With the newest list that was good. */
  info(): VaultInfo;
  /** Why no key may be asked for; null: one may. */
  fault(): 'revocations-stale' | null;
  /** Looks now, whether or not a file seems to have changed. */
  reread(): Promise<void>;
  stop(): void;
}

export interface OperatorWordOptions {
  readonly info: VaultInfo;
  readonly files: readonly StatementFile[];
  readonly graceMs: Milliseconds;
  readonly clock: Clock;
  readonly log: Log;
  /** A newer list is in force. */
  onNewer(info: VaultInfo): void;
  /** The newest list names this connector. Once. */
  onRevoked(): void;
}

const lookEveryMs = 5_000;

export function watchOperator(options: OperatorWordOptions): OperatorWord {
  const { files, graceMs, clock, log } = options;
  let info = options.info;
  let brokenSinceMs: Milliseconds | null = null;
  const stateNow = (): string => fileStates(files.map(({ path }) => path));
  let seen = stateNow();
  let revoked = false;
  let looking: Promise<void> = Promise.resolve();

  const broken = (fault: string): void => {
    if (brokenSinceMs === null)
      log.error(
        { fault, inForce: info.revocationNumber },
        'revocation list not usable: the last good one counts',
      );
    brokenSinceMs ??= clock.monoMs();
  };
  const good = (): void => {
    if (brokenSinceMs !== null) log.info({ inForce: info.revocationNumber }, 'revocation list usable again');
    brokenSinceMs = null;
  };
  const take = async (list: RevocationList): Promise<void> => {
    info = { ...info, revocations: list.jws, revocationNumber: list.number };
    good();
    log.info({ number: list.number }, 'newer revocation list');
    if (await names(list, info, clock.wallMs())) {
      if (!revoked) options.onRevoked();
      revoked = true;
    } else {
      options.onNewer(info);
    }
  };
  const look = async (): Promise<void> => {
    const list = (await readStatements(files)).revocations.get(info.operatorThumbprint) ?? null;
    const number = list?.number ?? 0;
    if (number < info.revocationNumber) broken('older than the one in force, or gone');
    else if (list !== null && number > info.revocationNumber) await take(list);
    else if (list !== null && list.jws !== info.revocations) broken('another list of the same number');
    else good();
  };
  // One after the other: a list that is read twice at once would count twice. One that cannot be looked at stops no later look.
  const reread = (): Promise<void> =>
    (looking = looking
      .then(look)
      .catch((error: unknown) => broken(error instanceof Error ? error.message : 'unknown')));

  // Whoever holds this machine holds the embedded operator: there is nobody whose list could count.
  const embedded = info.operatorKept === 'beside';
  const timer = embedded
    ? null
    : every(clock, lookEveryMs, () => {
        const now = stateNow();
        if (now === seen) return;
        seen = now;
        void reread();
      });
  return {
    info: () => info,
    fault: () =>
      brokenSinceMs !== null && clock.monoMs() - brokenSinceMs >= graceMs ? 'revocations-stale' : null,
    reread: () => (embedded ? Promise.resolve() : reread()),
    stop: () => timer?.cancel(),
  };
}

async function names(list: RevocationList, info: VaultInfo, wallMs: number): Promise<boolean> {
  const checked = await checkCertificate(info.certificate, {
    operators: [info.operatorThumbprint],
    key: fromBase64url(info.identityKey) ?? new Uint8Array(0),
    wallMs,
    revocations: () => list,
  });
  return !checked.ok && checked.reason === 'certificate-revoked';
}
