import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../support/sip-until.ts';

/** A sound card that is none: Firefox's AudioContext stands still on a machine without any. */
export interface NullSound {
  /** For Firefox's environment. */
  readonly server: string;
  stop(): Promise<void>;
}

export async function startNullSound(): Promise<NullSound> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-sound-'));
  const socket = join(folder, 'pulse.sock');
  const child = spawn(
    'pulseaudio',
    [
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--disable-shm=yes',
      '-n',
      '--load=module-null-sink',
      `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder } },
  );
  const leave = (): void => void child.kill('SIGKILL');
  process.once('exit', leave);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await waitUntil(() => existsSync(socket), 'the null sound server', 15_000);
  return {
    server: `unix:${socket}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', leave);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
