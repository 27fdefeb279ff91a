import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** One file that pages load. Its name holds its hash, so it may be cached for ever. */
export interface Asset {
  /** Under /assets/, e.g. `host-3FZQX2BD.js`. */
  readonly file: string;
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  /** For `integrity=` (Subresource Integrity). */
  readonly integrity: string;
}

export interface Bundle {
  /** By file name. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** File names of the entry points by their short name, e.g. `host` or `frame-worker`. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Where `prepack` put the pages of an installed package, which has no sources to bundle; null in a checkout. */
export const packedAssets: string | null = import.meta.url.endsWith('.js')
  ? fileURLToPath(new URL('../assets/', import.meta.url))
  : null;

const webRoot = fileURLToPath(new URL('../web/', import.meta.url));

/** What the pages consist of. Each script is one file: an integrity value then covers every line of it. */
const pageEntries: Readonly<Record<string, string>> = {
  host: 'pages/host.tsx',
  member: 'pages/member.tsx',
  cohost: 'pages/cohost.tsx',
  'frame-worker': 'browser/frame-worker.ts',
  'clock-worker': 'browser/clock-worker.ts',
  style: 'pages/style.css',
  verify: 'verify/verify.tsx',
  'verify-style': 'verify/style.css',
  admin: 'admin/admin.tsx',
  'admin-style': 'admin/style.css',
  icon: 'pages/icon.svg',
};

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

const typeOf = (file: string): string =>
  types[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';

function toAsset(file: string, body: Buffer): Asset {
  return {
    file,
    type: typeOf(file),
    body,
    gzip: gzipSync(body, { level: 9 }),
    integrity: `sha384-${createHash('sha384').update(body).digest('base64')}`,
  };
}

function toBundle(files: ReadonlyMap<string, Buffer>, names: readonly string[]): Bundle {
  const assets = new Map([...files].map(([file, body]) => [file, toAsset(file, body)]));
  const entries = new Map<string, string>();
  for (const name of names) {
    const file = [...files.keys()].find(
      (f) => /^(.+)-[A-Z0-9]{8}\.[a-z]+$/.exec(f)?.[1] === name && !f.endsWith('.txt'),
    );
    if (file === undefined) throw new Error(`no asset for the entry point ${name}`);
    entries.set(name, file);
  }
  return { assets, entries };
}

/**
 * Bundles the pages in memory. `extra` adds entry points, as paths under src/web, for tests. Licence notices of what is
 * bundled come out as files of their own beside each script.
 */
export async function buildBundle(extra: Readonly<Record<string, string>> = {}): Promise<Bundle> {
  const entries = { ...pageEntries, ...extra };
  const result = await build({
    absWorkingDir: webRoot,
    entryPoints: Object.entries(entries).map(([out, input]) => ({ in: input, out })),
    outdir: '/assets',
    entryNames: '[name]-[hash]',
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    legalComments: 'linked',
    logLevel: 'silent',
  });
  const files = new Map(
    result.outputFiles.map((f) => [f.path.slice(f.path.lastIndexOf('/') + 1), Buffer.from(f.contents)]),
  );
  // esbuild names the notices after the script: host-XXXXXXXX.js.LEGAL.txt.
  return toBundle(files, Object.keys(entries));
}

interface Manifest {
  readonly files: readonly string[];
  readonly entries: readonly string[];
}

/** Keeps a bundle in a folder, so that an installation can serve pages without a bundler. */
export async function writeBundle(bundle: Bundle, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const assets = [...bundle.assets.values()];
  await Promise.all(assets.map((asset) => writeFile(join(folder, asset.file), asset.body)));
  const manifest: Manifest = { files: assets.map((a) => a.file), entries: [...bundle.entries.keys()] };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

export async function readBundle(folder: string): Promise<Bundle> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const read = await Promise.all(
    manifest.files.map(async (file) => [file, await readFile(join(folder, file))] as const),
  );
  return toBundle(new Map(read), manifest.entries);
}
