import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseWav, type WavRefusal } from './wav.ts';

/** The prompts of some languages, in memory: about 16 kB a second of speech. */
export interface PromptLibrary {
  /** `language/name`. Samples at 8 kHz, or null where there is no such prompt. */
  get(id: string): Int16Array | null;
  /** The loop that waiting callers hear: silence on a phone line means that the call is gone. */
  readonly lobbySound: Int16Array | null;
  /** Files that could not be used, and why: for the log and for `doctor`. */
  readonly refused: readonly RefusedFile[];
}

interface RefusedFile {
  readonly file: string;
  readonly reason: WavRefusal | 'too-large' | 'unreadable';
}

/** A minute at 8 kHz. What is longer is not a prompt. */
const maxBytes = 960_044;

/** `promptsDir` holds a folder a language, and the language-less lobby sound. Rejects where a folder is missing. */
export async function loadPrompts(promptsDir: string, languages: readonly string[]): Promise<PromptLibrary> {
  const prompts = new Map<string, Int16Array>();
  const refused: RefusedFile[] = [];
  const load = async (file: string): Promise<Int16Array | null> => {
    const bytes = await readFile(file).catch(() => null);
    if (bytes === null || bytes.length > maxBytes) {
      refused.push({ file: basename(file), reason: bytes === null ? 'unreadable' : 'too-large' });
      return null;
    }
    const parsed = parseWav(bytes);
    if (parsed.ok) return parsed.value;
    refused.push({ file: basename(file), reason: parsed.reason });
    return null;
  };
  for (const language of new Set(languages)) {
    const folder = join(promptsDir, language);
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort()) {
      const pcm = await load(join(folder, file));
      if (pcm !== null) prompts.set(`${language}/${file.slice(0, -'.wav'.length)}`, pcm);
    }
  }
  const lobbySound = await load(join(promptsDir, 'lobby-sound.wav'));
  return { get: (id) => prompts.get(id) ?? null, lobbySound, refused };
}
