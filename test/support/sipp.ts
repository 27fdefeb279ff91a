import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One run of sipp: a scenario of its own, against a target or waiting for calls. */
export interface SippOptions {
  /** `host:port` to call; without it sipp waits for calls. */
  readonly target?: string;
  /** `uac` and `uas` are built in; anything else is the XML of a scenario. */
  readonly scenario: string;
  readonly transport?: 'udp' | 'tcp';
  readonly host?: string;
  readonly port?: number;
  readonly calls?: number;
  readonly callsPerSecond?: number;
  /** Length of a call of the built-in scenario. */
  readonly durationMs?: number;
  readonly timeoutMs?: number;
  readonly extra?: readonly string[];
}

export interface SippResult {
  /** 0: every call as the scenario says; 1: at least one call failed; 97..99 and 255: sipp itself. */
  readonly exitCode: number;
  readonly output: string;
}

export interface SippRun {
  readonly result: Promise<SippResult>;
  stop(): void;
}

export function runSipp(options: SippOptions): Promise<SippResult> {
  return startSipp(options).result;
}

export function startSipp(options: SippOptions): SippRun {
  const stopping = new AbortController();
  return { result: run(options, stopping.signal), stop: () => stopping.abort() };
}

async function run(options: SippOptions, stopping: AbortSignal): Promise<SippResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
  try {
    const args = await argumentsOf(options, folder);
    return await new Promise((resolve, reject) => {
      const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      const keep = (chunk: Buffer): void => {
        output = (output + chunk.toString('latin1')).slice(-20_000);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      stopping.addEventListener('abort', () => child.kill('SIGKILL'));
      child.on('error', reject);
      child.on('exit', (code) => resolve({ exitCode: code ?? -1, output }));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function argumentsOf(options: SippOptions, folder: string): Promise<string[]> {
  const { target, scenario, transport = 'udp', host = '127.0.0.1', calls = 1 } = options;
  const args: string[] = target === undefined ? [] : [target];
  if (scenario === 'uac' || scenario === 'uas') args.push('-sn', scenario);
  else {
    const file = join(folder, 'scenario.xml');
    await writeFile(file, scenario);
    args.push('-sf', file);
  }
  args.push('-i', host, '-mi', host, '-m', String(calls), '-r', String(options.callsPerSecond ?? 10));
  args.push('-t', transport === 'tcp' ? 't1' : 'u1', '-nostdin', '-nd');
  args.push('-timeout', `${Math.ceil((options.timeoutMs ?? 20_000) / 1_000)}s`, '-timeout_error');
  if (options.port !== undefined) args.push('-p', String(options.port));
  if (options.durationMs !== undefined) args.push('-d', String(options.durationMs));
  return [...args, ...(options.extra ?? [])];
}
