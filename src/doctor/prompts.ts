import { fileURLToPath } from 'node:url';
import { callerLanguages } from '../config/languages.ts';
import { loadPrompts } from '../media/prompts/library.ts';
import { readTexts } from '../media/prompts/texts.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('prompts');
const bundled = fileURLToPath(new URL('../../config/prompts', import.meta.url));

/** Whether every prompt of every language is there and can be played. */
export async function checkPrompts({ config }: Patient): Promise<Finding[]> {
  const folder = config.media.promptsDir ?? bundled;
  try {
    const texts = readTexts(folder);
    const found = await Promise.all(
      [...texts].map(([language, table]) => look(folder, language, [...table.keys()])),
    );
    for (const language of callerLanguages(config))
      if (!texts.has(language)) found.push(silent(`“${language}” has no texts in ${folder}/texts.json`));
    return found;
  } catch (cause) {
    return [silent(`${folder}: ${messageOf(cause)}`)];
  }
}

async function look(folder: string, language: string, names: readonly string[]): Promise<Finding> {
  const library = await loadPrompts(folder, [language]);
  const missing = names.filter((name) => library.get(`${language}/${name}`) === null);
  const [bad] = library.refused;
  if (missing.length > 0)
    return silent(
      `${language}: ${missing.length} of ${names.length} prompts are missing, such as ${missing[0] ?? ''}`,
    );
  if (bad !== undefined)
    return warning({
      found: `${language}: ${bad.file} cannot be used (${bad.reason})`,
      why: 'callers hear nothing where it belongs',
      remedy: 'prompts are WAV files: 8 kHz, mono, 16 bit (docs/callers.md)',
    });
  return ok(`${language}: ${names.length} prompts`);
}

function silent(found: string): Finding {
  return error({
    found,
    why: 'callers would wait in silence, and cannot consent to a notice that they do not hear',
    remedy: 'latchkey prompts makes them anew; docs/callers.md tells how recordings of your own are put in',
  });
}
