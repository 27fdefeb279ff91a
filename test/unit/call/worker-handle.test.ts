import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { startWorker } from '../../../src/call/worker-handle.ts';
import type { LegSnapshot } from '../../../src/media/leg-state.ts';

it('a leg that comes to a worker which is gone leaves no socket, and so no RTP port, behind', async () => {
  const gone = Promise.withResolvers<null>();
  const worker = await startWorker(
    {
      ...{ role: 'lobby', logLevel: 'silent', languages: [], echo: false, traceRtp: false },
      promptsDir: new URL('../../../config/prompts', import.meta.url).pathname,
      announce: { by: 'off', language: 'en' },
      rtp: { host: '127.0.0.1', portMin: 26_000, portMax: 26_010 },
    },
    systemClock,
    { onMessage: () => undefined, onExit: () => gone.resolve(null) },
  );
  process.kill(worker.pid, 'SIGKILL');
  await gone.promise;
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const closed = once(socket, 'close');
  await expect(worker.adopt({ legId: 'leg' } as LegSnapshot, socket)).rejects.toThrow('worker is gone');
  await closed;
});
