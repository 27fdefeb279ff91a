import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { netstringReader, writeNetstring } from './sip-netstring.ts';
import { waitUntil } from './sip-until.ts';

/**
 * baresip as a caller or callee without a sound card: it speaks a WAV file and records what it hears. Everything on
 * loopback, every port free, everything gone after `stop`.
 */
export interface BaresipOptions {
  /** Mono, 8 kHz WAV. The call ends when the file ends, so pad it. Silence of two minutes where none is given. */
  readonly speak?: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Certificate and key in one file, and the authority that it checks servers by: needed where `transport` is tls. */
  readonly tls?: { readonly bothFile: string; readonly caFile: string };
  /** Loopback address, IPv4 or IPv6; left out: 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
  readonly user?: string;
  /** Answers incoming calls by itself. */
  readonly autoAnswer?: boolean;
  readonly codecs?: string;
  readonly dtmfMode?: 'rtpevent' | 'info';
  /** Of the file that is spoken and of what is recorded; without it 8 kHz mono. Opus wants 48 kHz stereo. */
  readonly sound?: { readonly rate: number; readonly channels: number };
  /** SRTP by SDES: offered and demanded, whatever the transport. */
  readonly srtp?: boolean;
}

export interface BaresipEvent {
  /** CALL_ESTABLISHED, CALL_CLOSED, CALL_RINGING, CALL_DTMF_START, ... */
  readonly type: string;
  /** The reason of CALL_CLOSED, the key of CALL_DTMF_START. */
  readonly param: string;
}

export interface Baresip {
  /** sip:user@127.0.0.1:port;transport=… */
  readonly address: string;
  readonly events: readonly BaresipEvent[];
  dial(uri: string): Promise<void>;
  hangUp(): Promise<void>;
  /** One digit after the other, as a person would press them. */
  press(digits: string): Promise<void>;
  hold(): Promise<void>;
  resume(): Promise<void>;
  event(type: string, timeoutMs?: number): Promise<BaresipEvent>;
  /** The WAV files of what it heard, complete once the call has ended. */
  heard(): Promise<string[]>;
  stop(): Promise<void>;
}

const modules = ['g711', 'g722', 'opus', 'srtp', 'aufile', 'sndfile', 'uuid', 'account', 'menu', 'ctrl_tcp'];

/** Another program may take a port between its choice and its use, and the one above, which baresip takes for TLS, is not chosen. */
const mostStarts = 4;

export async function startBaresip(options: BaresipOptions = {}): Promise<Baresip> {
  for (let starts = 1; ; starts++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (starts === mostStarts || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function startOnce(options: BaresipOptions): Promise<Baresip> {
  const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
  const user = options.user ?? 'alice';
  const [sipPort, controlPort] = [await freePort(), await freePort()];
  const speak = options.speak ?? join(folder, 'silence.wav');
  if (options.speak === undefined) await writeFile(speak, silence(120));
  await writeFile(
    join(folder, 'config'),
    config(folder, {
      ...{ sipPort, controlPort, speak, sound: options.sound ?? { rate: 8_000, channels: 1 } },
      ...{ host: bracketed(options.host), interface: options.host ?? '127.0.0.1' },
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    }),
  );
  await writeFile(join(folder, 'accounts'), account(user, sipPort, options));
  const child = spawn('baresip', ['-f', folder], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  try {
    const control = await openControl(controlPort, child);
    // It listens for TLS one port above.
    const place = `${bracketed(options.host)}:${options.transport === 'tls' ? sipPort + 1 : sipPort}`;
    const param =
      options.transport === undefined || options.transport === 'udp' ? '' : `;transport=${options.transport}`;
    return phone({ folder, child, control, address: `sip:${user}@${place}${param}` });
  } catch (error) {
    await end(child);
    await rm(folder, { recursive: true, force: true });
    throw new Error(`baresip did not start:\n${output}`, { cause: error });
  }
}

interface Parts {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly control: Control;
  readonly address: string;
}

function phone({ folder, child, control, address }: Parts): Baresip {
  return {
    address,
    events: control.events,
    dial: (uri) => control.command('dial', uri),
    hangUp: () => control.command('hangup', ''),
    async press(digits) {
      for (const digit of digits) {
        await control.command('sndcode', digit);
        // A key is held and let go: baresip sends the end of the event with the empty code.
        await new Promise((done) => setTimeout(done, 120));
        await control.command('sndcode', '\u0004');
        await new Promise((done) => setTimeout(done, 120));
      }
    },
    hold: () => control.command('hold', ''),
    resume: () => control.command('resume', ''),
    async event(type, timeoutMs = 10_000) {
      await waitUntil(() => control.events.some((e) => e.type === type), `baresip ${type}`, timeoutMs);
      return control.events.find((e) => e.type === type)!;
    },
    async heard() {
      const names = (await readdir(folder)).filter((name) => /^dump-.*-dec\.wav$/.test(name)).sort();
      return names.map((name) => join(folder, name));
    },
    async stop() {
      control.close();
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Control {
  readonly events: BaresipEvent[];
  command(command: string, params: string): Promise<void>;
  close(): void;
}

async function openControl(port: number, child: ChildProcess): Promise<Control> {
  const socket = await connected(port, child);
  const events: BaresipEvent[] = [];
  const waiting = new Map<string, (ok: boolean) => void>();
  let next = 1;
  socket.on('error', () => undefined);
  socket.on(
    'data',
    netstringReader((payload) => {
      const message = JSON.parse(payload) as Record<string, unknown>;
      if (message['event'] === true) {
        const { type, param } = message;
        events.push({
          type: typeof type === 'string' ? type : '',
          param: typeof param === 'string' ? param : '',
        });
      } else waiting.get(String(message['token']))?.(message['ok'] === true);
    }),
  );
  return {
    events,
    command: (command, params) =>
      new Promise((resolve, reject) => {
        const token = String(next++);
        waiting.set(token, (ok) => {
          waiting.delete(token);
          if (ok) resolve();
          else reject(new Error(`baresip refused ${command}`));
        });
        socket.write(writeNetstring(JSON.stringify({ command, params, token })));
      }),
    close: () => socket.destroy(),
  };
}

async function connected(port: number, child: ChildProcess): Promise<Socket> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) break;
    const socket = await new Promise<Socket | null>((resolve) => {
      const trying = connect(port, '127.0.0.1', () => resolve(trying));
      trying.once('error', () => resolve(null));
    });
    if (socket !== null) return socket;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('no control port');
}

function bracketed(host = '127.0.0.1'): string {
  return host.includes(':') ? `[${host}]` : host;
}

interface Setting {
  readonly sipPort: number;
  readonly controlPort: number;
  readonly speak: string;
  readonly sound: { readonly rate: number; readonly channels: number };
  readonly host: string;
  readonly interface: string;
  readonly tls?: { readonly bothFile: string; readonly caFile: string };
}

function config(folder: string, ports: Setting): string {
  return [
    'poll_method epoll',
    `sip_listen ${ports.host}:${ports.sipPort}`,
    ...(ports.tls === undefined
      ? []
      : [`sip_certificate ${ports.tls.bothFile}`, `sip_cafile ${ports.tls.caFile}`]),
    `net_interface ${ports.interface}`,
    `audio_source aufile,${ports.speak}`,
    `audio_channels ${ports.sound.channels}-${ports.sound.channels}`,
    `ausrc_srate ${ports.sound.rate}`,
    `auplay_srate ${ports.sound.rate}`,
    `snd_path ${folder}`,
    'module_path /usr/lib/baresip/modules',
    ...modules.map((name) => `module ${name}.so`),
    `ctrl_tcp_listen 127.0.0.1:${ports.controlPort}`,
    'rtp_ports 30000-39999',
    '',
  ].join('\n');
}

function account(user: string, sipPort: number, options: BaresipOptions): string {
  const { transport = 'udp', codecs = 'pcmu,pcma', dtmfMode = 'rtpevent', autoAnswer = false } = options;
  const secured = options.srtp === true ? ';mediaenc=srtp-mand' : '';
  const answer = autoAnswer ? ';answermode=auto' : '';
  return `<sip:${user}@${bracketed(options.host)}:${sipPort};transport=${transport}>;regint=0;audio_codecs=${codecs};dtmfmode=${dtmfMode}${answer}${secured}\n`;
}

/** 16-bit mono WAV at 8 kHz. */
function silence(seconds: number): Buffer {
  const bytes = seconds * 8_000 * 2;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(bytes, 40);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}

/** A TCP port that is free now; UDP of the same number is, as far as anybody on this machine goes, as well. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, host, done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((done) => server.close(done));
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await ended;
  clearTimeout(insist);
}
