import { expect, it } from 'vitest';
import { LiveState } from '../../../src/admin/live.ts';
import type { Principal } from '../../../src/admin/role.ts';
import { createSignIn } from '../../../src/admin/sign-in.ts';
import { createAdminServer } from '../../../src/admin/server.ts';
import type { AdminPorts } from '../../../src/admin/ports.ts';
import { createLog } from '../../../src/base/log.ts';
import { manualClock } from '../../support/clock.ts';

it('an open stream ends with the heartbeat after its key was revoked, and there are only so many', async () => {
  const clock = manualClock();
  let principal: Principal | null = { kind: 'key', id: 'k', role: 'reader' };
  const live = new LiveState(clock);
  const server = createAdminServer({
    ...{ host: '127.0.0.1', port: 0, hostNames: [], openMetrics: true, clock },
    log: createLog('test', 'silent'),
    signIn: createSignIn({ keys: { check: () => principal }, tokens: null, clock }),
    ports: { live } as unknown as AdminPorts,
  });
  const { url } = await server.start();
  const open = (method = 'GET') =>
    fetch(`${url}/v1/events`, { method, headers: { authorization: 'Bearer lk.x' } });
  expect((await open('HEAD')).status).toBe(404);
  const streams = await Promise.all(Array.from({ length: 12 }, () => open()));
  expect((await open()).status).toBe(503);
  const first = principal;
  principal = { kind: 'key', id: 'other', role: 'reader' };
  const others = await Promise.all(Array.from({ length: 4 }, () => open()));
  expect([...streams, ...others].map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
  expect((await open()).status).toBe(503);
  principal = first;
  const reader = streams[0]!.body!.pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  live.pinRotated('board');
  expect((await reader.read()).value).toBe('event: pin-rotated\ndata: {"meeting":"board"}\n\n');
  clock.advance(15_000);
  expect((await reader.read()).value).toBe(': still here\n\n');
  principal = null;
  clock.advance(15_000);
  const last = async (): Promise<boolean> => {
    for (;;) if ((await reader.read()).done) return true;
  };
  await expect(last().catch(() => true)).resolves.toBe(true);
  await server.stop();
});
