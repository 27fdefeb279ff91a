import type { DialogPeer } from '../gateway.ts';
import { partyOf, userOf } from '../identity.ts';
import type { SrfRequest } from '../srf.ts';
import type { Caller } from './caller.ts';
import { callerOf } from './door.ts';
import type { Trunk } from './trunk.ts';

/** Notices that the other end of a dialog has become somebody else. */
export interface PeerWatch {
  readonly current: DialogPeer;
  /** Who it is now, where a request in the dialog says another identity or came another way; null: the same as before. */
  meet(request: SrfRequest): DialogPeer | null;
}

export function createPeerWatch(invite: SrfRequest, trunk: Trunk, caller: Caller): PeerWatch {
  return watchFrom(sight(invite, caller), trunk);
}

function watchFrom(first: Sight, trunk: Trunk): PeerWatch {
  let seen = first;
  return {
    get current() {
      return peerOf(seen);
    },
    meet(request) {
      const now = sight(request, callerOf(request, trunk));
      if (!changed(seen, now)) return null;
      seen = now;
      return peerOf(now);
    },
  };
}

/** Of a dialog that we have begun: the callee is who was called, at the place that its 2xx came from. */
export function createCalleeWatch(
  number: string,
  uri: string,
  { source, trunk }: { readonly source: DialogPeer['source']; readonly trunk: Trunk },
): PeerWatch {
  const caller: Caller = { number: { kind: 'e164', text: number }, displayName: '', source: null };
  return watchFrom({ caller, fromUser: userOf(uri), source }, trunk);
}

interface Sight {
  readonly caller: Caller;
  /** User part of From, which stays through a call unless it says that it changed (RFC 4916). */
  readonly fromUser: string;
  readonly source: DialogPeer['source'];
}

function sight(request: SrfRequest, caller: Caller): Sight {
  return {
    caller,
    fromUser: partyOf(request.getParsedHeader('from')).user,
    source: { address: request.source_address, port: request.source_port, transport: request.protocol },
  };
}

function peerOf({ caller, source }: Sight): DialogPeer {
  return { from: { user: caller.number.text, displayName: caller.displayName }, source };
}

/** A port may change (a connection opened anew), and a display name: both say nothing about who it is. */
function changed(a: Sight, b: Sight): boolean {
  // A header that asserts an identity need not be repeated; where it is there, it counts.
  const asserted = b.caller.source === 'pai' || b.caller.source === 'rpid';
  return (
    a.fromUser !== b.fromUser ||
    a.source.address !== b.source.address ||
    a.source.transport !== b.source.transport ||
    (asserted && a.caller.number.text !== b.caller.number.text)
  );
}
