import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { numberClips, recordings } from '../../../src/call/speech.ts';
import { readTexts } from '../../../src/media/prompts/texts.ts';

const promptsDir = join(import.meta.dirname, '../../../config/prompts');
const texts = readTexts(promptsDir);

/** The words of the recordings, one after the other. */
const said = (clips: readonly string[], language: string): string =>
  clips.map((clip) => texts.get(language)?.get(clip) ?? `?${clip}`).join(' ');

describe('numbers, as each language puts them together', () => {
  it.each([
    ['en', 1, 'one'],
    ['en', 13, 'thirteen'],
    ['en', 20, 'twenty'],
    ['en', 21, 'twenty one'],
    ['en', 40, 'forty'],
    ['en', 99, 'ninety nine'],
    ['de', 1, 'ein'],
    ['de', 16, 'sechzehn'],
    ['de', 21, 'ein und zwanzig'],
    ['de', 30, 'dreißig'],
    ['de', 77, 'sieben und siebzig'],
    ['fr', 1, 'une'],
    ['fr', 17, 'dix-sept'],
    ['fr', 21, 'vingt et une'],
    ['fr', 22, 'vingt deux'],
    ['fr', 60, 'soixante'],
    ['fr', 61, 'soixante et une'],
    ['fr', 70, 'soixante dix'],
    ['fr', 71, 'soixante et onze'],
    ['fr', 79, 'soixante dix-neuf'],
    ['fr', 80, 'quatre-vingts'],
    ['fr', 81, 'quatre-vingts une'],
    ['fr', 91, 'quatre-vingts onze'],
    ['fr', 99, 'quatre-vingts dix-neuf'],
    ['es', 1, 'una'],
    ['es', 16, 'dieciséis'],
    ['es', 21, 'veintiuna'],
    ['es', 29, 'veintinueve'],
    ['es', 31, 'treinta y una'],
    ['es', 90, 'noventa'],
    ['es', 99, 'noventa y nueve'],
  ])('%s %d', (language, n, words) => {
    expect(said(numberClips(n, language), language)).toBe(words);
  });

  it('have every recording that they name, from 0 to 99', () => {
    for (const language of texts.keys())
      for (let n = 0; n <= 99; n++)
        for (const clip of numberClips(n, language))
          expect([language, clip, existsSync(join(promptsDir, language, `${clip}.wav`))]).toEqual([
            language,
            clip,
            true,
          ]);
  });

  it('are whole and below a hundred', () => {
    for (const n of [-1, 1.5, 100, Number.NaN]) expect(() => numberClips(n, 'en')).toThrow(RangeError);
  });
});

describe('how many callers are in', () => {
  const sentence = (count: number, language: string): string =>
    said(
      recordings({ kind: 'inside', count }, language).map((path) => path.slice(3)),
      language,
    );

  it('agrees with the number', () => {
    expect(sentence(1, 'en')).toBe('One caller is in the meeting.');
    expect(sentence(2, 'en')).toBe('two callers are in the meeting.');
    expect(sentence(1, 'de')).toBe('Ein Anrufer ist in der Besprechung.');
    expect(sentence(21, 'de')).toBe('ein und zwanzig Anrufer sind in der Besprechung.');
    expect(sentence(1, 'fr')).toBe('Une personne participe par téléphone.');
    expect(sentence(3, 'fr')).toBe('trois personnes participent par téléphone.');
    expect(sentence(1, 'es')).toBe('Una persona participa por teléfono.');
    expect(sentence(2, 'es')).toBe('dos personas participan por teléfono.');
    expect(sentence(100, 'en')).toBe('A hundred callers or more are in the meeting.');
  });
});

it('a prompt is of the caller’s language, unless it names one', () => {
  expect(recordings('notice', 'de')).toEqual(['de/notice']);
  expect(recordings('fr/language-offer', 'de')).toEqual(['fr/language-offer']);
});

it('every language has the same sentences', () => {
  const sentences = [...texts].map(([, own]) => [...own.keys()].filter((name) => !name.startsWith('n-')));
  for (const own of sentences) expect(own).toEqual(sentences[0]);
});
