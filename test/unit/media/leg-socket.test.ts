import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { MediaAddress } from '../../../src/media/leg-state.ts';
import { directUdp, type DirectUdp } from '../../../src/media/rtp/direct-udp.ts';
import { LegSocket } from '../../../src/media/rtp/leg-socket.ts';
import { until } from '../../support/rtp.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function bound(host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  sockets.push(socket);
  return socket;
}

const addressOf = (socket: Socket): MediaAddress => {
  const { address, port } = socket.address();
  return { address, port };
};

async function leg(udp: DirectUdp | null, host?: string) {
  const socket = await bound(host);
  const came: { bytes: Buffer; from: MediaAddress; atMs: number }[] = [];
  const wire = new LegSocket({
    ...{ socket, udp, clock: systemClock },
    onDatagram: (bytes, from, atMs) => came.push({ bytes, from, atMs }),
  });
  wire.start();
  const arrived = (n: number): Promise<void> =>
    until(() => {
      wire.read(systemClock.monoMs());
      return came.length >= n;
    }, `${n} datagrams`);
  return { socket, wire, came, arrived, to: addressOf(socket) };
}

const direct = directUdp();

describe.each([
  ['directly', direct],
  ['by dgram', null],
] as const)('%s', (_name, udp) => {
  it('tells what came, from whom, in order', async () => {
    const one = await leg(udp);
    const [a, b] = [await bound(), await bound()];
    for (let i = 0; i < 3; i++) {
      a.send(Buffer.from([1, i]), one.to.port, one.to.address);
      await one.arrived(2 * i + 1);
      b.send(Buffer.from([2, i]), one.to.port, one.to.address);
      await one.arrived(2 * i + 2);
    }
    expect(one.came.map(({ bytes }) => [...bytes])).toEqual(
      [0, 1, 2].flatMap((i) => [
        [1, i],
        [2, i],
      ]),
    );
    expect(one.came.map(({ from }) => from.port)).toEqual(
      [0, 1, 2].flatMap(() => [addressOf(a).port, addressOf(b).port]),
    );
    expect(new Set(one.came.map(({ from }) => from.address))).toEqual(new Set(['127.0.0.1']));
  });

  it('sends to where it is told, and nowhere that has to be looked up', async () => {
    const one = await leg(udp);
    const heard: string[] = [];
    const peers = [await bound(), await bound()];
    for (const peer of peers) peer.on('message', (bytes) => heard.push(bytes.toString()));
    for (const [i, peer] of peers.entries()) {
      expect(one.wire.reaches(addressOf(peer))).toBe(true);
      one.wire.send(Buffer.from(`for ${i}`), addressOf(peer));
    }
    udp?.flush();
    await until(() => heard.length === 2, 'both packets');
    expect(heard.sort()).toEqual(['for 0', 'for 1']);
    for (const to of [
      { address: 'localhost', port: 9 },
      { address: '127.0.0.1', port: 0 },
    ])
      expect(one.wire.reaches(to)).toBe(false);
  });

  it('knows a datagram that is too long to be a telephone’s by its length', async () => {
    const one = await leg(udp);
    (await bound()).send(Buffer.alloc(9_000, 1), one.to.port, one.to.address);
    await one.arrived(1);
    expect(one.came[0]!.bytes.length).toBeGreaterThan(2_048);
  });

  it('tells nothing and sends nothing once it has stopped; another one on the same socket goes on', async () => {
    const one = await leg(udp);
    const peer = await bound();
    const heard: string[] = [];
    peer.on('message', (bytes) => heard.push(bytes.toString()));
    one.wire.stop();
    one.wire.send(Buffer.from('late'), addressOf(peer));
    peer.send('too late', one.to.port, one.to.address);
    one.wire.read(systemClock.monoMs());
    const came: string[] = [];
    const next = new LegSocket({
      ...{ socket: one.socket, udp, clock: systemClock },
      onDatagram: (bytes) => came.push(bytes.toString()),
    });
    next.start();
    next.send(Buffer.from('in time'), addressOf(peer));
    udp?.flush();
    peer.send('heard', one.to.port, one.to.address);
    await until(() => {
      next.read(systemClock.monoMs());
      return came.includes('heard') && heard.length > 0;
    }, 'the next one’s packets');
    expect(one.came).toEqual([]);
    expect(heard).toEqual(['in time']);
  });
});

describe('a socket that is read once a tick', () => {
  it('is known to have got its packets when they came, not when it was read', async () => {
    const one = await leg(direct);
    const peer = await bound();
    // The kernel begins to note times a moment after it is first asked to: until then a packet came when it was read.
    for (let tries = 1; ; tries++) {
      const before = systemClock.monoMs();
      await new Promise((sent) => peer.send('x', one.to.port, one.to.address, sent));
      const after = systemClock.monoMs();
      await until(() => systemClock.monoMs() > after + 40, '40 ms');
      await one.arrived(tries);
      const { atMs } = one.came[tries - 1]!;
      if (atMs > after + 1 && tries < 20) continue;
      expect(atMs).toBeGreaterThan(before - 1);
      expect(atMs).toBeLessThan(after + 1);
      return;
    }
  });

  it('is not touched again once what came has stopped it: the rest is for who reads it next', async () => {
    const socket = await bound();
    const first: number[] = [];
    const wire = new LegSocket({
      ...{ socket, udp: direct, clock: systemClock },
      onDatagram: (bytes) => {
        first.push(bytes[0] ?? -1);
        wire.stop();
      },
    });
    wire.start();
    const peer = await bound();
    const { address, port } = addressOf(socket);
    for (let i = 0; i < 40; i++) await new Promise((sent) => peer.send(Buffer.of(i), port, address, sent));
    await until(() => {
      wire.read(systemClock.monoMs());
      return first.length > 0;
    }, 'the first');
    const rest: number[] = [];
    const next = new LegSocket({
      ...{ socket, udp: direct, clock: systemClock },
      onDatagram: (bytes) => rest.push(bytes[0] ?? -1),
    });
    next.start();
    await until(() => {
      next.read(systemClock.monoMs());
      return rest.includes(39);
    }, 'the last');
    expect(first).toEqual([0]);
    // One system call had taken sixteen.
    expect(rest).toEqual(Array.from({ length: 24 }, (_, i) => i + 16));
  });

  it('sends sixteen at a time, and what is left at the end of the tick or before it stops', async () => {
    const one = await leg(direct);
    const peer = await bound();
    const heard: number[] = [];
    peer.on('message', (bytes) => heard.push(bytes[0] ?? -1));
    const packet = Buffer.alloc(1);
    const say = (n: number): void => {
      packet[0] = n;
      expect(one.wire.send(packet, addressOf(peer))).toBe(true);
    };
    for (let n = 0; n < 20; n++) say(n);
    await until(() => heard.length === 16, 'the first sixteen');
    direct?.flush();
    await until(() => heard.length === 20, 'the rest');
    say(20);
    one.wire.stop();
    await until(() => heard.length === 21, 'the last');
    expect(heard).toEqual(Array.from({ length: 21 }, (_, n) => n));
  });

  it('is read by nobody else', async () => {
    const one = await leg(direct);
    let dgram = 0;
    one.socket.on('message', () => (dgram += 1));
    (await bound()).send('x', one.to.port, one.to.address);
    await one.arrived(1);
    expect(dgram).toBe(0);
  });

  it('takes of a flood what the kernel has kept, in order: what a tick costs is bounded', async () => {
    const one = await leg(direct);
    const peer = await bound();
    const flood = Array.from({ length: 800 }, (_, i) => i % 251);
    await Promise.all(
      flood.map((i) => new Promise((sent) => peer.send(Buffer.from([i]), one.to.port, one.to.address, sent))),
    );
    one.wire.read(systemClock.monoMs());
    const some = one.came.length;
    expect(some).toBeGreaterThan(200);
    expect(some).toBeLessThanOrEqual(640);
    one.wire.read(systemClock.monoMs());
    expect(one.came.map(({ bytes }) => bytes[0])).toEqual(flood.slice(0, one.came.length));
  });

  it('is one of IPv4 whose handle Node shows as it did; others are left to dgram', async () => {
    expect(direct?.take(await bound('::1'))).toBeNull();
    const strange = { address: () => ({ address: '127.0.0.1', port: 9, family: 'IPv4' }) };
    expect(direct?.take(strange as unknown as Socket)).toBeNull();
    const one = await leg(direct, '::1');
    (await bound('::1')).send('x', one.to.port, one.to.address);
    await until(() => one.came.length === 1, 'a datagram over IPv6');
  });
});
