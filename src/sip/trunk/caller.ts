import { partyOf, type Party } from '../identity.ts';
import { isAnonymous, readNumber, type NumberPlan, type PartyNumber } from './number.ts';
import type { CallerIdSource } from './trunk.ts';

/** Who calls, by each of the headers that say so, and whether the caller wants to be withheld. */
export interface StatedCallers {
  readonly from: Party;
  /** P-Asserted-Identity (RFC 3325 §9.1): one URI, or a sip and a tel one. */
  readonly asserted: readonly Party[];
  /** Remote-Party-ID of the calling party, which is in no RFC and still in use. */
  readonly remoteParty: Party | null;
  /** RFC 3323 §4.2, RFC 3325 §9.3: an identity that must not be shown. */
  readonly private: boolean;
}

export interface Caller {
  readonly number: PartyNumber;
  readonly displayName: string;
  /** Null where the caller is withheld or no header told. */
  readonly source: CallerIdSource | null;
}

const hiding = new Set(['id', 'user', 'header', 'full']);

/** Values as the message has them; null where there is no such header. Total: what cannot be read is not there. */
export interface IdentityHeaders {
  readonly from: Party;
  readonly asserted: string | null;
  readonly remoteParty: string | null;
  readonly privacy: string | null;
}

export function statedCallers(headers: IdentityHeaders): StatedCallers {
  const remote = splitOutsideQuotes(headers.remoteParty ?? '', ',')
    .map(readRemoteParty)
    .find((each) => each !== null);
  const words = (headers.privacy ?? '').toLowerCase().split(/[;,\s]+/);
  return {
    from: headers.from,
    asserted: splitOutsideQuotes(headers.asserted ?? '', ',')
      .map(readAddress)
      .filter((party) => party !== null),
    remoteParty: remote?.party ?? null,
    private:
      words.some((word) => hiding.has(word)) || remote?.private === true || isAnonymous(headers.from.user),
  };
}

/** The first of `order` that is there. `asserted` and `remoteParty` count only on a trunk that is configured for them. */
export function chooseCaller(
  stated: StatedCallers,
  order: readonly CallerIdSource[],
  plan: NumberPlan | null,
): Caller {
  for (const source of order) {
    const parties = partiesOf(stated, source);
    const numbered = parties.map((party) => ({ party, number: readNumber(party.user, plan) }));
    const best = numbered.find(({ number }) => number.kind === 'e164') ?? numbered[0];
    if (best === undefined) continue;
    if (stated.private) break;
    if (best.number.kind === 'withheld') break;
    return { number: best.number, displayName: best.party.displayName, source };
  }
  return { number: { kind: 'withheld', text: '' }, displayName: '', source: null };
}

function partiesOf(stated: StatedCallers, source: CallerIdSource): readonly Party[] {
  if (source === 'pai') return stated.asserted;
  if (source === 'from') return [stated.from];
  return stated.remoteParty === null ? [] : [stated.remoteParty];
}

function readRemoteParty(text: string): { party: Party; private: boolean } | null {
  const party = readAddress(text);
  if (party === null) return null;
  const close = text.lastIndexOf('>');
  const params = (close < 0 ? '' : text.slice(close + 1)).toLowerCase().split(';');
  const values = new Map(
    params.map((param) => param.split('=').map((part) => part.trim()) as [string, string]),
  );
  if ((values.get('party') ?? 'calling') !== 'calling') return null;
  return { party, private: !['off', undefined].includes(values.get('privacy')) };
}

/** `"Name" <sip:user@host>`, `Name <tel:+49…>` or the bare URI. */
function readAddress(text: string): Party | null {
  const trimmed = text.trim();
  const parts = splitOutsideQuotes(trimmed, '<');
  const [name = '', rest] = parts;
  const uri = rest === undefined ? (trimmed.split(';')[0] ?? '') : (rest.split('>')[0] ?? '');
  if (parts.length > 2 || !/^(sips?|tel):/i.test(uri)) return null;
  return partyOf({ name: rest === undefined ? '' : name, uri });
}

/** RFC 3261 §25.1: separators inside a quoted string separate nothing. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i += 1;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.filter((part, index) => part.trim() !== '' || index > 0 || separator === '<');
}
