import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenAddress } from '../../src/keys/token.ts';

const tokenModule = '/usr/lib/softhsm/libsofthsm2.so';

/**
 * A token of Debian's SoftHSM in a folder of its own. The module finds it by an environment variable of this process and
 * of the children that inherit it.
 */
export function softToken(dir: string, pin: string): TokenAddress {
  const tokens = join(dir, 'tokens');
  const conf = join(dir, 'softhsm2.conf');
  const pinFile = join(dir, 'pin');
  mkdirSync(tokens, { recursive: true });
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
  process.env['SOFTHSM2_CONF'] = conf;
  const label = 'latchkey test';
  const args = ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '87654321'];
  execFileSync('softhsm2-util', args, { stdio: 'pipe' });
  return { module: tokenModule, label, pinFile };
}
