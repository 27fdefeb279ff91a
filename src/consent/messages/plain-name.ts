/**
 * A name as it may be shown beside a decision: NFC, no control, format, bidirectional or private characters (Unicode
 * general categories C*), no line or paragraph separators, runs of space as one, at most 64 characters.
 */
export function plainName(name: string): string {
  return name
    .toWellFormed()
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, 64)
    .toWellFormed()
    .trim();
}
