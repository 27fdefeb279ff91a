import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { LatchkeyError } from '../../base/errors.ts';
import type { TlsServerSettings, TlsSettings } from '../options.ts';

/** A certificate chain with its private key, for the names that it is shown to or shown for. */
export interface Identity {
  readonly names: readonly string[];
  readonly secure: SecureContextOptions;
}

/** Everything that TLS takes from files, read at one moment. */
export interface TlsMaterial {
  readonly own: SecureContextOptions;
  /** By server name (SNI, RFC 6066 §3) in place of `own`. */
  readonly hosts: readonly Identity[];
  /** Authorities of clients; null: clients are not asked for certificates. */
  readonly clientAuthorities: readonly Buffer[] | null;
  /** Of those authorities; null: not asked for. */
  readonly clientRevocations: readonly Buffer[] | null;
  /** Towards the named servers. */
  readonly servers: readonly Identity[];
  /** Towards all other servers. */
  readonly client: SecureContextOptions;
}

const minVersion = 'TLSv1.2';

/** @throws LatchkeyError `tls-files` that names the setting of the file that is missing, or whose key does not fit. */
export function readTlsMaterial(settings: TlsSettings): TlsMaterial {
  const { authoritiesFile, clientAuthoritiesFile, revocationsFile, clientRevocationsFile } = settings;
  const own = pair('sip.tls', settings);
  const authorities = {
    ...(authoritiesFile === null ? {} : { ca: bundle('sip.tls.caFile', authoritiesFile, 'CERTIFICATE') }),
    ...(revocationsFile === null ? {} : { crl: bundle('sip.tls.crlFile', revocationsFile, 'X509 CRL') }),
  };
  const clientRevocations =
    clientRevocationsFile === null
      ? null
      : bundle('sip.tls.clientCrlFile', clientRevocationsFile, 'X509 CRL');
  if (clientRevocations !== null) checked('sip.tls.clientCrlFile', { crl: clientRevocations });
  return {
    own,
    hosts: settings.hosts.map((host, index) => ({
      names: [host.name.toLowerCase()],
      secure: pair(`sip.tls.hosts[${index}]`, host),
    })),
    clientAuthorities:
      clientAuthoritiesFile === null
        ? null
        : bundle('sip.tls.clientCaFile', clientAuthoritiesFile, 'CERTIFICATE'),
    clientRevocations,
    servers: settings.servers.map((server) => {
      const { label, names, pair: files } = server;
      const shown = files === null ? own : pair(label, files);
      const trusted = server.authoritiesFile === null ? authorities : authoritiesOf(server);
      return {
        names: names.map((name) => name.toLowerCase()),
        secure: checked(label, { ...shown, ...trusted }),
      };
    }),
    client: checked('sip.tls', { ...own, ...authorities }),
  };
}

function authoritiesOf({ label, authoritiesFile, revocationsFile }: TlsServerSettings): SecureContextOptions {
  return {
    ...(authoritiesFile === null ? {} : { ca: bundle(`${label}.caFile`, authoritiesFile, 'CERTIFICATE') }),
    ...(revocationsFile === null ? {} : { crl: bundle(`${label}.crlFile`, revocationsFile, 'X509 CRL') }),
  };
}

interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
}

function pair(label: string, { certFile, keyFile }: Pair): SecureContextOptions {
  const cert = read(`${label}.certFile`, certFile);
  const key = read(`${label}.keyFile`, keyFile);
  return checked(label, { cert, key, minVersion });
}

function checked(label: string, options: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new LatchkeyError('tls-files', `${label}: certificate, key or authorities are unusable (${code})`, {
      cause: error,
    });
  }
}

/** PEM certificates or lists one by one: OpenSSL takes the first of a buffer only. */
function bundle(setting: string, file: string, kind: 'CERTIFICATE' | 'X509 CRL'): Buffer[] {
  const text = read(setting, file).toString('latin1');
  const found = text.match(new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`, 'g')) ?? [];
  if (found.length === 0) {
    const what = kind === 'CERTIFICATE' ? 'certificate' : 'revocation list';
    throw new LatchkeyError('tls-files', `${setting}: ${file} holds no ${what} in PEM`);
  }
  return found.map((pem) => Buffer.from(pem, 'latin1'));
}

function read(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LatchkeyError('tls-files', `${setting}: cannot read ${file}`, { cause: error });
  }
}

export function filesOf(settings: TlsSettings): readonly string[] {
  const pairs = [
    settings,
    ...settings.hosts,
    ...settings.servers.flatMap(({ pair: files }) => (files === null ? [] : [files])),
  ];
  const bundles = [
    settings.authoritiesFile,
    settings.clientAuthoritiesFile,
    ...[settings.revocationsFile, settings.clientRevocationsFile],
    ...settings.servers.flatMap((server) => [server.authoritiesFile, server.revocationsFile]),
  ];
  const all = [...pairs.flatMap(({ certFile, keyFile }) => [certFile, keyFile]), ...bundles];
  return [...new Set(all.filter((file) => file !== null))];
}
