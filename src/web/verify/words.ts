/** To the millisecond, UTC, in every language: two readers see the same. */
export const timeText = (ms: number): string =>
  ms <= 8_640_000_000_000_000
    ? new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : String(ms);

export const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

export const shortId = (id: string): string => (id.length > 10 ? `${id.slice(0, 8)}…` : id);

/** Which of three ways: of hearing and speaking, at least one could be done. */
export function ableOf({ hear, speak }: { readonly hear: boolean; readonly speak: boolean }) {
  if (hear && speak) return 'both';
  return hear ? 'hear' : 'speak';
}
