import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AdminPorts } from '../../../src/admin/ports.ts';
import { LiveState } from '../../../src/admin/live.ts';
import { createAdminServer } from '../../../src/admin/server.ts';
import { createSignIn } from '../../../src/admin/sign-in.ts';
import { createLog } from '../../../src/base/log.ts';
import { keepRenewed, readTlsFiles } from '../../../src/http/tls-files.ts';
import { testAuthority, type TestAuthority } from '../../support/certificates.ts';
import { manualClock } from '../../support/clock.ts';

let authority: TestAuthority;
beforeEach(async () => {
  authority = await testAuthority();
});
afterEach(() => authority.remove());

async function shownBy(url: string): Promise<unknown> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

it('a renewed certificate is shown to whoever comes next; one without its key changes nothing and is told', async () => {
  const [first, second] = [await authority.issue('first', []), await authority.issue('second', [])];
  const [certFile, keyFile] = ['live.pem', 'live.key'].map((name) => join(authority.folder, name)) as [
    string,
    string,
  ];
  await copyFile(first.certFile, certFile);
  await copyFile(first.keyFile, keyFile);
  const clock = manualClock();
  const told: string[] = [];
  const say = (_: unknown, text: string) => void told.push(text);
  const files = { setting: 'admin.tls', certFile, keyFile };
  const server = keepRenewed(
    createAdminServer({
      ...{ host: '127.0.0.1', port: 0, hostNames: [], openMetrics: true, clock },
      tls: readTlsFiles(files),
      log: createLog('test', 'silent'),
      signIn: createSignIn({ keys: { check: () => null }, tokens: null, clock }),
      ports: { live: new LiveState(clock) } as unknown as AdminPorts,
    }),
    files,
    { clock, log: { info: say, warn: say } as never },
  );
  const { url } = await server.start();
  expect(await shownBy(url)).toBe('first');
  await copyFile(second.certFile, certFile);
  clock.advance(5_000);
  expect(told).toEqual(['TLS certificate unusable: the one in use stays']);
  expect(await shownBy(url)).toBe('first');
  await copyFile(second.keyFile, keyFile);
  clock.advance(5_000);
  expect(told.at(-1)).toBe('TLS certificate read again');
  expect(await shownBy(url)).toBe('second');
  await writeFile(certFile, 'no certificate');
  clock.advance(5_000);
  expect(await shownBy(url)).toBe('second');
  await server.stop();
});

it('a file that is not there is named by its setting', () => {
  const files = { setting: 'http.tls', certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' };
  expect(() => readTlsFiles(files)).toThrow('http.tls.certFile: cannot read /nowhere/cert.pem');
});
