import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatchkeyError } from '../base/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { framed, levelled, lobbySound, trimmed, wav } from './prompt-audio.ts';
import { helpTail } from './table.ts';

const help = `latchkey prompts: make the spoken prompts anew from their text table

Usage: latchkey prompts [--language LANG] [--dir FOLDER]

  --language LANG   en (the default): reads FOLDER/LANG.json, writes FOLDER/LANG/*.wav
  --dir FOLDER      default: the prompts that come with Latchkey

Needs Debian's packages flite and sox. To use recordings of your own instead, put WAV files of the same names (8 kHz,
mono, 16 bit) into a folder and name it in media.promptsDir; see docs/media.md.
${helpTail('prompts')}`;

const bundled = fileURLToPath(new URL('../../config/prompts', import.meta.url));

/** Runs a tool; its standard output. @throws LatchkeyError `usage` where it is missing or fails */
function tool(name: string, args: readonly string[]): Buffer {
  const run = spawnSync(name, args, { maxBuffer: 64 << 20 });
  if (run.error !== undefined || run.status !== 0) {
    const detail = run.error?.message ?? run.stderr.toString().split('\n')[0] ?? '';
    throw new LatchkeyError('usage', `${name} did not run (Debian packages flite and sox): ${detail}`);
  }
  return run.stdout;
}

/** Spoken text as 8 kHz PCM, limited to what a telephone carries (ITU-T G.712: 300 to 3400 Hz). */
function speak(text: string, scratch: string): Int16Array {
  tool('flite', ['-voice', 'slt', '-t', text, '-o', scratch]);
  const format = ['-t', 'raw', '-r', '8000', '-c', '1', '-b', '16', '-e', 'signed'];
  const raw = tool('sox', ['-G', scratch, '-D', ...format, '-', 'highpass', '180', 'lowpass', '3500']);
  return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~1)));
}

function readTable(file: string): Readonly<Record<string, string>> {
  const table = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  for (const [id, text] of Object.entries(table)) {
    if (!/^[a-z0-9-]+$/.test(id) || typeof text !== 'string') {
      throw new LatchkeyError('usage', `${file}: “${id}” is not a prompt id with a text`);
    }
  }
  return table as Record<string, string>;
}

export function promptsCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(args, {
    language: { type: 'string', default: 'en' },
    dir: { type: 'string', default: bundled },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    process.stdout.write(help);
    return Promise.resolve(0);
  }
  if (values.language !== 'en') {
    throw new LatchkeyError('usage', 'flite speaks English only: --language en');
  }
  const table = readTable(join(values.dir, `${values.language}.json`));
  const folder = join(values.dir, values.language);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'latchkey-prompts-'));
  try {
    for (const [id, text] of Object.entries(table)) {
      const prompt = framed(levelled(trimmed(speak(text, join(scratch, 'spoken.wav')))));
      writeFileSync(join(folder, `${id}.wav`), wav(prompt));
      process.stdout.write(`${id}.wav  ${(prompt.length / 8_000).toFixed(1)} s\n`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  writeFileSync(join(values.dir, 'lobby-sound.wav'), wav(lobbySound()));
  return Promise.resolve(0);
}
