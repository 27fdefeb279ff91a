import { ok, refuse, type Result } from '../base/result.ts';
import { masterLength, srtpSuites, type SrtpSuite } from '../media/srtp/suite.ts';

/**
 * One `a=crypto` line (RFC 4568 §9.1, keys of RFC 7714 §14.2 too):
 *
 *   a=crypto:<tag> <suite> inline:<base64 of key and salt>["|" lifetime]["|" MKI:length] [session parameters]
 *
 * The line is a secret: it is never logged, and the reason of a refusal holds none of it.
 */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Master key and master salt in one. */
  readonly key: Uint8Array;
}

export type CryptoRefusal =
  'crypto-syntax' | 'crypto-suite' | 'crypto-key' | 'crypto-mki' | 'crypto-lifetime' | 'crypto-parameter';

const line =
  /^crypto:([1-9][0-9]{0,8}|0) ([A-Za-z0-9_]{1,64}) inline:([A-Za-z0-9+/]{1,128}={0,2})(\S*)(?: +(\S.*))?$/;
/** A key that may be used for less than 2^20 packets, under six hours of 20 ms, would have to be renewed in a call. */
const shortestLifetime = 20;

/** `text`: of the attribute, without `a=`. */
export function parseCrypto(text: string): Result<CryptoLine, CryptoRefusal> {
  const [, tag = '', suite = '', key = '', rest = '', parameters = ''] = line.exec(text) ?? [];
  if (tag === '') return refuse('crypto-syntax');
  if (!isSuite(suite)) return refuse('crypto-suite');
  const bytes = Buffer.from(key, 'base64');
  // RFC 4568 §6.1: the base64 may go without its padding, but for nothing else.
  const canonical = bytes.toString('base64');
  if (bytes.length !== masterLength(suite) || (key !== canonical && key !== canonical.replace(/=+$/, '')))
    return refuse('crypto-key');
  const wrong = keyParameterFault(rest) ?? parameterFault(parameters);
  return wrong === null ? ok({ tag: Number(tag), suite, key: new Uint8Array(bytes) }) : refuse(wrong);
}

/** What follows the key: one lifetime at most. An MKI would have to be in every packet, and no packet of ours has one. */
function keyParameterFault(rest: string): CryptoRefusal | null {
  if (rest === '') return null;
  if (/\|[0-9]+:[0-9]+$/.test(rest)) return 'crypto-mki';
  const power = /^\|2\^([0-9]{1,2})$/.exec(rest)?.[1];
  const count = /^\|([0-9]{1,15})$/.exec(rest)?.[1];
  if (power === undefined && count === undefined) return 'crypto-syntax';
  const log2 = power === undefined ? Math.log2(Number(count)) : Number(power);
  // RFC 3711 §9.2: 2^48 packets are the most that any key serves.
  return log2 >= shortestLifetime && log2 <= 48 ? null : 'crypto-lifetime';
}

/**
 * RFC 4568 §6.3.7: a line with a parameter that is not understood is not taken. Those that weaken the stream
 * (UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, UNAUTHENTICATED_SRTP) are not taken either, nor is a key derivation rate.
 */
function parameterFault(parameters: string): CryptoRefusal | null {
  const list = parameters.split(' ').filter((parameter) => parameter !== '');
  return list.every((parameter) => /^(?:WSH=[0-9]{2,4}|KDR=0)$/.test(parameter)) ? null : 'crypto-parameter';
}

function isSuite(text: string): text is SrtpSuite {
  return srtpSuites.some((suite) => suite === text);
}

/** The attribute, without `a=`. */
export function writeCrypto({ tag, suite, key }: CryptoLine): string {
  return `crypto:${tag} ${suite} inline:${Buffer.from(key).toString('base64')}`;
}
