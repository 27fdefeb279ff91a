import { spawnSync } from 'node:child_process';
import { mainModule } from './connector.ts';
import type { Hearing } from './listener.ts';

type Json = Readonly<Record<string, unknown>>;

function latchkey(
  dataDir: string,
  command: string,
): { readonly status: number | null; readonly answer: Json } {
  const args = [mainModule, 'ledger', command, '--json', '--data-dir', dataDir];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return { status, answer: JSON.parse(last) as Json };
  } catch {
    return { status, answer: {} };
  }
}
