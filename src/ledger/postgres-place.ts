import { ok, refuse, type Result } from '../base/result.ts';

/** Which log in which PostgreSQL database. Holds no password: that stays in its file until the connection is made. */
export interface PostgresPlace {
  /** `postgres://user@host:port/database`, and no password in it. */
  readonly url: string;
  /** File with the password, one line; null where the server asks for none. */
  readonly passwordFile: string | null;
  /** Names the log of one connector. */
  readonly log: string;
}

export interface PostgresAddress {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Null: in clear, on this machine only. Otherwise the server's certificate is checked, against this file if there is one. */
  readonly tls: { readonly rootCertFile: string | null } | null;
}

const defaultPort = 5_432;
const knownParameters = ['host', 'sslmode', 'sslrootcert'];
const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What the reasons say holds nothing of the URL: there could be a password in it. */
export function parsePostgresUrl(text: string): Result<PostgresAddress> {
  if (!URL.canParse(text)) return refuse('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    return refuse('write it as postgres://user@host:port/database');
  if (url.password !== '' || url.searchParams.has('password'))
    return refuse('it holds a password: put that into passwordFile');
  const unknown = [...url.searchParams.keys()].some((name) => !knownParameters.includes(name));
  if (unknown) return refuse(`the only parameters it may have are ${knownParameters.join(', ')}`);
  const user = decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (user === '' || database === '') return refuse('it has to name a user and a database');
  const socket = url.searchParams.get('host');
  if (socket !== null && !socket.startsWith('/'))
    return refuse('host is the folder of a Unix socket, as an absolute path');
  const tls = tlsOf(url, socket !== null || loopback.has(url.hostname));
  if (!tls.ok) return tls;
  const host = socket ?? (url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''));
  return ok({ host, port: Number(url.port || defaultPort), user, database, tls: tls.value });
}

function tlsOf(url: URL, isHere: boolean): Result<PostgresAddress['tls']> {
  const mode = url.searchParams.get('sslmode');
  if (mode === 'verify-full') return ok({ rootCertFile: url.searchParams.get('sslrootcert') });
  if (mode !== null && mode !== 'disable')
    return refuse('sslmode is verify-full or disable: the others do not check whom they talk to');
  if (!isHere) return refuse('a server on another machine needs sslmode=verify-full');
  return ok(null);
}
