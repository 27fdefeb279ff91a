import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** The code blocks of docs/host-library.md that begin with `// name.ts`, by name. */
export async function libraryExamples(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'docs/host-library.md'), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n\/\/ ([\w-]+\.ts)\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, name = '', code = '']) => [name, code]));
}

const entries: Readonly<Record<string, string>> = {
  'latchkey/host': 'web/host/index.ts',
  'latchkey/host/browser': 'web/adapters/browser.ts',
  'latchkey/host/livekit': 'web/adapters/livekit.ts',
  'latchkey/host/node': 'web/adapters/node.ts',
  'latchkey/host/frame-worker': 'web/browser/frame-worker.ts',
};

/** For esbuild: the package's entries as they are in this checkout, and the examples beside the file that imports them. */
export function fromCheckout(examples: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'latchkey-from-checkout',
    setup(build) {
      build.onResolve({ filter: /^latchkey\// }, ({ path }) => {
        const entry = entries[path];
        return entry === undefined ? null : { path: join(root, 'src', entry) };
      });
      build.onResolve({ filter: /^\.\/[\w-]+\.ts$/ }, ({ path, namespace }) =>
        namespace === 'file' && !examples.has(path.slice(2)) ? null : { path, namespace: 'example' },
      );
      build.onLoad({ filter: /.*/, namespace: 'example' }, ({ path }) => ({
        contents: examples.get(path.slice(2)) ?? '',
        loader: 'ts',
        resolveDir: root,
      }));
    },
  };
}
