import type { CallerLabel } from '../worker/protocol.ts';

/** What the caller's network says of him, as far as a host may see it. */
export interface CallerSource {
  /** User part and display name of From: they may hold a phone number. */
  readonly user: string;
  readonly displayName: string;
  /** `udp`, `tcp` or `tls`: of the signalling, as achieved. */
  readonly transport: string;
  /** Whether the audio is encrypted, as signalling has it now. */
  readonly srtp: boolean;
  /** Whose personal PIN opened the meeting to him; null or missing: it was the room's. */
  readonly holder?: string | null;
  /** What the caller's network signed (STIR/SHAKEN): its word, never ours. */
  readonly verification?: CallerLabel['verification'];
}

/**
 * An honest label: the number masked but for its last three digits, never a claim that it is genuine, and what the leg
 * achieved on the wire. The result holds no full number.
 */
export function callerLabel(source: CallerSource): CallerLabel {
  return {
    display: displayOf(source),
    verification: source.verification ?? 'absent',
    transport: `${source.transport}+${source.srtp ? 'srtp' : 'rtp'}`,
  };
}

/** A PIN can be passed on, so the label says whose PIN it is, not who calls. */
function displayOf({ user, holder }: CallerSource): string {
  const masked = maskedIdentity(user);
  return holder == null ? masked : `PIN of ${holder} · ${masked}`;
}

/** Nobody who is called so is known again. `user`: of From. */
export const isWithheld = (user: string): boolean =>
  user === '' || /^(anonymous|restricted|unavailable|unknown)$/i.test(user);

/** At most this much of a caller-chosen name is shown. */
const longestName = 24;

function maskedIdentity(user: string): string {
  if (isWithheld(user)) return 'number withheld';
  const digits = user.replaceAll(/[^0-9]/g, '');
  const isNumber = digits.length >= 5 && /^\+?[0-9().\- ]+$/.test(user);
  if (isNumber) return `${user.startsWith('+') ? '+' : ''}···· ${digits.slice(-3)}`;
  // A name, as the caller's phone chose it: letters, digits and a few marks, without control or bidi characters.
  const name = user
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}._ -]/gu, '')
    .trim()
    .slice(0, longestName);
  return name === '' ? 'number withheld' : name;
}
