import { isIP } from 'node:net';
import { wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { readSecretBytes } from '../keys/secret-file.ts';

/** The operators' API of a running connector, as a command asks it. */
export interface AdminClient {
  /** The answer's body. @throws LatchkeyError `admin-refused` with the server's own title, or that it does not answer */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}

export interface AdminClientOptions {
  readonly config: Config;
  /** In place of the configured listener. */
  readonly url: string | undefined;
  readonly keyFile: string | undefined;
}

const keyVariable = 'LATCHKEY_ADMIN_KEY';
const answerMs = 15_000;
/** Far above any answer of this API. */
const longestAnswer = 4 << 20;

/** @throws LatchkeyError `usage` where there is no key, or where it would cross a network in clear */
export function adminClient({ config, url, keyFile }: AdminClientOptions): AdminClient {
  const base = urlOf(config, url);
  const key = keyOf(keyFile);
  return {
    async ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
      const answer = await send(new URL(path, base), { method, key, body });
      const text = await answer.text();
      const parsed = text.length > longestAnswer ? null : parse(text);
      if (answer.ok && parsed !== null) return parsed as T;
      const { title, detail } = (parsed ?? {}) as { title?: unknown; detail?: unknown };
      const said = [title, detail].filter((part) => typeof part === 'string').join(' ');
      throw new LatchkeyError('admin-refused', said === '' ? `${base.host}: ${answer.status}` : said);
    },
  };
}

async function send(
  url: URL,
  {
    method,
    key,
    body,
  }: { readonly method: string; readonly key: string; readonly body?: object | undefined },
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The key goes to this listener and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
    throw new LatchkeyError('admin-refused', `${url.host} does not answer: ${why}`);
  }
}

function urlOf({ admin }: Config, given: string | undefined): URL {
  const host = admin.host.includes(':') ? `[${admin.host}]` : admin.host;
  const text = given ?? `${admin.tls === null ? 'http' : 'https'}://${host}:${admin.port}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw new LatchkeyError('usage', '--url takes http:// or https://, a host and a port');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new LatchkeyError('usage', `the API key would go to ${url.hostname} in clear: use https`);
  return url;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));

function keyOf(file: string | undefined): string {
  if (file === undefined) {
    const key = process.env[keyVariable];
    if (key !== undefined && key !== '') return key;
    throw new LatchkeyError('usage', `no API key: set ${keyVariable}, or give --key-file FILE`);
  }
  const bytes = readSecretBytes('--key-file', file);
  const text = bytes.toString('latin1');
  wipe(bytes);
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
