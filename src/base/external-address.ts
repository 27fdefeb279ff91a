import { isIPv6 } from 'node:net';
import { parseAddressRange } from './address-range.ts';

/** An address under which others reach this machine through a NAT, ports unchanged; local networks get the inner one. */
export interface ExternalAddress {
  /** IPv4 or IPv6; addresses of the other family are announced as they are. */
  readonly address: string;
  /** Addresses and CIDR ranges of peers on this side of the NAT. This machine itself always is. */
  readonly localNetworks: readonly string[];
}

/** What a peer is told: `inner`, an address of ours, or in its place the external one. */
export type Announce = (inner: string, peer: string) => string;

export function announcer(external: ExternalAddress | null): Announce {
  if (external === null) return (inner) => withoutZone(inner);
  const { address } = external;
  const local = ['127.0.0.0/8', '::1', ...external.localNetworks].flatMap((text) => {
    const range = parseAddressRange(text);
    return range.ok ? [range.value] : [];
  });
  return (inner, peer) => {
    const outside = isIPv6(inner) === isIPv6(address) && !local.some((range) => range.contains(peer));
    return outside ? address : withoutZone(inner);
  };
}

/** `fe80::1%eth0` -> `fe80::1`: the zone means something on this machine only (RFC 4007 §11). */
export function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
