import { BlockList, isIP } from 'node:net';
import { ok, refuse, type Result } from './result.ts';

/** Addresses of the network, as an operator writes them: `192.0.2.0/24`, `2001:db8::/32`, or one address. */
export interface AddressRange {
  readonly text: string;
  contains(address: string): boolean;
}

/** CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
export function parseAddressRange(text: string): Result<AddressRange, 'address' | 'prefix-length'> {
  const [network = '', lengthText, ...more] = text.split('/');
  const version = isIP(network);
  if (version === 0 || network.includes('%') || more.length > 0) return refuse('address');
  const longest = version === 4 ? 32 : 128;
  const length = lengthText === undefined ? longest : wholeNumber(lengthText);
  if (length === null || length > longest) return refuse('prefix-length');
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, length, family);
  return ok({
    text,
    contains(address) {
      const kind = isIP(address);
      if (kind === 0) return false;
      return list.check(withoutZone(address), kind === 4 ? 'ipv4' : 'ipv6');
    },
  });
}

/** This machine. */
export const loopback: readonly string[] = ['127.0.0.0/8', '::1'];

/** Of a list that was checked before. */
export const addressRanges = (texts: readonly string[]): readonly AddressRange[] =>
  texts.map(parseAddressRange).flatMap((range) => (range.ok ? [range.value] : []));

function wholeNumber(text: string): number | null {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : null;
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
