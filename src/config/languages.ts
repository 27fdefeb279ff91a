import type { Config } from './schema.ts';

/** Every language in which a caller may be spoken to: each needs its prompts. */
export function callerLanguages({ media, lobby, trunks }: Config): readonly string[] {
  const ofTrunks = trunks.flatMap(({ language, called }) => [
    language,
    ...(called ?? []).map((rule) => rule.language),
  ]);
  const all = [media.language, ...lobby.languages, ...ofTrunks];
  return [...new Set(all.filter((language) => language !== undefined))];
}
