import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * Who a certificate is for in SIP (RFC 5922 §7.1): the SIP domains of its subjectAltName, where it has any as URIs, else
 * its DNS names; and addresses, for peers that are configured by address. No wildcards (§7.2), and no common name: a
 * certificate without subjectAltName is for nobody.
 */
export function certificateNames(certificate: X509Certificate): readonly string[] {
  const uris: string[] = [];
  const dns: string[] = [];
  const addresses: string[] = [];
  for (const entry of entriesOf(certificate.subjectAltName ?? '')) {
    const colon = entry.indexOf(':');
    const [kind, value] = [entry.slice(0, colon), entry.slice(colon + 1)];
    if (kind === 'DNS' && hostName.test(value)) dns.push(value.toLowerCase());
    else if (kind === 'IP Address' && isIP(value) !== 0) addresses.push(plainAddress(value));
    else if (kind === 'URI') {
      // §7.1: `sip:` and a domain; with a user part it is a person's.
      const domain = /^sips?:([A-Za-z0-9.-]+)$/i.exec(value)?.[1];
      if (domain !== undefined) uris.push(domain.toLowerCase());
    }
  }
  return [...(uris.length > 0 ? uris : dns), ...addresses];
}

const hostName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/;

/** Why a certificate is not for that SIP domain; null: it is. §7.2: names are compared without case, as a whole. */
export function nameFault(certificate: X509Certificate, domain: string): string | null {
  const wanted = isIP(domain) === 0 ? domain.toLowerCase().replace(/\.$/, '') : plainAddress(domain);
  if (certificateNames(certificate).some((name) => name.replace(/\.$/, '') === wanted)) return null;
  const above = wanted.slice(wanted.indexOf('.') + 1);
  const wildcards = entriesOf((certificate.subjectAltName ?? '').toLowerCase());
  return wildcards.includes(`dns:*.${above}`)
    ? `certificate for *.${above}, and SIP has no wildcards (RFC 5922 section 7.2): it has to name ${wanted}`
    : 'certificate for another name';
}

/** IPv6 has many spellings; a URL has one. */
function plainAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

/** OpenSSL's text, entries separated by `, `; Node quotes a value that holds anything unusual as JSON, which is no name. */
function entriesOf(text: string): readonly string[] {
  return text.includes('"') ? [] : text.split(', ');
}
