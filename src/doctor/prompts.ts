import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPrompts } from '../media/prompts/library.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const { ok, warning, error } = findingsOf('prompts');
const bundled = fileURLToPath(new URL('../../config/prompts', import.meta.url));

/** Whether every prompt of every language is there and can be played. */
export async function checkPrompts({ config }: Patient): Promise<Finding[]> {
  const folder = config.media.promptsDir ?? bundled;
  try {
    const languages = readdirSync(folder).flatMap((name) => /^([a-z]{2})\.json$/.exec(name)?.[1] ?? []);
    const found = await Promise.all(languages.sort().map((language) => look(folder, language)));
    if (!languages.includes(config.media.language))
      found.push(
        silent(
          `media.language “${config.media.language}” has no text table ${folder}/${config.media.language}.json`,
        ),
      );
    return found;
  } catch (cause) {
    return [silent(`${folder}: ${messageOf(cause)}`)];
  }
}

async function look(folder: string, language: string): Promise<Finding> {
  const table = JSON.parse(readFileSync(`${folder}/${language}.json`, 'utf8')) as Record<string, unknown>;
  const library = await loadPrompts(folder, language);
  const names = Object.keys(table);
  const missing = names.filter((name) => library.get(name) === null);
  const [bad] = library.refused;
  if (missing.length > 0)
    return silent(
      `${language}: ${missing.length} of ${names.length} prompts are missing, such as ${missing[0] ?? ''}`,
    );
  if (bad !== undefined)
    return warning({
      found: `${language}: ${bad.file} cannot be used (${bad.reason})`,
      why: 'callers hear nothing where it belongs',
      remedy: 'prompts are WAV files: 8 kHz, mono, 16 bit (docs/media.md)',
    });
  return ok(`${language}: ${names.length} prompts`);
}

function silent(found: string): Finding {
  return error({
    found,
    why: 'callers would wait in silence, and cannot consent to a notice that they do not hear',
    remedy: 'latchkey prompts makes them anew; docs/media.md tells how recordings of your own are put in',
  });
}
