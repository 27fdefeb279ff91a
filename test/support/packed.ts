import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

/**
 * A project that has installed the packed package: the tarball's own files, and beside them links to the dependencies
 * that it names. npm itself would ask the registry for those; this needs no network.
 */
export interface Installed {
  readonly folder: string;
  /** Of the installed package. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

export async function installPacked(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-packed-'));
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  // The prepack script's own output comes first.
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  await run('tar', ['-xzf', join(folder, filename), '-C', folder]);
  const installed = join(folder, 'node_modules/latchkey');
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  await cp(join(folder, 'package'), installed, { recursive: true });
  await rm(join(folder, 'package'), { recursive: true });
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest;
  // A project in TypeScript brings the types of Node itself.
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(modules, name), link);
  }
  for (const [name, target] of Object.entries(manifest.bin)) {
    await symlink(join(installed, target), join(folder, 'node_modules/.bin', name));
  }
  await symlink(join(modules, '.bin/node'), join(folder, 'node_modules/.bin/node'));
  return {
    folder,
    files: files.map(({ path }) => path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
