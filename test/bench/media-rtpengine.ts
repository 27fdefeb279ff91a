import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaAddress } from '../../src/media/leg-state.ts';
import { startProcess, type BenchProcess } from './media-link.ts';
import { measured, rounded, waitedMs } from './media-process.ts';

/**
 * rtpengine's CPU for as many calls between Opus and PCMU, in user space, both ways: what the same work without end-to-end encryption,
 * room and consent costs in C. Null where it is not installed.
 */
type Bencoded = string | number | readonly Bencoded[] | { readonly [key: string]: Bencoded };

const ngPort = 42_223;

/** Packets a second that a call has each way, of 50: less, and it is not the same work. */
const leastPackets = 48;

/** With half as many calls, and so on, where so many are more than it can carry: what it costs a call then stands. */
export async function benchRtpengine(calls: number, seconds: number): Promise<Record<string, unknown>> {
  if (spawnSync('rtpengine', ['--version'], { stdio: 'ignore' }).error !== undefined)
    return { rtpengine40MsPerCallS: null };
  for (let count = calls; ; count = Math.ceil(count / 2)) {
    const run = await runRtpengine(count, seconds);
    console.error(JSON.stringify(run));
    const passed = Math.min(run.toPhones, run.toBrowsers) >= leastPackets;
    if (!passed && count > 1) continue;
    return { rtpengine40MsPerCallS: passed ? run.msPerCallS : null, rtpengine: run };
  }
}

interface Run {
  readonly calls: number;
  readonly msPerCallS: number;
  /** Packets a second and call. */
  readonly toPhones: number;
  readonly toBrowsers: number;
  /** Ms a second for which it could have run and had no CPU. */
  readonly waited: number;
}

async function runRtpengine(calls: number, seconds: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-rtpengine-'));
  const engine = startEngine(folder);
  const ng = new NgClient();
  const [phones, browsers] = await Promise.all([
    startProcess('./media-phones.ts'),
    startProcess('./media-phones.ts'),
  ]);
  try {
    await ng.ready();
    await callAll({ ng, phones, browsers }, calls);
    await new Promise((done) => setTimeout(done, 4_000));
    const pid = engine.pid ?? -1;
    const before = await Promise.all([phones.ask<number>('received'), browsers.ask<number>('received')]);
    const waited = waitedMs(pid);
    const used = await measured({ engine: pid }, seconds);
    const waitedMsPerS = (waitedMs(pid) - waited) / seconds;
    const after = await Promise.all([phones.ask<number>('received'), browsers.ask<number>('received')]);
    const [toPhones = 0, toBrowsers = 0] = after.map((n, i) => (n - (before[i] ?? 0)) / calls / seconds);
    return {
      ...{ calls, msPerCallS: rounded(used.engine / calls) },
      ...{ toPhones: rounded(toPhones, 1), toBrowsers: rounded(toBrowsers, 1) },
      waited: rounded(waitedMsPerS, 0),
    };
  } finally {
    ng.close();
    await Promise.all([phones.stop(), browsers.stop()]);
    const ended = new Promise((done) => engine.once('exit', done));
    engine.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function startEngine(folder: string): ChildProcess {
  const args = [
    ...['--config-file=none', '--interface=127.0.0.1', `--listen-ng=127.0.0.1:${ngPort}`, '--table=-1'],
    ...['--foreground', '--log-stderr', '--log-level=2', '--port-min=45000', '--port-max=46999'],
    ...['--num-threads=2', `--pidfile=${join(folder, 'pid')}`],
  ];
  return spawn('rtpengine', args, { stdio: 'ignore' });
}

interface Sides {
  readonly ng: NgClient;
  readonly phones: BenchProcess;
  readonly browsers: BenchProcess;
}

async function callAll({ ng, phones, browsers }: Sides, calls: number): Promise<void> {
  const [near, far] = await Promise.all([
    phones.ask<MediaAddress[]>('addresses', { count: calls }),
    browsers.ask<MediaAddress[]>('addresses', { count: calls }),
  ]);
  const toPhones: MediaAddress[] = [];
  const toBrowsers: MediaAddress[] = [];
  for (let i = 0; i < calls; i++) {
    const names = { 'call-id': `bench-${i}`, 'from-tag': 'a' };
    const clean = { replace: ['origin', 'session-connection'], ICE: 'remove' };
    const offered = await ng.ask({
      ...{ command: 'offer', ...names, ...clean, 'transport-protocol': 'RTP/AVP', 'rtcp-mux': ['demux'] },
      sdp: sdpOf(far[i]!, 96, 'opus/48000/2'),
      codec: { mask: ['opus'], transcode: ['PCMU'], set: ['opus/48000/1/24000'] },
    });
    const answered = await ng.ask({
      ...{ command: 'answer', ...names, 'to-tag': 'b', ...clean },
      sdp: sdpOf(near[i]!, 0, 'PCMU/8000'),
    });
    toPhones.push(audioPort(offered));
    toBrowsers.push(audioPort(answered));
  }
  // The offer's description is what the phone is sent, so it is where the phone sends to.
  await phones.ask('call', { phones: { codec: 'PCMU', srtp: null }, remotes: toPhones });
  await browsers.ask('call', { phones: { codec: 'opus', srtp: null }, remotes: toBrowsers });
}

function sdpOf({ address, port }: MediaAddress, payloadType: number, map: string): string {
  return [
    ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...[
      `m=audio ${port} RTP/AVP ${payloadType}`,
      `a=rtpmap:${payloadType} ${map}`,
      'a=ptime:20',
      'a=sendrecv',
      '',
    ],
  ].join('\r\n');
}

function audioPort(reply: string): MediaAddress {
  const port = Number(/m=audio (\d+)/.exec(reply)?.[1]);
  if (!Number.isInteger(port)) throw new Error(`rtpengine: ${reply.slice(0, 200)}`);
  return { address: '127.0.0.1', port };
}

/** rtpengine's ng protocol: a cookie, a space, a bencoded dictionary, over UDP. */
class NgClient {
  readonly #socket: Socket = createSocket('udp4');
  readonly #waiting = new Map<string, (reply: string) => void>();
  #count = 0;

  constructor() {
    this.#socket.on('message', (packet) => {
      const text = packet.toString('latin1');
      const cookie = text.slice(0, text.indexOf(' '));
      this.#waiting.get(cookie)?.(text.slice(cookie.length + 1));
      this.#waiting.delete(cookie);
    });
  }

  ask(message: { readonly [key: string]: Bencoded }, ms = 3_000): Promise<string> {
    const cookie = `c${(this.#count += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('rtpengine does not answer')), ms);
      this.#waiting.set(cookie, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.#socket.send(`${cookie} ${bencode(message)}`, ngPort, '127.0.0.1');
    });
  }

  async ready(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const reply = await this.ask({ command: 'ping' }, 200).catch(() => '');
      if (reply.includes('pong')) return;
    }
    throw new Error('rtpengine did not start');
  }

  close(): void {
    this.#socket.close();
  }
}

function bencode(value: Bencoded): string {
  if (typeof value === 'number') return `i${value}e`;
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (Array.isArray(value)) return `l${value.map((each) => bencode(each as Bencoded)).join('')}e`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `d${entries.map(([key, each]) => bencode(key) + bencode(each)).join('')}e`;
}
