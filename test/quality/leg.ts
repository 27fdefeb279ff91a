import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import type { LegId } from '../../src/base/ids.ts';
import { createEncoder } from '../../src/media/codec/leg-codecs.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import { MediaLeg } from '../../src/media/leg.ts';
import type { AgreedCodec } from '../../src/media/leg-state.ts';
import { writeRtpHeader } from '../../src/media/rtp/packet.ts';
import { manualClock } from '../support/clock.ts';
import type { Network } from './network.ts';

/** What the room hears of a telephone behind a bad network. */
export interface Heard {
  readonly pcm: Int16Array;
  readonly concealedFrames: number;
  readonly mos: number;
}

const ssrc = 0x51_0a_11_7e;

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

/**
 * `frames` of 20 ms at the codec's rate: from the telephone's socket through a relay, which loses and delays, to the real leg's socket;
 * then what the leg hands to the room. On a clock of its own, so that neither this machine's load nor its timers are measured, and no
 * run takes as long as the speech.
 */
export async function throughNetwork(
  codec: AgreedCodec,
  frames: readonly Int16Array[],
  { delayMs }: Network,
  concealing: boolean,
): Promise<Heard> {
  Object.assign(globalThis, { withoutConcealment: !concealing });
  const clock = manualClock();
  const [phone, relay, connector] = await Promise.all([bound(), bound(), bound()]);
  const encoder = createEncoder(codec, () => loadOpus().codec);
  const leg = new MediaLeg({
    legId: 'quality' as LegId,
    media: {
      codec,
      ...{ events: null, srtp: null, send: false, receive: true },
      rtcp: { mux: true, remote: relay.address() },
      remote: relay.address(),
    },
    ...{ socket: connector, clock, randomInt: (n: number) => randomInt(n) },
    opus: () => loadOpus().codec,
    onDigit: () => undefined,
  });
  leg.start();
  const relayed: Buffer[] = [];
  relay.on('message', (packet) => void relayed.push(packet));
  const due: { readonly atMs: number; readonly packet: Buffer }[] = [];
  const pulled: Int16Array[] = [];
  let delivered = 0;
  for (let ms = 0; ms < (frames.length + 25) * 20; ms++) {
    const frame = ms % 20 === 0 ? frames[ms / 20] : undefined;
    if (frame !== undefined) {
      const n = ms / 20;
      await new Promise((done) => phone.send(packetOf(encoder, codec, frame, n), relay.address().port, done));
      await until(() => relayed.length > n);
      const delay = delayMs(n);
      if (delay !== null) due.push({ atMs: ms + delay, packet: relayed[n]! });
    }
    for (const late of due.filter(({ atMs }) => atMs <= ms)) {
      due.splice(due.indexOf(late), 1);
      relay.send(late.packet, connector.address().port);
      delivered += 1;
      await until(() => leg.counts.packetsReceived + leg.counts.invalidPackets >= delivered);
    }
    // The room's tick is anywhere between two packets.
    if (ms % 20 === 7) pulled.push(leg.pullFromCaller()?.slice() ?? new Int16Array(leg.rate / 50));
    clock.advance(1);
  }
  const { concealedFrames } = leg.counts;
  const { mos } = leg.quality;
  leg.close();
  encoder.close();
  phone.close();
  relay.close();
  return { pcm: Int16Array.from(pulled.flatMap((each) => [...each])), concealedFrames, mos };
}

function packetOf(
  encoder: ReturnType<typeof createEncoder>,
  { payloadType, clockRate }: AgreedCodec,
  frame: Int16Array,
  n: number,
): Buffer {
  const packet = Buffer.alloc(1_500);
  const timestamp = (n * clockRate) / 50;
  writeRtpHeader(packet, { payloadType, marker: n === 0, sequence: n & 0xffff, timestamp, ssrc });
  return packet.subarray(0, 12 + encoder.encode(frame, packet, 12));
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('a packet was lost on loopback');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
