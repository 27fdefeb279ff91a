import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * The TN Authorization List of a certificate (RFC 8226 §9): for which telephone numbers its holder may sign.
 *
 *   TNAuthorizationList ::= SEQUENCE SIZE (1..MAX) OF TNEntry
 *   TNEntry ::= CHOICE { spc   [0] ServiceProviderCode,        IA5String
 *                        range [1] TelephoneNumberRange,       SEQUENCE { start, count INTEGER (2..MAX) }
 *                        one   [2] TelephoneNumber }           IA5String, "0123456789#*"
 */
export type NumberEntry =
  /** Every number of a provider: which those are, no certificate says. */
  | { readonly kind: 'provider' }
  | { readonly kind: 'range'; readonly start: string; readonly count: number }
  | { readonly kind: 'one'; readonly number: string };

export type AuthorityRefusal = 'certificate-syntax' | 'no-number-authority';

/** 1.3.6.1.5.5.7.1.26, id-pe-TNAuthList */
const extensionOid = Buffer.from('2b060105050701' + '1a', 'hex');
const mostEntries = 1_000;

/** `certificate`: DER of an X.509 certificate. */
export function numberAuthority(certificate: Uint8Array): Result<readonly NumberEntry[], AuthorityRefusal> {
  const extensions = extensionsOf(certificate);
  if (extensions === null) return refuse('certificate-syntax');
  for (const extension of extensions) {
    const parts = elements(extension.value);
    // SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, OCTET STRING }
    const [oid, value] = [parts?.[0], parts?.at(-1)];
    if (oid?.tag !== 0x06 || value?.tag !== 0x04 || !extensionOid.equals(oid.value)) continue;
    const list = single(value.value, 0x30);
    const entries = list === null ? null : elements(list)?.map(entryOf);
    if (entries === undefined || entries === null || entries.length > mostEntries || entries.includes(null))
      return refuse('certificate-syntax');
    return ok(entries.filter((entry) => entry !== null));
  }
  return refuse('no-number-authority');
}

/** `number`: digits, in canonical form. */
export function mayUse(entries: readonly NumberEntry[], number: string): boolean {
  return entries.some((entry) => {
    switch (entry.kind) {
      case 'provider':
        return true;
      case 'one':
        return entry.number === number;
      case 'range':
        return inRange(number, entry.start, entry.count);
    }
  });
}

function inRange(number: string, start: string, count: number): boolean {
  if (number.length !== start.length || !/^[0-9]+$/.test(number) || !/^[0-9]+$/.test(start)) return false;
  const distance = BigInt(number) - BigInt(start);
  return distance >= 0n && distance < BigInt(count);
}

function entryOf({ tag, value }: Element): NumberEntry | null {
  switch (tag) {
    // The module of RFC 8226 has explicit tags; certificates in use have both forms.
    case 0xa0:
      return single(value, 0x16) === null ? null : { kind: 'provider' };
    case 0x80:
      return { kind: 'provider' };
    case 0xa1:
      return rangeOf(elements(single(value, 0x30) ?? value) ?? []);
    case 0xa2: {
      const text = single(value, 0x16);
      return text === null ? null : { kind: 'one', number: ascii(text) };
    }
    case 0x82:
      return { kind: 'one', number: ascii(value) };
    default:
      return null;
  }
}

function rangeOf([start, count]: readonly Element[]): NumberEntry | null {
  if (start?.tag !== 0x16 || count?.tag !== 0x02 || count.value.length > 6) return null;
  const size = count.value.reduce((sum, byte) => sum * 256 + byte, 0);
  return size < 2 ? null : { kind: 'range', start: ascii(start.value), count: size };
}

const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { …, extensions [3] }, … } (RFC 5280 §4.1) */
function extensionsOf(certificate: Uint8Array): readonly Element[] | null {
  const outer = single(certificate, 0x30);
  const tbs = outer === null ? undefined : elements(outer)?.[0];
  const wrapped = tbs?.tag === 0x30 ? elements(tbs.value)?.find(({ tag }) => tag === 0xa3) : undefined;
  const list = wrapped === undefined ? null : single(wrapped.value, 0x30);
  return list === null ? null : elements(list);
}

interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** The content of the one element that `bytes` are. */
function single(bytes: Uint8Array, tag: number): Uint8Array | null {
  const all = elements(bytes);
  return all?.length === 1 && all[0]?.tag === tag ? all[0].value : null;
}

/** DER elements one after the other (X.690 §8.1): low tag numbers, definite lengths of up to three bytes. */
function elements(bytes: Uint8Array): readonly Element[] | null {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if ((tag & 0x1f) === 0x1f || at + 2 + extra > bytes.length || (first >= 0x80 && (extra < 1 || extra > 3)))
      return null;
    let length = extra === 0 ? first : 0;
    for (const byte of bytes.subarray(at + 2, at + 2 + extra)) length = length * 256 + byte;
    const start = at + 2 + extra;
    if (start + length > bytes.length) return null;
    found.push({ tag, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
