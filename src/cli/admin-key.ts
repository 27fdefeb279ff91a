import { dirname, join, resolve } from 'node:path';
import { newKey, readKeys, writeKeys, type StoredKey } from '../admin/api-keys.ts';
import { isRole, roles } from '../admin/role.ts';
import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { prepareDataDir } from '../keys/durable-file.ts';
import { parseCommandLine } from './command-line.ts';
import { print } from './ledger-options.ts';
import { helpTail } from './table.ts';

const help = `latchkey admin-key: keys for the operators' listener

Usage: latchkey admin-key <command> [options] [--config FILE] [--json]

  new --role ROLE [--name TEXT] [--days N]   make a key and print it once; the file has its hash alone
  list                                       keys with role, name and end; no secret is there to be shown
  revoke ID                                  the key ends within a second, also while the connector runs

  --config FILE   configuration with dataDir and admin.keysFile
  --json          one JSON object on standard output

Roles: reader (calls, legs, bridges, trunks, metrics), auditor (the ledger, consent events and the configuration too),
operator (everything, and what changes something: meetings, PINs, drain). Each such action is in the ledger by the key's id.
${helpTail('admin-key')}`;

interface Context {
  readonly file: string;
  readonly json: boolean;
  readonly role: string | undefined;
  readonly name: string;
  readonly days: string | undefined;
  readonly id: string | undefined;
}

const commands: Readonly<Record<string, (context: Context) => void>> = {
  new: makeKey,
  list: ({ file, json }) => {
    const keys = readKeys(file);
    if (json) print(JSON.stringify({ file, keys: keys.map(shown) }));
    else for (const key of keys) print(row(key));
  },
  revoke: revokeKey,
};

export function adminKeyCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args,
    {
      config: { type: 'string' },
      role: { type: 'string' },
      name: { type: 'string', default: '' },
      days: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    { names: true },
  );
  const [name, id, ...more] = positionals;
  if (values.help || name === undefined) {
    print(help.trimEnd());
    return Promise.resolve(values.help ? 0 : 2);
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0 || (id !== undefined) !== (name === 'revoke'))
    throw new LatchkeyError('usage', `there is no command “admin-key ${positionals.join(' ')}”`);
  const { admin, dataDir } = loadConfig(values.config ?? null);
  const file = resolve(admin.keysFile ?? join(dataDir, 'admin-keys.json'));
  const { json, role, days } = values;
  command({ file, json, role, name: values.name, days, id });
  return Promise.resolve(0);
}

function makeKey({ file, json, role, name, days }: Context): void {
  if (role === undefined || !isRole(role))
    throw new LatchkeyError('usage', `--role takes ${roles.join(', ')}`);
  if (name.length > 64) throw new LatchkeyError('usage', '--name takes at most 64 characters');
  const nowMs = systemClock.wallMs();
  prepareDataDir(dirname(file));
  const { text, stored } = newKey({ role, name, nowMs, until: endOf(days, nowMs) });
  writeKeys(file, [...readKeys(file), stored]);
  if (json) {
    print(JSON.stringify({ file, key: text, ...shown(stored) }));
    return;
  }
  print(text);
  print('');
  print(`Shown this once. ${file} has its hash.`);
}

function endOf(days: string | undefined, nowMs: number): number {
  if (days === undefined) return 0;
  if (!/^[1-9][0-9]{0,3}$/.test(days)) throw new LatchkeyError('usage', '--days takes 1 to 9999');
  return nowMs + Number(days) * 86_400_000;
}

function revokeKey({ file, json, id }: Context): void {
  const keys = readKeys(file);
  const left = keys.filter((key) => key.id !== id);
  if (left.length === keys.length) throw new LatchkeyError('usage', `${file} has no key of that id`);
  writeKeys(file, left);
  print(json ? JSON.stringify({ file, revoked: id }) : 'Revoked.');
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const shown = ({ id, role, name, createdAt, until }: StoredKey) => ({
  ...{ id, role, name, createdAt: new Date(createdAt).toISOString() },
  until: until === 0 ? null : new Date(until).toISOString(),
});

const row = ({ id, role, name, createdAt, until }: StoredKey): string =>
  `${id}  ${role.padEnd(8)}  made ${dateOf(createdAt)}  ${until === 0 ? 'no end          ' : `until ${dateOf(until)}`}  ${name}`;
