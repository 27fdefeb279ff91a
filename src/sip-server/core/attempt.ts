import { limits } from '../limits.ts';
import { writeMessage, type SipRequest } from '../message/message.ts';
import type { ClientUser } from '../transaction/client.ts';
import type { Flow, Hop } from '../transport/flow.ts';
import type { Core, Outgoing } from './core.ts';
import { withOwnVia, type Sendable } from './dialog.ts';
import { abandonedUser, userOf } from './response.ts';
import type { Way } from './way.ts';

/** One try of a request on one way. */
export interface Try extends Sendable {
  readonly way: Way;
  /** The way's, or a TCP connection to the same place where the request is too long for UDP. */
  readonly flow: Flow;
}

/** RFC 3261 §18.1.1: what is too long for UDP goes over TCP, and back to UDP where nobody takes it there. */
export function tryOn(core: Core, way: Way, requestFor: (flow: Flow) => SipRequest): Try {
  const { flow } = way;
  const plain = { way, flow, ...withOwnVia(requestFor(flow), flow) };
  if (flow.transport !== 'udp' || writeMessage(plain.request).length <= limits.datagramBytes) return plain;
  const stream = core.transport.flowTo(streamHop(way));
  return stream === null ? plain : { way, flow: stream, ...withOwnVia(requestFor(flow), stream) };
}

function streamHop({ flow, hop }: Way): Hop {
  return { transport: 'tcp', peer: flow.remote, domain: hop?.domain ?? flow.remote.address };
}

interface Trying {
  readonly now: Try;
  readonly requestFor: (flow: Flow) => SipRequest;
}

/**
 * RFC 3263 §4.3: where a try fails in its transport, gets no answer or a 503, the next place of the same name is tried, with
 * a transaction of its own. A place that says nothing at all is left after `silenceMs`, if there is another one.
 */
export function attempt(core: Core, outgoing: Outgoing, { now, requestFor }: Trying): void {
  const { way, flow, request, branch } = now;
  outgoing.request = request;
  const user = userOf(core, outgoing, flow);
  const abandoned = abandonedUser(core, outgoing, { flow, request });
  let over = false;
  let heard = false;
  /** The next try, if this one may be given up. */
  const next = (why: 'transport' | 'timeout' | 'busy'): Try | null => {
    if (outgoing.provisional || outgoing.cancelled || outgoing.cancelWanted !== null) return null;
    if (why === 'transport' && flow !== way.flow)
      return { way, flow: way.flow, ...withOwnVia(requestFor(way.flow), way.flow) };
    if (way.hop !== null) core.locator.failed(way.hop);
    const further = way.next();
    return further === null ? null : tryOn(core, further, requestFor);
  };
  const goOn = (why: 'transport' | 'timeout' | 'busy'): boolean => {
    const following = core.outgoings.has(outgoing.transactionId) ? next(why) : null;
    if (following === null) return false;
    over = true;
    silence?.cancel();
    attempt(core, outgoing, { now: following, requestFor });
    return true;
  };
  const guarded: ClientUser = {
    onResponse(response, fields) {
      heard = true;
      silence?.cancel();
      if (over) abandoned.onResponse(response, fields);
      else if (response.status !== 503 || !goOn('busy')) user.onResponse(response, fields);
    },
    onFailed(why) {
      silence?.cancel();
      if (!over && !goOn(why)) user.onFailed(why);
    },
  };
  const silence =
    way.more && !outgoing.provisional
      ? core.clock.after(core.timing.silence, () => {
          if (heard || over) return;
          const { transaction } = outgoing;
          if (goOn('timeout')) transaction?.abandoned();
        })
      : null;
  outgoing.transaction = core.clients.call({ request, branch, flow }, guarded);
}
