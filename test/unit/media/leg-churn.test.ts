import { afterEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../src/base/garbage.ts';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import { directUdp, type DirectUdp } from '../../../src/media/rtp/direct-udp.ts';
import { LegHost } from '../../../src/worker/leg-host.ts';
import type { FromWorker } from '../../../src/worker/protocol.ts';
import { manualClock } from '../../support/clock.ts';
import { phoneMedia, until } from '../../support/rtp.ts';

/** 300 RTP ports. */
const range = { host: '127.0.0.1', portMin: 26_000, portMax: 26_599 };
const peer = { address: '127.0.0.1', port: 26_998 };

const hosts: LegHost[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.close();
});

function lobby(udp: DirectUdp | null) {
  const clock = manualClock();
  const told: FromWorker[] = [];
  const host = new LegHost({
    ...{ rtp: range, udp, clock },
    prompts: { get: () => null, lobbySound: new Int16Array(8_000), refused: [] },
    randomInt: (n) => Math.floor(Math.random() * n),
    opus: () => loadOpus().codec,
    log: createLog('test', 'silent'),
    parent: { send: (message) => told.push(message as FromWorker) },
  });
  hosts.push(host);
  return { clock, told, host };
}

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind.toUpperCase().startsWith('UDP')).length;

describe('a thousand legs that come and go', () => {
  it('each have a port that nobody else has, spread over the range, and leave no socket behind', async () => {
    const { clock, told, host } = lobby(directUdp());
    const before = sockets();
    const open: LegId[] = [];
    const portOf = new Map<LegId, number>();
    const used = new Map<number, number>();
    const openOne = async (n: number): Promise<void> => {
      const legId = `leg-${n}` as LegId;
      told.length = 0;
      host.handle({ kind: 'leg-open', legId, media: phoneMedia(peer) }, undefined);
      await until(() => told.some((message) => message.kind === 'leg-opened'), `leg ${n}`);
      const { port } = told.find((message) => message.kind === 'leg-opened')!.local;
      expect([...portOf.values()]).not.toContain(port);
      portOf.set(legId, port);
      used.set(port, (used.get(port) ?? 0) + 1);
      open.push(legId);
    };
    const closeOne = (): void => {
      const [legId] = open.splice(Math.floor(Math.random() * open.length), 1);
      host.handle({ kind: 'leg-close', legId: legId! }, undefined);
      portOf.delete(legId!);
    };
    for (let n = 0; n < 1_000; n++) {
      if (open.length === 60) closeOne();
      await openOne(n);
      if (n % 10 === 0) clock.advance(20);
    }
    expect(host.legIds).toHaveLength(60);
    while (open.length > 0) closeOne();
    await until(() => sockets() <= before, 'all sockets closed');
    expect([...used.keys()].every((port) => port % 2 === 0)).toBe(true);
    // Of 300, a thousand draws leave out 11 on average; each is drawn 3.3 times.
    expect(used.size).toBeGreaterThan(250);
    expect(Math.max(...used.values())).toBeLessThan(30);
  });
});

describe('hostile packets', () => {
  /** A network that delivers what the test makes up, without sockets in between. */
  function wire() {
    let next: Buffer[] = [];
    const udp: DirectUdp = {
      take: () => ({
        receive(onDatagram, nowMs) {
          for (const bytes of next.splice(0)) if (!onDatagram(bytes, peer, nowMs)) return;
        },
        send: () => true,
      }),
      flush: () => undefined,
    };
    return { udp, deliver: (packets: Buffer[]) => (next = packets) };
  }

  const random = (n: number): number => Math.floor(Math.random() * n);
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));

  /** By turns: noise, noise with a right first byte, a new source each, wild jumps of one source, digits without end. */
  function hostile(n: number): Buffer {
    const packet = noise(12 + random(200));
    const kind = n % 5;
    if (kind === 0) return packet;
    packet[0] = 0x80;
    if (kind === 1) return packet;
    packet[1] = kind === 4 ? 101 : 0;
    if (kind !== 2) packet.writeUInt32BE(77, 8);
    if (kind === 4) packet.writeUInt16BE(n & 0xffff, 2);
    return packet;
  }

  it('leave nothing in memory, a hundred thousand of them', async () => {
    const { udp, deliver } = wire();
    const { clock, told, host } = lobby(udp);
    const legId = 'leg' as LegId;
    host.handle({ kind: 'leg-open', legId, media: phoneMedia(peer) }, undefined);
    await until(() => told.length > 0, 'the leg');
    const flood = (ticks: number): number => {
      for (let tick = 0; tick < ticks; tick++) {
        deliver(Array.from({ length: 100 }, (_, n) => hostile(n)));
        clock.advance(20);
        told.length = 0;
      }
      collectGarbage();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    };
    const warm = flood(100);
    const after = flood(1_000);
    host.handle({ kind: 'leg-close', legId }, undefined);
    const stats = told.find((message) => message.kind === 'leg-closed')!.stats;
    expect(stats.invalidPackets + stats.packetsReceived).toBeGreaterThan(50_000);
    // 15 MB went by.
    expect(after - warm).toBeLessThan(1_000_000);
  });
});
