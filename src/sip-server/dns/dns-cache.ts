import type { Clock, Milliseconds } from '../../base/clock.ts';
import type { DnsClient, Found } from './dns-client.ts';

/**
 * Answers of the domain name system, kept for a while: addresses as long as they say, within limits; other records, whose
 * TTL the resolver of the system does not tell, for a minute; "there is none" for half a minute (RFC 2308 allows as much
 * as the zone says), and a failure for a few seconds, so that a call a second does not mean a question a second.
 */
const positiveMs: Milliseconds = 60_000;
const shortestMs: Milliseconds = 5_000;
const longestMs: Milliseconds = 600_000;
const negativeMs: Milliseconds = 30_000;
const failureMs: Milliseconds = 3_000;
const maxEntries = 2_000;

interface Entry {
  readonly answer: Promise<Found<unknown>>;
  /** Infinity while it is being asked. */
  until: number;
}

export function cachedDns(client: DnsClient, clock: Clock): DnsClient {
  const entries = new Map<string, Entry>();
  const ask = <R>(
    key: string,
    question: () => Promise<Found<R>>,
    lifetime: (records: readonly R[]) => Milliseconds,
  ): Promise<Found<R>> => {
    const known = entries.get(key);
    if (known !== undefined && clock.monoMs() < known.until) return known.answer as Promise<Found<R>>;
    // The oldest goes: a name that is in use is asked for again.
    if (entries.size >= maxEntries) entries.delete(entries.keys().next().value ?? '');
    entries.delete(key);
    const answer = question();
    const entry: Entry = { answer, until: Infinity };
    entries.set(key, entry);
    void answer.then((found) => {
      const ms =
        found.kind === 'found' ? lifetime(found.records) : found.kind === 'none' ? negativeMs : failureMs;
      entry.until = clock.monoMs() + ms;
    });
    return answer;
  };
  const byTtl = (records: readonly { readonly ttl: number }[]): Milliseconds =>
    Math.min(longestMs, Math.max(shortestMs, Math.min(...records.map(({ ttl }) => ttl * 1_000))));
  const minute = (): Milliseconds => positiveMs;
  return {
    naptr: (name) => ask(`naptr ${name}`, () => client.naptr(name), minute),
    srv: (name) => ask(`srv ${name}`, () => client.srv(name), minute),
    a: (name) => ask(`a ${name}`, () => client.a(name), byTtl),
    aaaa: (name) => ask(`aaaa ${name}`, () => client.aaaa(name), byTtl),
  };
}
