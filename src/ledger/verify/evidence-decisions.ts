import { isTextList, type ValueObject } from './canonical.ts';
import { objectsOf } from './meeting.ts';
import { textOf } from './message.ts';

/**
 * What co-hosts decided, against what the key host signed on their word: a grant or an admission that names a decision
 * carries out that one, for the request that it was about, and lets in nobody whom it did not name.
 */
export interface DecisionCheck {
  /** A co-host's decision, under the hash that answers name. */
  decided(name: string, payload: ValueObject): void;
  /** A message of the key host, which may name a decision. */
  carriedOut(line: number, payload: ValueObject): void;
  /** Lines whose decision is not in the file, or says something else. */
  unfounded(): readonly number[];
}

interface CarriedOut {
  readonly line: number;
  readonly decision: string;
  readonly request: string;
  readonly legs: readonly string[];
}

export function checkDecisions(): DecisionCheck {
  const decisions = new Map<string, ValueObject>();
  const carried: CarriedOut[] = [];
  const isFounded = ({ decision, request, legs }: CarriedOut): boolean => {
    const said = decisions.get(decision);
    if (said?.['what'] !== 'approve' || textOf(said, 'request') !== request) return false;
    const named = said['legs'];
    return !isTextList(named) || named.length === 0 || legs.every((leg) => named.includes(leg));
  };
  return {
    decided(name, payload) {
      decisions.set(name, payload);
    },
    carriedOut(line, payload) {
      const decision = textOf(payload, 'decision') ?? '';
      if (decision === '') return;
      carried.push({ line, decision, request: textOf(payload, 'request') ?? '', legs: legsOf(payload) });
    },
    unfounded: () => carried.filter((one) => !isFounded(one)).map(({ line }) => line),
  };
}

/** A list of ids, or of objects that have one. */
function legsOf({ legs }: ValueObject): readonly string[] {
  return isTextList(legs) ? legs : objectsOf(legs).flatMap((leg) => textOf(leg, 'leg') ?? []);
}
