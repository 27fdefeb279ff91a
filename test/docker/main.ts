import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRules } from '../../docker/check-rules.ts';
import { loadConfig } from '../../src/config/load.ts';
import { notices } from '../../.ci/notices.ts';
import { composeFaults } from './compose.ts';
import { dockerfileFaults } from './dockerfile.ts';

/**
 * `npm run check:docker`: everything under docker/ that can be checked without building or running a container. What needs a
 * program that is not installed is skipped by name.
 */
const root = join(import.meta.dirname, '../..');
const docker = join(root, 'docker');
let failed = 0;
let skipped = 0;

function report(what: string, faults: readonly string[] | string): void {
  if (typeof faults === 'string') {
    skipped += 1;
    console.log(`skip  ${what}: ${faults}`);
    return;
  }
  if (faults.length > 0) failed += 1;
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'}  ${what}`);
  for (const fault of faults) console.log(`        ${fault}`);
}

/** Lines that a program complains with; a text where it is not installed. */
function run(program: string, args: readonly string[]): string[] | string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: root });
  if (error !== undefined) return `${program} is not installed`;
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split('\n');
}

const files = (folder: string, pattern: RegExp): string[] =>
  existsSync(join(docker, folder))
    ? readdirSync(join(docker, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => pattern.test(file) && !file.startsWith('secrets'))
        .map((file) => join(docker, folder, file))
        .sort()
    : [];
const short = (file: string): string => file.slice(root.length + 1);

const dockerfile = join(docker, 'Dockerfile');
report('docker/Dockerfile: lint and rules', dockerfileFaults(readFileSync(dockerfile, 'utf8'), root));
for (const file of files('', /^compose.*\.ya?ml$/)) {
  report(`${short(file)}: Compose Specification and rules`, composeFaults(file));
  report(`${short(file)}: docker-compose config`, run('docker-compose', ['-f', file, 'config', '-q']));
}
for (const file of files('', /^latchkey.*\.json$/))
  report(`${short(file)}: a configuration`, configFaults(file));
for (const file of files('', /\.(json|xml)$/).filter((f) => !/latchkey[^/]*\.json$/.test(f)))
  report(`${short(file)}: well-formed`, wellFormed(file));
const rules = checkRules();
report(
  'docker/prometheus, docker/grafana: names of metrics, promtool check and test',
  rules.faults.length > 0 ? rules.faults : rules.skipped ? 'promtool is not installed' : [],
);
for (const file of files('systemd', /\.service$/)) {
  report(`${short(file)}: systemd-analyze verify`, unitFaults(file));
  report(`${short(file)}: systemd-analyze security, at most 2.0`, exposureFaults(file));
}
const noticed = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8') === notices();
report('THIRD-PARTY-NOTICES.md: as the lock file', noticed ? [] : ['node .ci/notices.ts makes it anew']);
report('docker/healthcheck.mjs: syntax', run(process.execPath, ['--check', join(docker, 'healthcheck.mjs')]));
console.log(`${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

function configFaults(file: string): string[] {
  try {
    loadConfig(file);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : 'unreadable'];
  }
}

function wellFormed(file: string): string[] | string {
  if (file.endsWith('.xml')) return run('xmllint', ['--noout', file]);
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : 'no JSON'];
  }
}

/** The unit with programs that are there: systemd looks whether they can be run. */
function unitFaults(file: string): string[] | string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-unit-'));
  try {
    const copy = join(folder, 'latchkey.service');
    const text = readFileSync(file, 'utf8').replaceAll(
      '/opt/latchkey/node_modules/.bin/node',
      process.execPath,
    );
    writeFileSync(copy, text.replace(/^Documentation=.*$/m, ''));
    return run('systemd-analyze', ['verify', '--man=no', copy]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** systemd rates from 0 (no access) to 10; `--threshold` is in tenths. */
function exposureFaults(file: string): string[] | string {
  const found = run('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=20', file]);
  return typeof found === 'string' ? found : found.filter((line) => line.includes('exposure'));
}
