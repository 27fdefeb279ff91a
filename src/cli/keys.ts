import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ParseArgsOptionsConfig } from 'node:util';
import { resolve } from 'node:path';
import { LatchkeyError } from '../base/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { loadConfig } from '../config/load.ts';
import { readClearKey } from '../keys/clear-file.ts';
import { writeDurably } from '../keys/durable-file.ts';
import { clearFile, loadOrCreate, openKeeper, readSealedFile, sealedFile } from '../keys/keeper.ts';
import type { Protection } from '../keys/keeper.ts';
import { sealKeys, unsealKeys } from '../keys/migrate.ts';
import { keyFileText } from '../keys/secret-file.ts';
import { keyNames, signingKey, type KeyName } from '../keys/signing-key.ts';
import { thumbprint } from '../ledger/checkpoint.ts';
import { vaultOptions } from '../vault/options.ts';
import { print } from './ledger-options.ts';
import { helpTail } from './table.ts';

const help = `latchkey keys: how this connector's private keys are kept

Usage: latchkey keys <command> [--config FILE] [--json]

  show          each key: where it is, how it is kept, its thumbprint; opens nothing
  init          make the keys that are missing, kept as keys.protect of the configuration says
  seal          seal the clear files of this connector with keys.secretFile, and remove them
  unseal        the way back: clear files of mode 0600 again
  new-key-file  --out FILE: 32 random bytes to seal keys with, for keys.protect "key-file"

  --config FILE   configuration with dataDir and keys
  --json          one JSON object on standard output

From clear to sealed, with the connector stopped: write a passphrase into a file that its owner alone may read, set
keys.protect to "passphrase" and keys.secretFile to that file, run "latchkey keys seal". Copies of the clear files in
back-ups stay clear: if one may be in wrong hands, the connector needs a new identity (docs/keys.md).
${helpTail('keys')}`;

interface Context {
  readonly dataDir: string;
  readonly keys: Protection;
  readonly json: boolean;
  readonly out: string | undefined;
}

const commands: Readonly<Record<string, (context: Context) => void>> = {
  show,
  init,
  seal: (context) => move(context, 'sealed', sealKeys),
  unseal: (context) => move(context, 'unsealed', unsealKeys),
  'new-key-file': newKeyFile,
};

const options = {
  config: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

export function keysCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(args, options, { names: true });
  const [name, ...more] = positionals;
  if (values.help || name === undefined) {
    print(help.trimEnd());
    return Promise.resolve(values.help ? 0 : 2);
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0) {
    throw new LatchkeyError('usage', `there is no command “keys ${positionals.join(' ')}”`);
  }
  const { dataDir, keys } = vaultOptions(loadConfig(values.config ?? null));
  command({ dataDir, keys, json: values.json, out: values.out });
  return Promise.resolve(0);
}

interface Shown {
  readonly key: KeyName;
  readonly kept: 'clear' | 'passphrase' | 'key-file' | 'token' | 'nowhere';
  readonly file: string;
  readonly thumbprint: string;
}

function show({ dataDir, keys, json }: Context): void {
  const shown = keyNames.flatMap((name) => showFiles(dataDir, name));
  const all = keys.protect === 'pkcs11' ? [...shown, ...showToken(dataDir, keys)] : shown;
  if (json) {
    print(JSON.stringify({ dataDir, protect: keys.protect, keys: all }));
    return;
  }
  print(`${dataDir}, keys.protect "${keys.protect}"`);
  for (const { key, kept, file, thumbprint: name } of all) {
    print(`  ${key.padEnd(9)} ${kept.padEnd(10)} ${name || '-'}  ${file}`);
  }
}

function showFiles(dataDir: string, key: KeyName): Shown[] {
  const clear = readClearKey(clearFile(dataDir, key));
  const sealed = sealedFile(dataDir, key);
  const publicKey = clear === null ? null : (signingKey(clear)?.publicKey ?? null);
  const rows: Shown[] = [];
  if (publicKey !== null) {
    rows.push({ key, kept: 'clear', file: clearFile(dataDir, key), thumbprint: thumbprint(publicKey) });
  }
  if (existsSync(sealed)) {
    const { by, publicKey: named } = readSealedFile(sealed);
    rows.push({ key, kept: by, file: sealed, thumbprint: thumbprint(named) });
  }
  return rows;
}

function showToken(dataDir: string, keys: Protection & { protect: 'pkcs11' }): Shown[] {
  const keeper = openKeeper(dataDir, keys);
  try {
    return keyNames.flatMap((name) => {
      const key = keeper.load(name);
      if (key === null) return [];
      return { key: name, kept: 'token', file: keys.token.label, thumbprint: thumbprint(key.publicKey) };
    });
  } finally {
    keeper.close();
  }
}

/** The operator's key is not made here: only a connector that certifies itself has one, from its first start on. */
function init({ dataDir, keys, json }: Context): void {
  const keeper = openKeeper(dataDir, keys);
  try {
    const made = (['identity', 'ledger'] as const).map((name) => ({
      key: name,
      thumbprint: thumbprint(loadOrCreate(keeper, name).publicKey),
    }));
    if (json) print(JSON.stringify({ dataDir, protect: keys.protect, keys: made }));
    else for (const { key, thumbprint: name } of made) print(`${key.padEnd(9)} ${name}`);
  } finally {
    keeper.close();
  }
}

function move(
  { dataDir, keys, json }: Context,
  verb: string,
  job: (dataDir: string, protection: Protection) => readonly KeyName[],
): void {
  const moved = job(dataDir, keys);
  if (json) print(JSON.stringify({ dataDir, [verb]: moved }));
  else
    print(
      moved.length === 0 ? `Nothing to do in ${dataDir}.` : `${moved.join(', ')}: ${verb} in ${dataDir}.`,
    );
}

function newKeyFile({ out, json }: Context): void {
  if (out === undefined) throw new LatchkeyError('usage', 'give --out FILE');
  const file = resolve(out);
  if (existsSync(file)) throw new LatchkeyError('usage', `${file} is there already: it may seal keys`);
  writeDurably(file, keyFileText(randomBytes(32)));
  print(
    json
      ? JSON.stringify({ file })
      : `${file} made. Keep a copy apart from this machine: without it the keys are lost.`,
  );
}
