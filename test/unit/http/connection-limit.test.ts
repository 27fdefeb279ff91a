import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { addressRanges, loopback } from '../../../src/base/address-range.ts';
import { limitConnections, type ConnectionLimit } from '../../../src/http/connection-limit.ts';

/** Which of `count` connections, one after the other, are still there once all have been looked at. */
async function tried(limit: ConnectionLimit, count: number) {
  const server = createServer();
  limitConnections(server, limit);
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    if (!socket.destroyed) socket.write('here');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const isTaken = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    const closed = once(socket, 'close').then(() => false);
    return Promise.race([
      once(socket, 'data').then(
        () => true,
        () => false,
      ),
      closed,
    ]);
  };
  const taken: boolean[] = [];
  for (let i = 0; i < count; i += 1) taken.push(await isTaken());
  return {
    taken,
    /** One goes; whether another is taken in its place. */
    async afterOneLess() {
      const first = sockets[0]!;
      first.destroy();
      await once(first, 'close');
      await expect.poll(() => isTaken()).toBe(true);
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

it.each([
  ['one source has so many', { all: 100, perSource: 3, exempt: [] }],
  ['all together have so many', { all: 3, perSource: 100, exempt: [] }],
  ['a proxy counts for the whole alone', { all: 3, perSource: 1, exempt: addressRanges(loopback) }],
])('%s, and a place that is given back is taken again', async (_, limit) => {
  const round = await tried(limit, 5);
  expect(round.taken).toEqual([true, true, true, false, false]);
  await round.afterOneLess();
  round.stop();
});
