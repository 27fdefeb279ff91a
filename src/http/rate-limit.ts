import type { Clock } from '../base/clock.ts';

export interface RateLimit {
  /** How many whole seconds to wait, or 0 where the request may pass (and is counted). */
  take(source: string): number;
}

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Requests a source may make at once. */
  readonly burst: number;
  /** Requests a second that it gets back. */
  readonly perSecond: number;
  /** Sources remembered; the one idle longest is forgotten first, so hostile sources cannot grow memory. */
  readonly maxSources: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * The source of an address for counting: an IPv6 host owns a whole /64, so its lower half is left out. IPv4-mapped
 * addresses (RFC 4291 §2.5.5.2) count as the IPv4 address.
 */
export function rateSource(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}

/** A token bucket a source. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  // A Map keeps insertion order; a source that is seen again is put at its end.
  const buckets = new Map<string, Bucket>();
  return {
    take(source) {
      const now = options.clock.monoMs();
      const known = buckets.get(source);
      const refilled =
        known === undefined
          ? options.burst
          : Math.min(options.burst, known.tokens + ((now - known.atMs) / 1000) * options.perSecond);
      const passes = refilled >= 1;
      buckets.delete(source);
      buckets.set(source, { tokens: passes ? refilled - 1 : refilled, atMs: now });
      if (buckets.size > options.maxSources) {
        const oldest = buckets.keys().next();
        if (oldest.done !== true) buckets.delete(oldest.value);
      }
      return passes ? 0 : Math.max(1, Math.ceil((1 - refilled) / options.perSecond));
    },
  };
}
