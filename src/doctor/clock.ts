import { existsSync } from 'node:fs';
import { delay } from '../base/clock.ts';
import { findingsOf, type Finding, type Patient } from './finding.ts';

const { ok, note, error } = findingsOf('clock');

const watchMs = 300;
/** What a slewing time daemon may do at most (adjtime: 500 ppm) is far below this. */
const stepMs = 20;
/** Before this program was written no clock that is right can be. */
const earliestMs = Date.UTC(2026, 0, 1);

/** Whether the wall clock runs with the monotonic one, and who sets it. Tokens, certificates and the ledger's times need it. */
export async function checkClock({ clock }: Patient): Promise<Finding[]> {
  const wall = clock.wallMs();
  const mono = clock.monoMs();
  await delay(clock, watchMs);
  const drift = clock.wallMs() - wall - (clock.monoMs() - mono);
  const found: Finding[] = [];
  if (wall < earliestMs)
    found.push(
      error({
        found: `the clock says ${new Date(wall).toISOString()}`,
        why: 'certificates and tokens are judged by it, and the ledger records it',
        remedy: 'set the clock, and run a time daemon (systemd-timesyncd or chrony)',
      }),
    );
  if (Math.abs(drift) > stepMs)
    found.push(
      error({
        found: `the clock was set by ${Math.round(drift)} ms while it was watched for ${watchMs} ms`,
        why: 'times in the ledger would jump, and tokens and certificates be judged wrongly',
        remedy: 'look for what steps it: two time daemons, or a virtual machine that is suspended',
      }),
    );
  if (found.length > 0) return found;
  return existsSync('/run/systemd/timesync/synchronized') || existsSync('/run/chrony/chronyd.pid')
    ? [ok('the clock runs evenly, and a time daemon keeps it')]
    : [
        note({
          found: 'the clock runs evenly; no time daemon was found (systemd-timesyncd, chrony)',
          why: 'nobody corrects it: after weeks it may be off by more than a token lives (60 s)',
          remedy: 'run one, unless the host of this container or virtual machine does',
        }),
      ];
}
