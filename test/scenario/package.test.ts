import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Party } from '../demo/party.ts';
import { libraryExamples } from '../support/library-examples.ts';
import { installPacked, type Installed } from '../support/packed.ts';

/** What `npm pack` makes, as somebody else's project has it: under node_modules, without TypeScript sources. */
const run = promisify(execFile);
const tsc = resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
let app: Installed;

beforeAll(async () => {
  app = await installPacked();
}, 240_000);
afterAll(() => app.remove());

const put = (name: string, text: string): Promise<void> => writeFile(join(app.folder, name), text);

/** The compiler's complaints about a file of the project; none: empty. */
async function complaints(file: string | readonly string[], options: readonly string[]): Promise<string> {
  const args = [tsc, '--noEmit', '--strict', '--target', 'es2024', ...options, ...[file].flat()];
  return run(process.execPath, args, { cwd: app.folder }).then(
    () => '',
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
}

const consumer = `
import { buildRegistration, createHostSession, type HostSession, type SessionOptions } from 'latchkey/host';
export function host(options: Omit<SessionOptions, 'registration'>, operators: readonly string[]): HostSession {
  const salt = options.random(16);
  const registration = buildRegistration({ salt, hosts: [options.device.publicKey], operators });
  return createHostSession({ ...options, registration });
}
`;

describe('the packed package', () => {
  it('holds JavaScript and declarations, the pages, and no TypeScript that Node would refuse', () => {
    expect(app.files.filter((path) => /(?<!\.d)\.tsx?$/.test(path))).toEqual([]);
    for (const path of ['dist/main.js', 'dist/web/host/index.js', 'dist/web/host/index.d.ts', 'LICENSE'])
      expect(app.files).toContain(path);
    expect(app.files.some((path) => /^dist\/assets\/host-\w+\.js$/.test(path))).toBe(true);
    expect(app.files.some((path) => path.startsWith('test/'))).toBe(false);
  });

  it('gives latchkey/host to a Node program', async () => {
    await put(
      'use.mjs',
      `import { buildRegistration, meetingIdOf } from 'latchkey/host';
       import { generateKeyPairSync } from 'node:crypto';
       const { publicKey } = generateKeyPairSync('ed25519');
       const host = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
       const registration = buildRegistration({ salt: new Uint8Array(16), hosts: [host], operators: [] });
       console.log((await meetingIdOf(registration)).length);`,
    );
    const { stdout } = await run(process.execPath, ['use.mjs'], { cwd: app.folder });
    expect(stdout.trim()).toBe('43');
  });

  it('keeps everything else to itself', async () => {
    await put('deep.mjs', `await import('latchkey/dist/web/host/host-state.js');`);
    const deep = run(process.execPath, ['deep.mjs'], { cwd: app.folder });
    await expect(deep).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('has types that a TypeScript project checks against, in Node and for a bundler', async () => {
    await put('consumer.mts', consumer);
    const node = ['--module', 'nodenext', '--lib', 'es2024,dom'];
    const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2024,dom'];
    expect(await complaints('consumer.mts', node)).toBe('');
    expect(await complaints('consumer.mts', bundler)).toBe('');
    await put('wrong.mts', consumer.replace('options.random(16)', `'salt'`));
    expect(await complaints('wrong.mts', node)).toContain('TS2322');
  });

  it('has what the examples of docs/host-library.md use, with the types that they use it with', async () => {
    const examples = await libraryExamples();
    expect([...examples.keys()]).toEqual([
      'meeting.ts',
      'join.ts',
      'decide.ts',
      'own-provider.ts',
      'node.ts',
    ]);
    for (const [name, code] of examples) await put(name, code);
    const bundler = [
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--lib',
      'es2024,dom,dom.iterable',
    ];
    expect(await complaints([...examples.keys()], [...bundler, '--skipLibCheck', '--types', 'node'])).toBe(
      '',
    );
    await build({
      absWorkingDir: app.folder,
      entryPoints: ['join.ts', 'own-provider.ts', 'latchkey/host/frame-worker', 'latchkey/host/clock-worker'],
      outdir: 'bundled',
      bundle: true,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    });
    await put('node-entry.mjs', `console.log(typeof (await import('latchkey/host/node')).KeyRing);`);
    const { stdout } = await run(process.execPath, ['node-entry.mjs'], { cwd: app.folder });
    expect(stdout.trim()).toBe('function');
  });

  it('bundles for a browser, with nothing of Node in it', async () => {
    await put('consumer.mts', consumer);
    const { outputFiles } = await build({
      absWorkingDir: app.folder,
      entryPoints: ['consumer.mts'],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    });
    expect(outputFiles[0]!.text).not.toMatch(/from "node:|require\("/);
    expect(outputFiles[0]!.text).toContain('latchkey/1/sender-key');
  });

  it('starts by npx, runs its parts as processes and serves its pages', async () => {
    await put(
      'config.json',
      JSON.stringify({
        dataDir: join(app.folder, 'data'),
        http: { port: 0 },
        admin: { port: 0 },
        sip: { listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] },
        sfu: { port: 0 },
      }),
    );
    const help = await run('npx', ['--no-install', 'latchkey', '--help'], { cwd: app.folder });
    expect(help.stdout).toContain('Usage: latchkey <command>');

    const args = [join(app.folder, 'node_modules/.bin/latchkey'), 'start', '--config'];
    const connector = new Party({
      name: 'connector',
      args: [...args, join(app.folder, 'config.json'), '--json-banner', '--log', 'warn'],
      logFolder: app.folder,
    });
    try {
      const { banner } = await connector.until('banner', undefined, 60_000);
      const { httpUrl } = banner as { readonly httpUrl: string };
      const page = await (await fetch(`${httpUrl}/host`)).text();
      const script = /src="(\/assets\/host-\w+\.js)"/.exec(page)?.[1];
      expect((await fetch(httpUrl + String(script))).status).toBe(200);
    } finally {
      expect(await connector.stop()).toBe(0);
    }
  });
});
