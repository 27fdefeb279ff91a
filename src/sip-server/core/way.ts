import type { Located } from '../dns/locate.ts';
import { bareHost } from '../message/grammar.ts';
import { parseSipUri, type SipUri } from '../message/uri.ts';
import type { Flow, Hop } from '../transport/flow.ts';
import type { Core } from './core.ts';
import type { Dialog } from './dialog.ts';

/** Where a request goes, and where it goes on when nobody takes it there. */
export interface Way {
  readonly flow: Flow;
  /** Null: the way that a peer's request came. */
  readonly hop: Hop | null;
  /** There may be a next one. */
  readonly more: boolean;
  /** The next place of the same name (RFC 3263 §4.3); opened when asked for. */
  next(): Way | null;
}

/** `done` is called once; at once where no name has to be looked up. A text says why there is no way. */
export type WayFound = (way: Way | string) => void;

export function wayTo(core: Core, uri: SipUri, done: WayFound): void {
  core.locator.locate(uri, (located) => done(firstWay(core, located)));
}

function firstWay(core: Core, located: Located): Way | string {
  if (typeof located === 'string') return located;
  return wayFrom(core, located, 0) ?? 'requested protocol/transport not available';
}

/** The first hop from `at` on that a socket of ours can reach. */
function wayFrom(core: Core, hops: readonly Hop[], at: number): Way | null {
  for (let i = at; i < hops.length; i += 1) {
    const hop = hops[i];
    const flow = hop === undefined ? null : core.transport.flowTo(hop);
    if (hop !== undefined && flow !== null)
      return { flow, hop, more: i + 1 < hops.length, next: () => wayFrom(core, hops, i + 1) };
  }
  return null;
}

/**
 * The way of a request in a dialog. With a route set, to its first element (RFC 3261 §12.2.1.1). Without one, back
 * where the peer's last request came from, as long as that way is open: its Contact may name an address behind a NAT,
 * and a forged one must not aim our requests at others.
 */
export function wayIn(core: Core, dialog: Dialog, done: WayFound): void {
  const first = dialog.routes[0];
  const uri = parseSipUri(first?.uri ?? dialog.target);
  const { flow } = dialog;
  if (flow.isOpen() && (first === undefined || (uri.ok && isPlaceOf(flow, uri.value)))) {
    done({ flow, hop: null, more: false, next: () => null });
    return;
  }
  if (!uri.ok) {
    done('unable to resolve next hop');
    return;
  }
  wayTo(core, securedLike(uri.value, dialog.target), done);
}

/**
 * A route by address to where the dialog's TLS connection goes: that peer has shown who it is, or came as a client, and few
 * certificates are for addresses.
 */
function isPlaceOf(flow: Flow, { host }: SipUri): boolean {
  return flow.transport === 'tls' && bareHost(host) === flow.remote.address;
}

/** RFC 3261 §26.2.2: what is for a sips URI goes over TLS at this hop as well, whatever the route says. */
export function securedLike(next: SipUri, target: string): SipUri {
  return /^sips:/i.test(target) ? { ...next, scheme: 'sips' } : next;
}
