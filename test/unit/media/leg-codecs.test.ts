import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createDecoder, createEncoder } from '../../../src/media/codec/leg-codecs.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import { MediaLeg } from '../../../src/media/leg.ts';
import type { AgreedCodec, AgreedSrtp, LegMedia, LegSnapshot } from '../../../src/media/leg-state.ts';
import { parseRtp, rtpHeaderLength, writeRtpHeader } from '../../../src/media/rtp/packet.ts';
import { SrtpSession } from '../../../src/media/srtp/session.ts';
import { masterLength } from '../../../src/media/srtp/suite.ts';
import { manualClock } from '../../support/clock.ts';
import { phoneMedia, until } from '../../support/rtp.ts';
import { peakAt, rms, sine } from '../../support/tone.ts';

const opus = loadOpus().codec;
const codecs = {
  PCMU: { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
  PCMA: { name: 'PCMA', payloadType: 8, clockRate: 8_000, channels: 1, fmtp: null },
  G722: { name: 'G722', payloadType: 9, clockRate: 8_000, channels: 1, fmtp: null },
  opus: { name: 'opus', payloadType: 111, clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
} as const satisfies Record<string, AgreedCodec>;

const suite = 'AEAD_AES_256_GCM';
const newKeys = (): AgreedSrtp => ({
  ...{ suite, local: randomBytes(masterLength(suite)), remote: randomBytes(masterLength(suite)) },
});
/** A leg wipes the keys that it was given: each side gets copies. */
const copied = (keys: AgreedSrtp): AgreedSrtp => structuredClone(keys);
const mirrored = ({ local, remote }: AgreedSrtp): AgreedSrtp =>
  copied({ suite, local: remote, remote: local });

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return socket;
}

/** A leg on a clock that stands, and a phone of the same codec. */
async function call(codec: AgreedCodec, srtp: AgreedSrtp | null = null) {
  const clock = manualClock();
  const socket = await bound();
  const received: Buffer[] = [];
  socket.on('message', (packet) => received.push(packet));
  open.push(socket);
  const media: LegMedia = {
    ...phoneMedia({ address: '127.0.0.1', port: socket.address().port }),
    ...{ codec, srtp: srtp === null ? null : copied(srtp) },
  };
  const digits: string[] = [];
  const legOf = (legSocket: Socket, given: LegMedia, snapshot?: LegSnapshot): MediaLeg => {
    const leg = new MediaLeg({
      ...{ legId: 'leg' as LegId, media: given, socket: legSocket, clock, opus: () => opus },
      randomInt: (n) => Math.floor(Math.random() * n),
      onDigit: (digit) => digits.push(digit),
      ...(snapshot === undefined ? {} : { snapshot }),
    });
    leg.start();
    return leg;
  };
  const legSocket = await bound();
  const leg = legOf(legSocket, media);
  open.push({ close: () => leg.close() });
  const to = leg.local;
  const send = (packet: Uint8Array): void => socket.send(packet, to.port, to.address);
  const phone = new PhoneSide(codec, srtp === null ? null : mirrored(srtp));
  return { clock, leg, legOf, legSocket, media, received, send, phone, digits };
}

/** Speaks and hears one codec, with or without SRTP. */
class PhoneSide {
  srtp: SrtpSession | null;
  #sequence = 100;
  #n = 0;
  readonly #encoder;
  readonly #decoder;
  readonly #type;

  constructor(codec: AgreedCodec, srtp: AgreedSrtp | null) {
    this.#encoder = createEncoder(codec, () => opus);
    this.#decoder = createDecoder(codec, () => opus);
    this.#type = codec.payloadType;
    this.srtp =
      srtp === null ? null : new SrtpSession(srtp, { ssrc: 77, index: this.#sequence, rtcpIndex: 0 });
  }

  /** 20 ms of a tone whose frequency is given at 8 kHz. */
  packet(hertz: number): Buffer {
    const { rate, clockRate } = this.#encoder;
    const samples = rate / 50;
    const packet = Buffer.alloc(500);
    const n = this.#n++;
    writeRtpHeader(packet, {
      ...{ payloadType: this.#type, marker: n === 0, ssrc: 77 },
      ...{ sequence: this.#sequence++ & 0xffff, timestamp: (n * clockRate) / 50 },
    });
    const pcm = sine((hertz * 8_000) / rate, samples, 8_000, n * samples);
    const length = rtpHeaderLength + this.#encoder.encode(pcm, packet, rtpHeaderLength);
    return packet.subarray(0, this.srtp?.protectRtp(packet, rtpHeaderLength, length) ?? length);
  }

  /** What a packet of the leg sounds like; null where it is not for this phone. */
  heard(datagram: Buffer): Int16Array | null {
    const plain = this.srtp === null ? null : this.srtp.unprotectRtp(Buffer.from(datagram), 0);
    if (plain?.ok === false) return null;
    const parsed = parseRtp(plain?.value ?? datagram);
    if (!parsed.ok || parsed.value.payloadType !== this.#type) return null;
    return this.#decoder.decode({ payloadType: this.#type, bytes: parsed.value.payload }).slice();
  }
}

type Call = Awaited<ReturnType<typeof call>>;

/** So many ticks in both directions; what each side heard in the last of them. */
async function talk(one: Call, ticks: number, leg = one.leg) {
  const wide = leg.rate === 16_000;
  let fromCaller: Int16Array | null = null;
  const from = one.received.length;
  for (let n = 0; n < ticks; n++) {
    const before = leg.counts;
    one.send(one.phone.packet(1_000));
    const arrived = (): number => leg.counts.packetsReceived + leg.counts.invalidPackets;
    await until(() => arrived() > before.packetsReceived + before.invalidPackets, 'the packet');
    one.clock.advance(20);
    fromCaller = leg.pullFromCaller()?.slice() ?? null;
    leg.sendToCaller(wide ? sine(1_500 / 2, 320, 8_000, n * 320) : sine(1_500, 160, 8_000, n * 160));
  }
  await until(() => one.received.length >= from + ticks, 'the packets of the leg');
  const heard = one.received.slice(from).map((packet) => one.phone.heard(packet));
  return { fromCaller, toCaller: heard.at(-1) ?? null, heard };
}

/** The tone of `hertz` within samples of 8 or 16 kHz. */
const toneIn = (pcm: Int16Array | null, hertz: number): number => {
  if (pcm === null) return 0;
  return pcm.length === 320 ? peakAt(hertz / 2, pcm) : peakAt(hertz, pcm);
};

describe.each(Object.values(codecs))('a leg with $name', (codec) => {
  it('carries a tone both ways, at its own rate', async () => {
    const one = await call(codec);
    const wide = codec.name === 'G722' || codec.name === 'opus';
    expect(one.leg.rate).toBe(wide ? 16_000 : 8_000);
    const { fromCaller, toCaller } = await talk(one, 20);
    expect(fromCaller).toHaveLength(wide ? 320 : 160);
    expect(toneIn(fromCaller, 1_000)).toBeGreaterThan(5_000);
    expect(toneIn(toCaller, 1_500)).toBeGreaterThan(5_000);
  });
});

describe('a leg', () => {
  it('changes its codec in the call; where the clock changes too, the stream is another one', async () => {
    const one = await call(codecs.PCMU);
    await talk(one, 5);
    const ssrcOf = (packet: Buffer): number => packet.readUInt32BE(8);
    const first = ssrcOf(one.received.at(-1)!);
    for (const codec of [codecs.G722, codecs.opus]) {
      one.leg.update({ ...one.media, codec });
      one.phone = new PhoneSide(codec, null);
      const { fromCaller, toCaller } = await talk(one, 20);
      expect(toneIn(fromCaller, 1_000)).toBeGreaterThan(5_000);
      expect(toneIn(toCaller, 1_500)).toBeGreaterThan(5_000);
      const same = ssrcOf(one.received.at(-1)!) === first;
      expect(same).toBe(codec.name === 'G722');
    }
  });
});

describe('a leg with SRTP', () => {
  it('sends nothing in clear and believes nothing in clear', async () => {
    const keys = newKeys();
    const one = await call(codecs.PCMU, keys);
    const { fromCaller, toCaller } = await talk(one, 10);
    expect(toneIn(fromCaller, 1_000)).toBeGreaterThan(5_000);
    expect(toneIn(toCaller, 1_500)).toBeGreaterThan(5_000);
    // What went over the wire is noise to whoever has no key.
    const wire = one.received.at(-1)!;
    expect(new PhoneSide(codecs.PCMU, null).heard(wire)).not.toBeNull();
    expect(toneIn(new PhoneSide(codecs.PCMU, null).heard(wire)!.subarray(0, 160), 1_500)).toBeLessThan(5_000);

    const plain = new PhoneSide(codecs.PCMU, null);
    const before = one.leg.counts;
    for (let n = 0; n < 10; n++) one.send(plain.packet(1_000));
    await until(() => one.leg.counts.invalidPackets === before.invalidPackets + 10, 'ten refusals');
    expect(one.leg.counts.packetsReceived).toBe(before.packetsReceived);
  });

  it('goes on in another process: no index twice, and nothing old opens again', async () => {
    const one = await call(codecs.PCMU, newKeys());
    await talk(one, 10);
    const old = one.phone.packet(1_000);
    one.send(old);
    await until(() => one.leg.counts.packetsReceived === 11, 'the packet');
    const { snapshot } = one.leg.release();
    const moved = structuredClone(snapshot);
    one.leg.forget();
    // The test's own process keeps the socket; the keys of the leg that left are gone.
    expect(rms(Int16Array.from(one.media.srtp!.local))).toBe(0);
    const leg = one.legOf(one.legSocket, moved.media, moved);
    const { toCaller, fromCaller } = await talk(one, 10, leg);
    expect(toneIn(fromCaller, 1_000)).toBeGreaterThan(5_000);
    expect(toneIn(toCaller, 1_500)).toBeGreaterThan(5_000);
    const { invalidPackets } = leg.counts;
    one.send(old);
    await until(() => leg.counts.invalidPackets === invalidPackets + 1, 'the replay refused');
    leg.close();
  });

  it('takes other keys in the call', async () => {
    const keys = newKeys();
    const one = await call(codecs.PCMU, keys);
    await talk(one, 10);
    const others = newKeys();
    one.leg.update({ ...one.media, srtp: copied(others) });
    one.phone = new PhoneSide(codecs.PCMU, mirrored(others));
    const { fromCaller, toCaller } = await talk(one, 10);
    expect(toneIn(fromCaller, 1_000)).toBeGreaterThan(5_000);
    expect(toneIn(toCaller, 1_500)).toBeGreaterThan(5_000);
  });
});
