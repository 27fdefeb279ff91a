import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('tls');

interface Pair {
  readonly setting: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Every certificate with its key that the configuration names: readable, in time, in order, and a pair. */
export function checkTls({ config, clock }: Patient): Finding[] {
  const pairs = [...pairsOf(config, '')];
  const names = config.http.publicUrl === null ? [] : [new URL(config.http.publicUrl).hostname];
  return pairs.flatMap((pair) => {
    try {
      return look(pair, clock.wallMs(), pair.setting === 'http.tls' ? names : []);
    } catch (cause) {
      return [
        error({
          found: `${pair.setting}: ${messageOf(cause).split('\n')[0] ?? ''}`,
          why: 'nothing can listen with TLS there',
          remedy: 'both files are PEM: the certificate chain, its own first, and an unencrypted private key',
        }),
      ];
    }
  });
}

function* pairsOf(value: unknown, setting: string): Generator<Pair> {
  if (typeof value !== 'object' || value === null) return;
  const { certFile, keyFile } = value as Record<string, unknown>;
  if (typeof certFile === 'string' && typeof keyFile === 'string') yield { setting, certFile, keyFile };
  for (const [key, child] of Object.entries(value))
    yield* pairsOf(child, setting === '' ? key : `${setting}.${key}`);
}

const dayMs = 24 * 3_600_000;
const warnMs = 21 * dayMs;

function look({ setting, certFile, keyFile }: Pair, nowMs: number, names: readonly string[]): Finding[] {
  const chain = certificatesOf(readFileSync(certFile, 'utf8'));
  const [own, ...issuers] = chain;
  if (own === undefined) throw new Error(`${certFile} holds no certificate`);
  const found: Finding[] = [...expiry(setting, own, nowMs)];
  if (!own.checkPrivateKey(createPrivateKey(readFileSync(keyFile))))
    found.push(
      error({
        found: `${setting}: ${keyFile} is not the key of the first certificate in ${certFile}`,
        why: 'no connection would be made',
        remedy: 'put the server’s own certificate first, and name the key it was issued for',
      }),
    );
  for (const [index, issuer] of issuers.entries()) {
    if (chain[index]?.checkIssued(issuer) !== true)
      found.push(
        warning({
          found: `${setting}: certificate ${index + 2} in ${certFile} did not issue the one before it`,
          why: 'clients that do not know the intermediate authority refuse the connection',
          remedy: 'the file holds the certificate, then its issuer, then that one’s, without the root',
        }),
      );
  }
  for (const name of names.filter((n) => own.checkHost(n) === undefined))
    found.push(
      warning({
        found: `${setting}: the certificate is not for ${name} (http.publicUrl)`,
        why: 'browsers warn of it and give the page no microphone',
        remedy: 'have it issued for that name, or correct http.publicUrl',
      }),
    );
  return found.length > 0 ? found : [ok(`${setting}: valid until ${own.validTo}, and its key fits`)];
}

function* expiry(
  setting: string,
  { validFrom, validTo }: X509Certificate,
  nowMs: number,
): Generator<Finding> {
  const leftMs = Date.parse(validTo) - nowMs;
  const why = 'browsers and telephones refuse a certificate that is not valid';
  if (leftMs < 0)
    yield error({ found: `${setting}: the certificate ended on ${validTo}`, why, remedy: 'renew it' });
  else if (Date.parse(validFrom) > nowMs)
    yield error({
      found: `${setting}: the certificate is valid only from ${validFrom}`,
      why,
      remedy: 'wait, or correct the clock of this machine',
    });
  else if (leftMs < warnMs)
    yield warning({
      found: `${setting}: the certificate ends in ${Math.floor(leftMs / dayMs)} days (${validTo})`,
      why,
      remedy: 'renew it, and see to it that renewal is automatic',
    });
}

function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
