import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Runs before the tests (`npm test`): looks for the programs that the tests use as peers and installs the Debian
 * packages of those that are missing, where it may. Takes milliseconds when all is there.
 */
const needed = [
  { command: 'chromium', debian: 'chromium', use: 'host and member pages in a real browser' },
  { command: 'sipp', debian: 'sip-tester', use: 'SIP scenarios' },
  { command: 'baresip', debian: 'baresip-core', use: 'a real softphone as caller' },
  { command: 'tshark', debian: 'tshark', use: 'what really passes on the wire towards a phone' },
  { command: 'softhsm2-util', debian: 'softhsm2', use: 'a PKCS#11 token for the connector’s keys' },
  { command: 'pkcs11-tool', debian: 'opensc', use: 'a second look into that token' },
  { command: 'python3', debian: 'python3', use: 'a second reader of ledger exports, in another language' },
  { command: 'openssl', debian: 'openssl', use: 'its signatures' },
  { command: 'initdb', debian: 'postgresql', use: 'a real PostgreSQL server as ledger store' },
] as const;

const oldestNode = 24;

/** Debian keeps the programs of a PostgreSQL server beside each other by version, outside the path. */
function serverFolders(): string[] {
  const root = '/usr/lib/postgresql';
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
}

function onPath(command: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), ...serverFolders()].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

/** What stands before `apt-get` so that it may install: nothing for root, sudo without a password, or null. */
function privilege(): readonly string[] | null {
  if (!onPath('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  const sudo = onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudo ? ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'] : null;
}

function missing(): readonly (typeof needed)[number][] {
  return needed.filter((program) => !onPath(program.command));
}

function install(packages: readonly string[]): void {
  const before = privilege();
  if (before === null) return;
  console.log(`Installing for the tests: ${packages.join(' ')}`);
  const apt = [...before, 'apt-get'];
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  // The package lists of a fresh machine may be absent or old; they are fetched only where the first try fails.
  if (!run([...apt, ...args]) && run([...apt, 'update'])) run([...apt, ...args]);
}

/** The rights of dumpcap, which does the capturing for tshark, are the system's to give. */
function mayCapture(): number {
  if (process.getuid?.() === 0) return 0;
  const listed = spawnSync('tshark', ['-D'], { encoding: 'utf8' });
  if (listed.status === 0 && listed.stdout.includes('(Loopback)')) return 0;
  console.error(
    'This user may not capture packets on the loopback interface, which one test does with tshark.',
  );
  console.error('Allow it: sudo setcap cap_net_raw,cap_net_admin+eip "$(command -v dumpcap)"');
  return 1;
}

function main(): number {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < oldestNode) {
    console.error(
      `The tests need Node ${oldestNode}; this is ${process.versions.node}. Run them with "npm test":`,
    );
    console.error('npm puts the Node that "npm ci" installed (node_modules/.bin/node) first.');
    return 1;
  }
  const atFirst = missing();
  if (atFirst.length > 0) install(atFirst.map((program) => program.debian));
  const left = missing();
  for (const program of left)
    console.error(`Missing: ${program.command} (${program.use}), Debian: ${program.debian}`);
  if (left.length === 0) return mayCapture();
  console.error(
    `Install it with: sudo apt-get install -y ${left.map((program) => program.debian).join(' ')}`,
  );
  console.error('The unit tests alone need none of it: npm run test:unit');
  return 1;
}

process.exitCode = main();
