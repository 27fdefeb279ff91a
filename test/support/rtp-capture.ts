import { spawn } from 'node:child_process';
import { decodeUlaw } from './ulaw.ts';

/**
 * What went over the wire towards phones, taken off the loopback interface by tshark: not what any process of ours
 * believes it sent. Streams are told apart by the port they go to, in the order of their first packet.
 */
export interface CapturedStream {
  readonly port: number;
  /** When each packet passed, ms since 1970, and its sound. */
  readonly packets: readonly { readonly at: number; readonly pcm: Int16Array }[];
}

export interface RtpCapture {
  /** Ends the capture; the streams seen. */
  stop(): Promise<CapturedStream[]>;
}

/** PCMU packets of 20 ms whose source port lies in the given range. */
export async function captureRtp(sourcePorts: {
  readonly min: number;
  readonly max: number;
}): Promise<RtpCapture> {
  const { min, max } = sourcePorts;
  const fields = ['frame.time_epoch', 'udp.srcport', 'udp.dstport', 'udp.payload'].flatMap((field) => [
    '-e',
    field,
  ]);
  const child = spawn(
    'tshark',
    ['-i', 'lo', '-l', '-n', '-q', '-f', `udp src portrange ${min}-${max}`, '-T', 'fields', ...fields],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      if (errors.includes('Capturing on')) resolve();
    });
    child.once('exit', () => reject(new Error(`tshark cannot capture on the loopback interface: ${errors}`)));
  });
  return {
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      return streamsOf(text);
    },
  };
}

function streamsOf(text: string): CapturedStream[] {
  const streams = new Map<number, { at: number; pcm: Int16Array }[]>();
  for (const line of text.split('\n')) {
    const [time, , port, hex] = line.split('\t');
    if (time === undefined || port === undefined || hex === undefined) continue;
    const packet = Buffer.from(hex.replaceAll(':', ''), 'hex');
    // RTP version 2 without extensions, payload type 0 (RFC 3551 §6), 20 ms.
    if (packet.length !== 172 || packet[0] !== 0x80 || (packet[1]! & 0x7f) !== 0) continue;
    const known = streams.get(Number(port)) ?? [];
    known.push({ at: Number(time) * 1_000, pcm: decodeUlaw(packet.subarray(12)) });
    streams.set(Number(port), known);
  }
  return [...streams].map(([port, packets]) => ({ port, packets }));
}

/** The sound of a stream between two moments. */
export function soundBetween(stream: CapturedStream, from: number, to: number): Int16Array {
  const parts = stream.packets.filter(({ at }) => at >= from && at < to);
  const pcm = new Int16Array(parts.length * 160);
  parts.forEach((part, i) => pcm.set(part.pcm, i * 160));
  return pcm;
}
