/** Telephone numbers as networks write them, and the one way that rules and labels see them: E.164. */

/** How a trunk writes numbers that have no plus sign. */
export interface NumberPlan {
  /** E.164 country code of the trunk's place, without plus. */
  readonly countryCode: string;
  /** Before a number of the same country, `0` in most; empty where there is none. */
  readonly nationalPrefix: string;
  /** Before a country code, `00` in most, `011` in North America. */
  readonly internationalPrefix: string;
  /** What digits without any prefix are: with their country code, of this country, or an extension behind a PBX. */
  readonly bare: 'e164' | 'national' | 'extension';
}

export type PartyNumber =
  /** With its plus sign. */
  | { readonly kind: 'e164'; readonly text: string }
  /** Digits of the trunk's own numbering. */
  | { readonly kind: 'extension'; readonly text: string }
  /** A name and no number. */
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'withheld'; readonly text: '' };

/** RFC 3966 §5.1.1: what people put between digits. */
const separators = /[-.() ]/g;
/** E.164 §6.1: fifteen digits at most; no country code begins with zero. */
const international = /^\+[1-9][0-9]{3,14}$/;
const withheldNames = /^(anonymous|restricted|unavailable|unknown|withheld|private)$/i;

/** RFC 3323 §4.1.1.3: who writes this as the user part of From does not want to be shown, whatever else is known. */
export function isAnonymous(user: string): boolean {
  return withheldNames.test(user);
}

/** `user`: the user part of a SIP URI, or the number of a tel URI, unescaped. */
export function readNumber(user: string, plan: NumberPlan | null): PartyNumber {
  if (user === '' || isAnonymous(user)) return { kind: 'withheld', text: '' };
  const digits = user.replaceAll(separators, '');
  if (international.test(digits)) return { kind: 'e164', text: digits };
  if (!/^[0-9*#]+$/.test(digits)) return { kind: 'name', text: user };
  const whole = plan === null || !/^[0-9]+$/.test(digits) ? null : expand(digits, plan);
  return whole !== null && international.test(whole)
    ? { kind: 'e164', text: whole }
    : { kind: 'extension', text: digits };
}

function expand(digits: string, plan: NumberPlan): string | null {
  const { internationalPrefix, nationalPrefix, countryCode } = plan;
  // The longer prefix first: with `0` and `00`, `0049…` is not a number of this country.
  const prefixes = [
    { prefix: internationalPrefix, before: '+' },
    { prefix: nationalPrefix, before: `+${countryCode}` },
  ].sort((a, b) => b.prefix.length - a.prefix.length);
  for (const { prefix, before } of prefixes) {
    if (prefix !== '' && digits.startsWith(prefix)) return before + digits.slice(prefix.length);
  }
  if (plan.bare === 'extension') return null;
  return plan.bare === 'e164' ? `+${digits}` : `+${countryCode}${digits}`;
}

/** `pattern`: a number or name as a rule states it, or its beginning and `*`. Case does not matter in names. */
export function matchesNumber(pattern: string, number: PartyNumber): boolean {
  const wanted = pattern.toLowerCase();
  const text = number.text.toLowerCase();
  return wanted.endsWith('*') ? text.startsWith(wanted.slice(0, -1)) : text === wanted;
}
