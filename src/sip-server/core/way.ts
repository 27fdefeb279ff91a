import { parseSipUri, type SipUri } from '../message/uri.ts';
import type { Flow } from '../transport/flow.ts';
import type { Core } from './core.ts';
import type { Dialog } from './dialog.ts';
import { resolveHop, type HopRefusal } from './resolve.ts';

/** `done` is called once; at once where no name has to be looked up. */
export type WayFound = (way: Flow | HopRefusal) => void;

export function wayTo(core: Core, uri: SipUri, done: WayFound): void {
  resolveHop(uri, (hop) => {
    if (typeof hop === 'string') {
      done(hop);
      return;
    }
    done(core.transport.flowTo(hop.transport, hop.peer) ?? 'requested protocol/transport not available');
  });
}

/**
 * The way of a request in a dialog. With a route set, to its first element (RFC 3261 §12.2.1.1). Without one, back
 * where the peer's last request came from, as long as that way is open: its Contact may name an address behind a NAT,
 * and a forged one must not aim our requests at others.
 */
export function wayIn(core: Core, dialog: Dialog, done: WayFound): void {
  const first = dialog.routes[0];
  if (first === undefined && dialog.flow.isOpen()) {
    done(dialog.flow);
    return;
  }
  const uri = parseSipUri(first?.uri ?? dialog.target);
  if (!uri.ok) {
    done('unable to resolve next hop');
    return;
  }
  wayTo(core, uri.value, done);
}
