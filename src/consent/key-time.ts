/** When a key is of: epochs count within a term, terms only rise. */
export interface KeyTime {
  readonly term: number;
  readonly epoch: number;
}

export function isAfter(a: KeyTime, b: KeyTime): boolean {
  return a.term > b.term || (a.term === b.term && a.epoch > b.epoch);
}

export const higher = (a: KeyTime, b: KeyTime): KeyTime => (isAfter(a, b) ? a : b);
