import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = join(import.meta.dirname, '../demo');

export type Sabotage = 'gate' | 'cryptor' | 'leak';

export interface DemoRun {
  readonly exit: number | null;
  /** The JSON object of the last line. */
  readonly result: Readonly<Record<string, unknown>> & { readonly failed: readonly string[] };
  readonly output: string;
}

/** Runs the demo as its own command would. `sabotage`: what test/demo/sabotage.ts breaks in every process of the run. */
export async function runDemo(...sabotage: readonly Sabotage[]): Promise<DemoRun> {
  const env = { ...process.env };
  if (sabotage.length > 0) {
    env.LATCHKEY_SABOTAGE = sabotage.join(',');
    env.NODE_OPTIONS = `--import=${pathToFileURL(join(folder, 'sabotage.ts')).href}`;
  }
  const demo = spawn(process.execPath, [join(folder, 'demo.ts')], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exit = await new Promise<number | null>((resolve) => demo.once('close', resolve));
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return { exit, result: JSON.parse(last) as DemoRun['result'], output };
}
