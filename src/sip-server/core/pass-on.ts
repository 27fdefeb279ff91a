import { writeMessage } from '../message/message.ts';
import { tryOn } from './attempt.ts';
import type { Core, Sound } from './core.ts';
import { withOwnVia } from './dialog.ts';
import { prepareForward } from './forward.ts';
import { startProxying } from './proxy.ts';
import { securedLike, wayTo } from './way.ts';

/** A request in a call that we proxied and stayed in: it came by our Record-Route (RFC 3261 §16.4) and goes on. */
export function passOn(core: Core, sound: Sound): void {
  const { request, fields } = sound;
  if (request.method === 'ACK') {
    if (fields.maxForwards !== 0) passOnAck(core, sound);
    return;
  }
  const transaction = core.servers.serve(sound, { onFailed: () => undefined });
  startProxying(core, {
    request,
    callId: fields.callId,
    transaction,
    targets: [request.uri],
    simultaneous: false,
    followRedirects: false,
    provisionalMs: null,
    finalMs: null,
    decoration: { stay: request.method === 'INVITE' ? fields.callId : null, add: [] },
    onFinal: () => undefined,
    onDone: () => undefined,
  });
}

/** The ACK of a 2xx belongs to no transaction (§16.11 says how a proxy without state passes it on). */
function passOnAck(core: Core, { request, fields }: Sound): void {
  const forward = prepareForward(core, request, fields.callId, request.uri);
  if (forward === null) return;
  wayTo(core, securedLike(forward.next, forward.request.uri), (way) => {
    if (typeof way === 'string') return;
    const { request: ack, flow } = tryOn(core, way, () => forward.request);
    flow.send(writeMessage(ack), () => {
      if (flow !== way.flow)
        way.flow.send(writeMessage(withOwnVia(forward.request, way.flow).request), () => undefined);
    });
  });
}
