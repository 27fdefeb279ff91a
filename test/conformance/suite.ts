import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../../src/base/child.ts';
import type { SipServerInfo, SipServerOptions } from '../../src/sip-server/options.ts';
import { forThisSipp, onLoopback, peers, secondServer, serverUnderTest } from './network.ts';

/**
 * Runs drachtio-srf's own test suite, as it is in the installed package, against the embedded SIP server: 77 assertions
 * in seven files. The suite is copied to a temporary folder, its container names become loopback addresses, and the
 * sipp of this machine takes the place of the one in a container.
 */
export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** What failed, and the end of the output of its file. */
  readonly failures: readonly string[];
}

const files = ['b2b', 'reinvite-tests', 'uac', 'uas', 'proxy', 'utils', 'refer'] as const;
const secret = 'cymru';
const fileTimeoutMs = 150_000;

export async function runConformance(report: (line: string) => void): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'sip-conformance-'));
  const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    await prepare(folder);
    const sut = await startServer(serverUnderTest);
    ends.push(() => sut.stop());
    const uas = await startServer(secondServer);
    ends.push(() => uas.stop());
    ends.push(startPeers(folder));
    const verdict = { passed: 0, failed: 0, failures: [] as string[] };
    for (const file of files) {
      const result = await runFile(folder, file, { sut: sut.info.appPort, uas: uas.info.appPort });
      verdict.passed += result.passed;
      verdict.failed += result.failed;
      verdict.failures.push(...result.failures);
      report(`${file}: ${result.passed} passed, ${result.failed} failed`);
    }
    return verdict;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function prepare(folder: string): Promise<void> {
  const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve('drachtio-srf')));
  const suite = join(folder, 'suite');
  for (const part of ['lib', 'test', 'package.json']) {
    await cp(join(packageFolder, part), join(suite, part), { recursive: true });
  }
  // Its dependencies: its own nested ones first, then those that npm has put beside it.
  await cp(join(packageFolder, 'node_modules'), join(suite, 'node_modules'), { recursive: true }).catch(
    () => undefined,
  );
  await symlink(dirname(packageFolder), join(folder, 'node_modules'));
  for (const part of ['test', 'test/scripts']) await rewrite(join(suite, part), '.js', onLoopback);
  await rewrite(join(suite, 'test/scenarios'), '.xml', forThisSipp);
  await mkdir(join(folder, 'bin'));
  const docker = join(folder, 'bin/docker');
  const stand = fileURLToPath(new URL('./docker.ts', import.meta.url));
  await writeFile(docker, `#!/bin/sh\nexec '${process.execPath}' '${stand}' "$@"\n`);
  await chmod(docker, 0o755);
}

async function rewrite(folder: string, ending: string, change: (text: string) => string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(ending)) continue;
    const file = join(folder, name);
    await writeFile(file, change(await readFile(file, 'utf8')));
  }
}

function startServer(host: string): Promise<Child<SipServerInfo>> {
  return startChild<SipServerOptions, SipServerInfo>({
    name: `sip-server ${host}`,
    module: new URL('../../src/sip-server/main.ts', import.meta.url),
    options: {
      listen: [{ transport: 'udp', host, port: 5_060 }],
      app: { host: '127.0.0.1', port: 0, secret },
      logLevel: 'error',
    },
    onMessage: () => undefined,
    onExit: () => undefined,
  });
}

/** Each peer's sipp ends now and then, by its scenario or an aborted call, and is started again. */
function startPeers(folder: string): () => Promise<void> {
  let stopping = false;
  const running = new Map<string, ChildProcess>();
  const start = ({ address, scenario }: (typeof peers)[number]): void => {
    if (stopping) return;
    const file = join(folder, 'suite/test/scenarios', scenario);
    const args = ['-sf', file, '-i', address, '-mi', address, '-p', '5060', '-nostdin'];
    const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
    running.set(address, child);
    child.once('error', () => undefined);
    child.once('exit', () => {
      running.delete(address);
      setTimeout(() => start({ address, scenario }), 100);
    });
  };
  for (const peer of peers) start(peer);
  return async () => {
    stopping = true;
    await Promise.all([...running.values()].map((child) => ended(child)));
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function runFile(
  folder: string,
  file: string,
  ports: { readonly sut: number; readonly uas: number },
): Promise<Verdict> {
  const preload = new URL('./preload.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', preload, join(folder, 'suite/test', `${file}.js`)], {
    cwd: join(folder, 'suite'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
      CONFORMANCE_SUT_PORT: String(ports.sut),
      CONFORMANCE_UAS_PORT: String(ports.uas),
    },
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('latin1');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const patience = setTimeout(() => child.kill('SIGKILL'), fileTimeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(patience);
  return judge(file, output, code);
}

function judge(file: string, output: string, code: number | null): Verdict {
  const passed = output.match(/^ok [0-9]+ /gm)?.length ?? 0;
  const notOk = output.match(/^not ok [0-9]+ .*$/gm) ?? [];
  // A file that crashed, hung or asserted nothing has failed, whatever its lines say.
  const broken =
    notOk.length === 0 && (code !== 0 || passed === 0) ? [`${file}: ended with ${code ?? 'a signal'}`] : [];
  const failures = [...notOk.map((line) => `${file}: ${line}`), ...broken];
  const tail = failures.length === 0 ? [] : [output.slice(-3_000)];
  return { passed, failed: failures.length, failures: [...failures, ...tail] };
}
