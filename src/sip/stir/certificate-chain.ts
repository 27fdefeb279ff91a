import { X509Certificate } from 'node:crypto';
import { ok, refuse, type Result } from '../../base/result.ts';

export type ChainRefusal =
  'certificate-syntax' | 'certificate-expired' | 'certificate-kind' | 'certificate-untrusted';

const mostCertificates = 4;
const pemBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,16384}-----END CERTIFICATE-----/g;

/** Certificates of a PEM text, in its order. */
export function readPem(
  text: string,
  most: number,
): Result<readonly X509Certificate[], 'certificate-syntax'> {
  const blocks = text.match(pemBlock) ?? [];
  if (blocks.length === 0 || blocks.length > most) return refuse('certificate-syntax');
  try {
    return ok(blocks.map((block) => new X509Certificate(block)));
  } catch {
    return refuse('certificate-syntax');
  }
}

/**
 * What a certificate repository serves: the signer's certificate first, then what leads to an anchor (RFC 8224 §7.2,
 * RFC 5280 §6 as far as telephony's chains go: signatures, names, CA flags and validity). Answers with the signer's.
 */
export function checkChain(
  pem: string,
  anchors: readonly X509Certificate[],
  nowMs: number,
): Result<X509Certificate, ChainRefusal> {
  const read = readPem(pem, mostCertificates);
  if (!read.ok) return read;
  const [signer, ...between] = read.value;
  if (signer === undefined) return refuse('certificate-syntax');
  try {
    if (!isSigner(signer)) return refuse('certificate-kind');
    const fault = walk(signer, { between, anchors, nowMs });
    return fault === null ? ok(signer) : refuse(fault);
  } catch {
    // node:crypto reads keys and signatures when they are first used, and throws at kinds that it does not know.
    return refuse('certificate-syntax');
  }
}

interface Path {
  readonly between: readonly X509Certificate[];
  readonly anchors: readonly X509Certificate[];
  readonly nowMs: number;
}

function walk(from: X509Certificate, { between, anchors, nowMs }: Path): ChainRefusal | null {
  if (!isCurrent(from, nowMs)) return 'certificate-expired';
  const issued = (by: X509Certificate): boolean => by.ca && from.checkIssued(by) && from.verify(by.publicKey);
  const anchor = anchors.find((by) => issued(by));
  if (anchor !== undefined) return isCurrent(anchor, nowMs) ? null : 'certificate-expired';
  const next = between.find((by) => issued(by));
  if (next === undefined) return 'certificate-untrusted';
  // Each goes at most once, so that the walk ends.
  return walk(next, { between: between.filter((one) => one !== next), anchors, nowMs });
}

/** RFC 8225 §6 signs with ES256, so the key is on P-256; and an authority signs no call. */
function isSigner({ ca, publicKey }: X509Certificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  return !ca && asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function isCurrent({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo);
}
