import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { systemClock, type Timer } from '../../src/base/clock.ts';
import type { LegCodec, MediaAddress } from '../../src/media/leg-state.ts';
import { writeRtpHeader } from '../../src/media/rtp/packet.ts';
import { SrtpSession } from '../../src/media/srtp/session.ts';
import type { SrtpSuite } from '../../src/media/srtp/suite.ts';
import { decodeMulaw, encodeMulaw } from '../demo/g711.ts';
import { nowMs } from '../demo/wire.ts';
import { BurstEar, burstFrame } from './media-delay.ts';
import { serve } from './media-link.ts';
import { quantile, rounded } from './media-process.ts';
import { agreedCodec, payloadsOf, type Payloads } from './media-sound.ts';

/**
 * All telephones of the media bench in one process: each sends 20 ms of coded sound every 20 ms, at a moment of its own within
 * them, and reads what comes back.
 */
interface NewPhones {
  readonly count: number;
  readonly codec: LegCodec;
  readonly srtp: {
    readonly suite: SrtpSuite;
    readonly phone: Uint8Array;
    readonly connector: Uint8Array;
  } | null;
}

interface PhoneLine {
  readonly socket: Socket;
  readonly remote: MediaAddress;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockPerFrame: number;
  readonly payloads: Payloads;
  readonly srtp: SrtpSession | null;
  readonly packet: Buffer;
  sequence: number;
  timestamp: number;
  at: number;
  bursts: { readonly saidMs: number[]; readonly heardMs: number[]; ear: BurstEar; tick: number } | null;
  /** Says bursts itself, and does not only listen for them. */
  saying: boolean;
}

/** Ticks of 2 ms: the lines of a real trunk do not send all at once. */
const phases = 10;
const phaseMs = 2;
/** Of a gated room: how many in a hundred talk at any time, and for how long each. */
const talkingShare = 5;
const turnTicks = 100;
const perSocket = 25;

/** 20 ms of nothing. */
const quietly = Buffer.alloc(160, encodeMulaw(0));

const codecs = new Map<LegCodec, Payloads>();
const lines: PhoneLine[] = [];
const sockets: Socket[] = [];
const bySource = new Map<string, PhoneLine>();
let gated = false;
let received = 0;

async function newSocket(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 << 20,
    // A name is never looked up here.
    lookup: (name, _, done) => done(null, name, 4),
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', (packet, from) => {
    received += 1;
    const line = bySource.get(`${from.port}`);
    if (line?.bursts == null || (packet[1]! & 0x7f) !== 0) return;
    const onset = line.bursts.ear.hear(Int16Array.from(packet.subarray(12), decodeMulaw), nowMs());
    if (onset !== null) line.bursts.heardMs.push(onset);
  });
  return socket;
}

function send(line: PhoneLine, index: number): void {
  line.at += 1;
  const talks = !gated || Math.floor(line.at / turnTicks + index) % talkingShare === 0;
  const { talking, quiet } = line.payloads;
  let payload = talks ? talking[line.at % talking.length]! : quiet[line.at % quiet.length]!;
  if (line.bursts !== null) {
    payload = quietly;
    if (line.saying) {
      const { frame, begins } = burstFrame(line.bursts.tick);
      line.bursts.tick += 1;
      payload = Buffer.from(Uint8Array.from(frame, encodeMulaw));
      if (begins) line.bursts.saidMs.push(nowMs());
    }
  }
  line.sequence = (line.sequence + 1) & 0xffff;
  line.timestamp = (line.timestamp + line.clockPerFrame) >>> 0;
  const { packet, payloadType, sequence, timestamp, ssrc, remote } = line;
  writeRtpHeader(packet, { payloadType, marker: false, sequence, timestamp, ssrc });
  packet.set(payload, 12);
  const plain = 12 + payload.length;
  const length = line.srtp === null ? plain : line.srtp.protectRtp(packet, 12, plain);
  // A copy: the system may still hold it when the next is written.
  line.socket.send(Buffer.from(packet.subarray(0, length)), remote.port, remote.address, () => undefined);
}

let due = systemClock.monoMs();
let phase = 0;
let timer: Timer | null = null;
/** How late each of the ticks was, since somebody asked: no network delays packets here, but this process may. */
let lateMs: number[] = [];
function tick(): void {
  lateMs.push(systemClock.monoMs() - due);
  for (let i = phase; i < lines.length; i += phases) send(lines[i]!, i);
  phase = (phase + 1) % phases;
  due += phaseMs;
  timer = systemClock.after(Math.max(0, due - systemClock.monoMs()), tick);
}

serve({
  /** Where the audio of phones number `from` to `from + count` is to go. */
  async addresses({ count }: { count: number }): Promise<MediaAddress[]> {
    const result: MediaAddress[] = [];
    for (let i = 0; i < count; i++) {
      const at = Math.floor((lines.length + i) / perSocket);
      while (sockets.length <= at) sockets.push(await newSocket());
      result.push({ address: '127.0.0.1', port: sockets[at]!.address().port });
    }
    return result;
  },
  call({ phones, remotes }: { phones: NewPhones; remotes: readonly MediaAddress[] }): void {
    const { codec, srtp } = phones;
    const { payloadType, clockRate } = agreedCodec(codec);
    const payloads = codecs.get(codec) ?? payloadsOf(codec);
    codecs.set(codec, payloads);
    for (const remote of remotes) {
      const ssrc = randomBytes(4).readUInt32BE();
      const line: PhoneLine = {
        ...{ remote, ssrc, payloadType, payloads, bursts: null, saying: false },
        socket: sockets[Math.floor(lines.length / perSocket)]!,
        clockPerFrame: clockRate / 50,
        srtp:
          srtp === null
            ? null
            : new SrtpSession(
                { suite: srtp.suite, local: srtp.phone, remote: srtp.connector },
                { ssrc, index: 1, rtcpIndex: 0 },
              ),
        packet: Buffer.alloc(1_500),
        sequence: 0,
        timestamp: randomBytes(4).readUInt32BE(),
        at: (lines.length * 53) % 1_000,
      };
      bySource.set(`${remote.port}`, line);
      lines.push(line);
    }
    if (timer === null) {
      due = systemClock.monoMs();
      tick();
    }
  },
  gate(on: boolean): void {
    gated = on;
  },
  /** From now on the first `count` lines say bursts, or say nothing and listen for them: callers also hear each other. */
  bursts({ count, saying }: { count: number; saying: boolean }): void {
    for (const [i, line] of lines.slice(0, count).entries()) {
      line.bursts = { saidMs: [], heardMs: [], ear: new BurstEar(), tick: i * 5 };
      line.saying = saying;
    }
  },
  burstTimes: () =>
    lines.flatMap(({ bursts, remote }) =>
      bursts === null ? [] : [{ port: remote.port, saidMs: bursts.saidMs, heardMs: bursts.heardMs }],
    ),
  received: () => received,
  late(): { readonly p99: number; readonly max: number } {
    const told = lateMs;
    lateMs = [];
    return { p99: rounded(quantile(told, 0.99), 1), max: rounded(quantile(told, 1), 1) };
  },
  hangUp(): void {
    lines.length = 0;
    bySource.clear();
    gated = false;
  },
});
