import { parseAddressRange } from '../../base/address-range.ts';

/** Who has to show a certificate when it connects over TLS, and for which of the names (mutual TLS). */
export interface ClientRule {
  readonly sources: readonly string[];
  readonly names: readonly string[];
}

interface TrunkCertificates {
  readonly sources: readonly string[];
  readonly tls?: { readonly clientNames?: readonly string[] };
}

/** Of the trunks with `tls.clientNames`. */
export function clientRules(trunks: readonly TrunkCertificates[]): readonly ClientRule[] {
  return trunks.flatMap(({ sources, tls }) => {
    const names = tls?.clientNames;
    // A trunk without sources is found from everywhere, so that everybody who comes over TLS has to show one.
    return names === undefined
      ? []
      : [{ names, sources: sources.length > 0 ? sources : ['0.0.0.0/0', '::/0'] }];
  });
}

/** For which names whoever connects from that address needs a certificate; null: for none. */
export function wantedNames(rules: readonly ClientRule[], address: string): readonly string[] | null {
  const asked = rules.filter(({ sources }) =>
    sources.some((text) => {
      const range = parseAddressRange(text);
      return range.ok && range.value.contains(address);
    }),
  );
  return asked.length === 0 ? null : asked.flatMap(({ names }) => names);
}
