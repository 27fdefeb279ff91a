import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('disk');

const mebibyte = 1 << 20;
/** A meeting with a caller is about 30 events of 1 KiB: this is years of them, but other programs fill disks too. */
const warnBelow = 1024 * mebibyte;
const failBelow = 64 * mebibyte;

/** Whether dataDir can be written, and how much room is left. */
export function checkDisk({ dataDir }: Patient): Finding[] {
  const folder = nearestFolder(dataDir);
  const remedy = 'free space there, or move dataDir to another disk';
  const why = 'with a full disk nothing can be recorded: every gate closes and no key is asked for';
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const found = `${Math.floor(free / mebibyte)} MiB are free for ${dataDir}`;
    if (free < failBelow) return [error({ found, why, remedy })];
    return free < warnBelow ? [warning({ found, why, remedy })] : [ok(found)];
  } catch (cause) {
    return [
      error({
        found: `${folder} cannot be written by this user (${messageOf(cause)})`,
        why: 'keys and ledger are there',
        remedy: 'make dataDir a folder of the user that runs the connector, with mode 0700',
      }),
    ];
  }
}

/** The folder, or the one that it would be made in. */
function nearestFolder(dir: string): string {
  return existsSync(dir) || dirname(dir) === dir ? dir : nearestFolder(dirname(dir));
}
