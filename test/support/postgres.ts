import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresPlace } from '../../src/ledger/postgres-place.ts';
import { makeDir, removeDir } from './vault.ts';

/** A PostgreSQL server of the test's own: Debian's program, a cluster in a temporary folder, a free port on loopback. */
export interface TestPostgres {
  readonly dir: string;
  readonly port: number;
  readonly passwordFile: string;
  /** A log in a database of its own. */
  place(log?: string, database?: string): Promise<PostgresPlace>;
  query(database: string, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** As when the machine loses its power: nothing is flushed, nobody is told. */
  crash(): Promise<void>;
  start(settings?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
  /** The same, and nothing of it is left. */
  remove(): Promise<void>;
}

const installed = '/usr/lib/postgresql';

function binary(name: string): string {
  const versions = readdirSync(installed).sort((a, b) => Number(b) - Number(a));
  if (versions[0] === undefined) throw new Error('PostgreSQL is not installed: node test/setup.ts');
  return join(installed, versions[0], 'bin', name);
}

/** The server refuses to run as root: Debian's package brings the user `postgres`. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function startPostgres(): Promise<TestPostgres> {
  const dir = await makeDir();
  const user = serverUser();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dir, user.uid, user.gid);
  const passwordFile = join(dir, 'password');
  const password = randomBytes(12).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(passwordFile, user.uid, user.gid);
  const data = join(dir, 'data');
  const init = spawnSync(
    binary('initdb'),
    ['-D', data, '-U', 'latchkey', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '-N'],
    { ...user, cwd: dir, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb: ${init.stderr}`);
  const port = await freePort();
  let server: ChildProcess | null = null;

  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'latchkey', database, password });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const query: TestPostgres['query'] = async (database, sql, values = []) => {
    const client = await connect(database);
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
      return rows;
    } finally {
      await client.end();
    }
  };
  const start = async (settings: readonly string[] = []): Promise<void> => {
    const options = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${dir}`,
      ...settings,
    ];
    const started = spawn(binary('postgres'), ['-D', data, ...options.flatMap((option) => ['-c', option])], {
      ...user,
      cwd: dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = started;
    let said = '';
    await new Promise<void>((ready, fail) => {
      started.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('ready to accept connections')) ready();
      });
      started.once('exit', (code) => fail(new Error(`postgres ended (${code ?? 'signal'}): ${said}`)));
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = server;
    server = null;
    if (running === null || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };

  await start();
  return {
    dir,
    port,
    passwordFile,
    query,
    start,
    async place(log = 'connector', database = `d${randomBytes(6).toString('hex')}`) {
      const [found] = await query('postgres', 'SELECT 1 FROM pg_database WHERE datname = $1', [database]);
      if (found === undefined) await query('postgres', `CREATE DATABASE ${database}`);
      return { url: `postgres://latchkey@127.0.0.1:${port}/${database}`, passwordFile, log };
    },
    // SIGQUIT: every process of the server ends at once, as in a crash; the next start recovers from the log.
    crash: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    async remove() {
      await end('SIGINT');
      await removeDir(dir);
    },
  };
}
