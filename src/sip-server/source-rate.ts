import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';

/**
 * How many messages a second one source may send, decided before a byte of a message is read.
 *
 * Token buckets in a table of fixed size, found by a keyed hash of the source address: whoever forges sources makes
 * nothing grow, cannot aim at another's bucket, and would need the rate times the table's size to fill it. An IPv6 source
 * is its /64, because that is what one customer has.
 */
export interface SourceRate {
  /** False: the message is one too many. */
  admits(address: string): boolean;
}

export interface SourceRateOptions {
  readonly clock: Clock;
  /** Lasting rate; a bucket holds two seconds of it. */
  readonly messagesPerSecond: number;
  readonly seed?: Buffer;
}

const slots = 65_536;
const burstSeconds = 2;

export function createSourceRate(options: SourceRateOptions): SourceRate {
  const { clock, messagesPerSecond } = options;
  const seed = (options.seed ?? randomBytes(4)).readInt32LE(0);
  const full = messagesPerSecond * burstSeconds;
  const tokens = new Float64Array(slots).fill(full);
  const filledAt = new Float64Array(slots).fill(clock.monoMs());
  return {
    admits(address) {
      const slot = hash(networkOf(address), seed);
      const now = clock.monoMs();
      const earned = ((now - (filledAt[slot] ?? now)) * messagesPerSecond) / 1_000;
      const left = Math.min(full, (tokens[slot] ?? 0) + earned);
      filledAt[slot] = now;
      tokens[slot] = left >= 1 ? left - 1 : left;
      return left >= 1;
    },
  };
}

/** FNV-1a with a secret start, mixed once more so that its low bits depend on every character. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) & (slots - 1);
}

/** An IPv4 address, or the first four groups of an IPv6 address; an IPv4 address inside one is a source by itself. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
