/** How values are written for people. Pure; locale-free where it must be the same for everybody. */

/** `0.4`, `12`: one digit below ten seconds. */
export function seconds(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  return s < 9.95 ? s.toFixed(1) : String(Math.round(s));
}

/** Digits in groups of three, which is how people read them out. */
export function groupedPin(pin: string): string {
  return pin.replace(/(\d{3})(?=\d)/g, '$1 ');
}

/** The first 16 characters in fours: enough to compare aloud. */
export function shortThumbprint(thumbprint: string): string {
  return (thumbprint.slice(0, 16).match(/.{1,4}/g) ?? []).join(' ');
}

export function clockTime(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * A name as it is shown: one line, no control characters, no text-direction tricks, at most 64 characters. Names are the
 * claim of whoever sent them; the signed list behind them holds keys.
 */
export function shownName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  return Array.from(plain).slice(0, 64).join('');
}
