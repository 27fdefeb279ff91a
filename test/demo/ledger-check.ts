import { spawnSync } from 'node:child_process';
import { mainModule } from './connector.ts';
import type { Hearing } from './listener.ts';
import { nowMs } from './wire.ts';

/** What the demo asks of the ledger, through the command line as anybody would, after the connector has ended. */
export interface LedgerAnswer {
  readonly ledgerVerified: boolean;
  readonly ledgerEvents: number;
  /** Whether one interval of a leg contains everything that the caller's ears heard of the room. */
  readonly ledgerCoversHearing: boolean;
}

interface Interval {
  readonly hear: boolean;
  readonly from: { readonly at: number };
  readonly to: { readonly at: number } | null;
}

interface Report {
  readonly verified: boolean;
  readonly basis: string;
  readonly leaves: number;
  readonly intervals?: readonly Interval[];
}

/** Sound that was on its way (jitter buffer, packets, the detector's own window) when an interval ended. */
const inFlightMs = 250;

function latchkey(command: string, dataDir: string, trust: string): Report | null {
  const args = [mainModule, 'ledger', command, '--json', '--data', dataDir, '--trust', trust];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  try {
    const report = JSON.parse(stdout) as Report;
    return status === 0 ? report : { ...report, verified: false };
  } catch {
    return null;
  }
}

/** `trust`: thumbprint of the operator key that the host pinned when it registered the meeting. */
export function readLedger(dataDir: string, trust: string, caller: Hearing): LedgerAnswer {
  const verified = latchkey('verify', dataDir, trust);
  const { intervals = [] } = latchkey('intervals', dataDir, trust) ?? {};
  const times = [...(caller.heard.host ?? []), ...(caller.heard.member ?? [])];
  const toWall = Date.now() - nowMs();
  const first = Math.min(...times) + toWall;
  const last = Math.max(...times) + toWall;
  return {
    ledgerVerified: verified?.verified === true && verified.basis === 'trusted',
    ledgerEvents: verified?.leaves ?? 0,
    ledgerCoversHearing: intervals.some(
      ({ hear, from, to }) => hear && from.at <= first && to !== null && to.at + inFlightMs >= last,
    ),
  };
}
