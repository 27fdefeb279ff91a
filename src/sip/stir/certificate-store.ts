import { lookup as dnsLookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { isPublicAddress } from './public-address.ts';

export type FetchRefusal =
  | 'x5u-not-allowed'
  | 'x5u-private-address'
  | 'x5u-unreachable'
  | 'x5u-slow'
  | 'x5u-too-long'
  | 'x5u-status'
  | 'x5u-busy';

/**
 * Certificates by the URL that a call names: somebody else chooses what we ask for. So only named hosts are asked, by
 * https on the ports of RFC 8226's repositories; their addresses must be public, and the connection goes to an address
 * that was looked at and no other; no redirect, no cookie, no credential; little time, few bytes, few at once; and what
 * was asked lately is remembered, failures too.
 */
export interface CertificateStore {
  /** The PEM text. */
  get(x5u: string): Promise<Result<string, FetchRefusal>>;
}

export interface CertificateStoreOptions {
  readonly clock: Clock;
  /** `certs.example.net`, or `*.example.net` for every name below. */
  readonly hosts: readonly string[];
  readonly ports?: readonly number[];
  /** Further roots for https, in PEM. */
  readonly ca?: string;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isPublic?: (address: string) => boolean;
}

const longestUrl = 512;
const longestBody = 32_768;
const answerWithinMs = 2_000;
const mostAtOnce = 8;
const mostKept = 256;
const keepMs = 3_600_000;
const keepFailureMs = 30_000;

interface Kept {
  readonly untilMs: number;
  readonly result: Result<string, FetchRefusal>;
}

export function createCertificateStore(options: CertificateStoreOptions): CertificateStore {
  const { clock } = options;
  const kept = new Map<string, Kept>();
  const running = new Map<string, Promise<Result<string, FetchRefusal>>>();

  const fetched = async (url: URL): Promise<Result<string, FetchRefusal>> => {
    const result = await fetchText(url, options);
    const untilMs = clock.monoMs() + (result.ok ? keepMs : keepFailureMs);
    // The oldest goes: a Map keeps the order of insertion.
    const oldest = kept.size >= mostKept ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(url.href, { untilMs, result });
    running.delete(url.href);
    return result;
  };

  return {
    async get(x5u) {
      const url = allowedUrl(x5u, options);
      if (url === null) return refuse('x5u-not-allowed');
      const known = kept.get(url.href);
      if (known !== undefined && known.untilMs > clock.monoMs()) return known.result;
      kept.delete(url.href);
      const under = running.get(url.href);
      if (under !== undefined) return under;
      if (running.size >= mostAtOnce) return refuse('x5u-busy');
      const fetching = fetched(url);
      running.set(url.href, fetching);
      return fetching;
    },
  };
}

function allowedUrl(text: string, { hosts, ports = [443, 8_443] }: CertificateStoreOptions): URL | null {
  if (text.length > longestUrl || !URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.hash === '';
  const port = url.port === '' ? 443 : Number(url.port);
  if (url.protocol !== 'https:' || !plain || !ports.includes(port)) return null;
  const host = url.hostname.toLowerCase();
  const named = hosts.some((allowed) =>
    allowed.startsWith('*.') ? host.endsWith(allowed.slice(1).toLowerCase()) : host === allowed.toLowerCase(),
  );
  return named && isIP(host.replaceAll(/[[\]]/g, '')) === 0 ? url : null;
}

async function fetchText(url: URL, options: CertificateStoreOptions): Promise<Result<string, FetchRefusal>> {
  const { clock, resolve = resolveAll, isPublic = isPublicAddress } = options;
  return new Promise((done) => {
    let connect: { destroy(): void } | null = null;
    let over = false;
    const end = (result: Result<string, FetchRefusal>): void => {
      if (over) return;
      over = true;
      timer.cancel();
      connect?.destroy();
      done(result);
    };
    const timer = clock.after(answerWithinMs, () => end(refuse('x5u-slow')));
    resolve(url.hostname).then(
      (addresses) => {
        const [address] = addresses;
        if (over) return;
        if (address === undefined) end(refuse('x5u-unreachable'));
        // One address that is not public is enough: nobody honest mixes them.
        else if (!addresses.every((each) => isPublic(each))) end(refuse('x5u-private-address'));
        else connect = download(url, address, options.ca, end);
      },
      () => end(refuse('x5u-unreachable')),
    );
  });
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await dnsLookup(host, { all: true })).map(({ address }) => address);
}

function download(
  url: URL,
  address: string,
  ca: string | undefined,
  end: (result: Result<string, FetchRefusal>) => void,
): { destroy(): void } {
  // The name is looked up once: what answers now is what was looked at.
  const lookup: LookupFunction = (_host, { all }, found) => {
    const family = isIP(address);
    if (all === true) found(null, [{ address, family }]);
    else found(null, address, family);
  };
  const request = httpsRequest(url, {
    ...{ method: 'GET', agent: false, lookup, maxHeaderSize: 8_192 },
    headers: { accept: 'application/pem-certificate-chain, application/x-pem-file' },
    ...(ca === undefined ? {} : { ca }),
  });
  request.on('error', () => end(refuse('x5u-unreachable')));
  request.on('response', (response) => read(response, end));
  request.end();
  return request;
}

function read(response: IncomingMessage, end: (result: Result<string, FetchRefusal>) => void): void {
  if (response.statusCode !== 200) {
    end(refuse('x5u-status'));
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > longestBody) end(refuse('x5u-too-long'));
    else chunks.push(chunk);
  });
  response.on('error', () => end(refuse('x5u-unreachable')));
  response.on('end', () => end(ok(Buffer.concat(chunks).toString('latin1'))));
}
