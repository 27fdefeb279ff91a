/** How values are written for people. Pure: the language is an argument, and the rest is the same for everybody. */

/** Numbers and times as a locale writes them. */
export interface Format {
  /** `0.4`, `12`: one digit below ten seconds. */
  seconds(ms: number): string;
  /** With seconds, for what happened. */
  time(wallMs: number): string;
  /** Without them, for what is agreed. */
  shortTime(wallMs: number): string;
  /** What is left of a span: minutes, and seconds in the last one. */
  left(ms: number): string;
}

export function createFormat(locale: string): Format {
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const unit = (name: 'minute' | 'second'): Intl.NumberFormat =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' });
  const [minutes, seconds] = [unit('minute'), unit('second')];
  const medium = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const short = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  return {
    seconds(ms) {
      const s = Math.max(0, ms) / 1000;
      return s < 9.95 ? tenths.format(s) : whole.format(s);
    },
    time: (wallMs) => medium.format(wallMs),
    shortTime: (wallMs) => short.format(wallMs),
    left(ms) {
      const s = Math.max(0, Math.ceil(ms / 1000));
      return s > 60 ? minutes.format(Math.ceil(s / 60)) : seconds.format(s);
    },
  };
}

/** Digits in groups of three, which is how people read them out. */
export function groupedPin(pin: string): string {
  return pin.replace(/(\d{3})(?=\d)/g, '$1 ');
}

/** A bridge code's eight digits in two groups, which is how they are spoken. */
export function groupedCode(code: string): string {
  return code.replace(/(\d{4})(?=\d)/g, '$1 ');
}

/** The first 16 characters in fours: enough to compare aloud. */
export function shortThumbprint(thumbprint: string): string {
  return (thumbprint.slice(0, 16).match(/.{1,4}/g) ?? []).join(' ');
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
