import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Certificates of an authority of the test's own, by openssl. */
export interface TestAuthority {
  readonly folder: string;
  readonly caFile: string;
  /** `altNames` as openssl writes them: `DNS:pbx.example.com`, `IP:127.0.0.1`, `URI:sip:example.com`. */
  issue(name: string, altNames: readonly string[]): Promise<TestCertificate>;
  /** The file of a revocation list with these certificates of `issue`, valid for a day, or expired long ago. */
  revoke(list: string, names: readonly string[], how?: { readonly expired?: boolean }): Promise<string>;
  remove(): Promise<void>;
}

export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** Both in one file. */
  readonly bothFile: string;
}

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function testAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder, encoding: 'utf8' });
  await openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test authority'],
    ...['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=keyCertSign,cRLSign'],
    ...['-keyout', 'ca.key', '-out', 'ca.pem'],
  );
  return {
    folder,
    caFile: join(folder, 'ca.pem'),
    async issue(name, altNames) {
      await openssl(
        ...[
          'req',
          '-x509',
          ...newKey,
          '-days',
          '2',
          '-subj',
          `/CN=${name}`,
          '-CA',
          'ca.pem',
          '-CAkey',
          'ca.key',
        ],
        ...['-addext', 'basicConstraints=critical,CA:false'],
        ...(altNames.length > 0 ? ['-addext', `subjectAltName=${altNames.join(',')}`] : []),
        ...['-keyout', `${name}.key`, '-out', `${name}.pem`],
      );
      const files = [join(folder, `${name}.pem`), join(folder, `${name}.key`)] as const;
      const parts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const bothFile = join(folder, `${name}.both.pem`);
      await writeFile(bothFile, parts.join(''));
      return { certFile: files[0], keyFile: files[1], bothFile };
    },
    async revoke(list, names, { expired = false } = {}) {
      await writeFile(join(folder, 'index.txt'), '');
      await writeFile(
        join(folder, 'ca.cnf'),
        '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ncertificate=ca.pem\nprivate_key=ca.key\n',
      );
      for (const name of names) await openssl('ca', '-config', 'ca.cnf', '-revoke', `${name}.pem`);
      const until = expired
        ? ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z']
        : ['-crldays', '1'];
      await openssl('ca', '-config', 'ca.cnf', '-gencrl', ...until, '-out', `${list}.crl`);
      return join(folder, `${list}.crl`);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
