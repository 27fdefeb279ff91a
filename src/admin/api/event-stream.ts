import type { FastifyInstance } from 'fastify';
import { every, type Clock } from '../../base/clock.ts';
import type { LiveState } from '../live.ts';
import type { SignIn } from '../sign-in.ts';

const mostStreams = 16;
/** Of one key or token: one that leaks or loops does not keep the others out. */
const mostOfOne = 12;
const heartbeatMs = 15_000;
/** A reader who takes nothing is let go, rather than kept in memory; it connects again and gets a snapshot. */
const mostBuffered = 1024 * 1024;

/** `/v1/events`: the live state as server-sent events (WHATWG HTML §9.2). */
export function addEventStream(
  app: FastifyInstance,
  { live, signIn, clock }: { readonly live: LiveState; readonly signIn: SignIn; readonly clock: Clock },
): void {
  const open = new Map<() => void, string>();
  // A HEAD would take a place for as long as a stream lasts, and be told nothing.
  const options = { onRequest: signIn.guard('reader'), exposeHeadRoute: false };
  app.get('/v1/events', options, (request, reply) => {
    const { kind, id } = signIn.principal(request);
    const who = `${kind} ${id}`;
    const own = [...open.values()].filter((other) => other === who).length;
    if (open.size >= mostStreams || own >= mostOfOne) return reply.deny('too-many-streams');
    reply.hijack();
    const out = reply.raw;
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    out.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    const close = (): void => {
      if (!open.delete(close)) return;
      unwatch();
      beat.cancel();
      out.destroy();
    };
    const write = (text: string): void => {
      if (out.writableLength > mostBuffered) close();
      else out.write(text);
    };
    const tell = (event: string, data: unknown): void =>
      write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const unwatch = live.watch(({ kind: event, ...change }) => tell(event, change));
    const beat = every(clock, heartbeatMs, () => {
      write(': still here\n\n');
      // A key that was revoked and a token that has ended do not go on watching.
      void signIn.holds(request).then((holds) => (holds ? undefined : close()));
    });
    open.set(close, who);
    out.on('close', close);
    out.on('error', close);
    tell('snapshot', { legs: live.legs, bridges: live.bridges, calls: live.calls.slice(0, 50) });
    return undefined;
  });
  app.addHook('preClose', (done) => {
    for (const close of [...open.keys()]) close();
    done();
  });
}
