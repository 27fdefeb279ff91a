/**
 * Session timers (RFC 4028), as pure functions: what a request that may refresh the session is answered with, and what
 * the answer to a refresh of ours means. A session that nobody refreshes ends, so that a dead peer costs no leg.
 */
export interface SessionTimerTerms {
  /** Seconds that we ask for where the peer names none; null: a timer only where the peer asks for one. */
  readonly expiresSeconds: number | null;
  /** The least that we accept. RFC 4028 §5: at least 90. */
  readonly minSeconds: number;
}

export const sessionTimerDefaults: SessionTimerTerms = { expiresSeconds: 1_800, minSeconds: 90 };

/** What both sides go by until the next refresh. */
export interface SessionTimer {
  readonly expiresSeconds: number;
  readonly refresher: 'us' | 'peer';
}

/** The header values of one request or response, as they stand. */
export interface TimerHeaders {
  readonly sessionExpires: string | undefined;
  readonly minSe: string | undefined;
  readonly supported: string | undefined;
}

export type TimerAnswer =
  | {
      readonly kind: 'accepted';
      /** Null: this session has no timer. */
      readonly timer: SessionTimer | null;
      /** Of our 2xx. */
      readonly headers: Readonly<Record<string, string>>;
    }
  /** 422 with these headers. */
  | { readonly kind: 'too-small'; readonly headers: Readonly<Record<string, string>> }
  /** 400: Session-Expires or Min-SE that do not parse. */
  | { readonly kind: 'malformed' };

/** RFC 4028 §9: we are the UAS of an INVITE, a re-INVITE or an UPDATE. */
export function answerTimer(request: TimerHeaders, terms: SessionTimerTerms): TimerAnswer {
  const asked = parseSessionExpires(request.sessionExpires);
  const theirMin = parseSeconds(request.minSe);
  if (asked === 'malformed' || theirMin === 'malformed') return { kind: 'malformed' };
  const knows = hasTimer(request.supported);
  if (asked !== null && knows && asked.seconds < terms.minSeconds)
    return { kind: 'too-small', headers: { 'Min-SE': String(terms.minSeconds) } };
  const wanted = asked?.seconds ?? terms.expiresSeconds;
  if (wanted === null) return { kind: 'accepted', timer: null, headers: {} };
  const least = Math.max(terms.minSeconds, theirMin ?? 0);
  const expiresSeconds = Math.max(least, Math.min(wanted, terms.expiresSeconds ?? wanted));
  // §9, table 2: who does not know of timers cannot refresh, and whoever the request names is taken. A peer that asked
  // for a timer is left to keep it; one that did not ask is spared.
  const refresher = knows && asked !== null && asked.refresher !== 'uas' ? 'peer' : 'us';
  return {
    kind: 'accepted',
    timer: { expiresSeconds, refresher },
    headers: {
      'Session-Expires': `${expiresSeconds};refresher=${refresher === 'peer' ? 'uac' : 'uas'}`,
      // §9: the peer must know that refreshing is its own affair.
      ...(refresher === 'peer' ? { Require: 'timer' } : {}),
    },
  };
}

/** The headers of a refresh of ours (RFC 4028 §7.1, §7.4): we go on as refresher. */
export function refreshHeaders({ expiresSeconds }: SessionTimer, terms: SessionTimerTerms) {
  return {
    'Session-Expires': `${expiresSeconds};refresher=uac`,
    'Min-SE': String(Math.min(expiresSeconds, terms.minSeconds)),
  };
}

export type RefreshVerdict =
  | { readonly kind: 'refreshed'; readonly timer: SessionTimer }
  /** 422: again with the interval that the peer names (§7.3). */
  | { readonly kind: 'longer'; readonly timer: SessionTimer }
  /** The method is not there: a re-INVITE instead of an UPDATE. */
  | { readonly kind: 'other-method' }
  /** 491: again, after a pause of its own (RFC 3261 §14.1). */
  | { readonly kind: 'glare' }
  /** RFC 5057 §5.1: the dialog is gone. */
  | { readonly kind: 'gone' }
  /** Any other refusal: the session may still be refreshed until it expires (RFC 4028 §10). */
  | { readonly kind: 'failed' };

export function readRefreshed(status: number, response: TimerHeaders, timer: SessionTimer): RefreshVerdict {
  if (status >= 200 && status < 300) return { kind: 'refreshed', timer: refreshedTimer(response, timer) };
  switch (status) {
    case 422: {
      const least = parseSeconds(response.minSe);
      const usable = typeof least === 'number' && least > timer.expiresSeconds && least <= longestSeconds;
      return usable ? { kind: 'longer', timer: { ...timer, expiresSeconds: least } } : { kind: 'failed' };
    }
    case 405:
    case 501:
      return { kind: 'other-method' };
    case 491:
      return { kind: 'glare' };
    case 408:
    case 481:
      return { kind: 'gone' };
    default:
      return { kind: 'failed' };
  }
}

/** §5: no session has less, or its refreshes would be a load. */
const leastSeconds = 90;

/**
 * §7.2: a peer without timers answers without one, and we go on as before. One that names less than may be (§5) is refreshed as
 * often as may be.
 */
function refreshedTimer(response: TimerHeaders, timer: SessionTimer): SessionTimer {
  const stated = parseSessionExpires(response.sessionExpires);
  if (stated === null || stated === 'malformed' || stated.seconds < 1) return timer;
  const expiresSeconds = Math.max(stated.seconds, Math.min(leastSeconds, timer.expiresSeconds));
  return { expiresSeconds, refresher: stated.refresher === 'uas' ? 'peer' : 'us' };
}

/** In milliseconds from the last refresh. */
export interface TimerMoments {
  /** Null: the peer refreshes. */
  readonly refreshMs: number | null;
  readonly giveUpMs: number;
}

/** §10: refreshed at half the interval; given up by min(32, a third) seconds before its end. */
export function momentsOf({ expiresSeconds, refresher }: SessionTimer): TimerMoments {
  return {
    refreshMs: refresher === 'us' ? expiresSeconds * 500 : null,
    giveUpMs: (expiresSeconds - Math.min(32, expiresSeconds / 3)) * 1_000,
  };
}

/** A day: no session of a telephone lasts longer, and no timer overflows. */
const longestSeconds = 86_400;

interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | null;
}

/** `1800;refresher=uac`, other parameters left aside (RFC 4028 §4). */
function parseSessionExpires(value: string | undefined): SessionExpires | null | 'malformed' {
  if (value === undefined) return null;
  const seconds = parseSeconds(value);
  if (typeof seconds !== 'number') return 'malformed';
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)/i.exec(value)?.[1]?.toLowerCase();
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null };
}

function parseSeconds(value: string | undefined): number | null | 'malformed' {
  if (value === undefined) return null;
  const digits = /^\s*([0-9]{1,10})\s*(?:;.*)?$/.exec(value)?.[1];
  return digits === undefined ? 'malformed' : Math.min(Number(digits), longestSeconds);
}

function hasTimer(supported: string | undefined): boolean {
  return (supported ?? '').split(',').some((tag) => tag.trim().toLowerCase() === 'timer');
}
