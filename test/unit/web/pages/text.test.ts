import { describe, expect, it } from 'vitest';
import { english } from '../../../../src/web/pages/text/english.ts';
import { chooseLanguage, type Language } from '../../../../src/web/pages/text/languages.ts';
import { texts } from '../../../../src/web/pages/text/tables.ts';
import { wordsOf } from '../../../../src/web/pages/words.ts';
import { leaves, markers, placeholders, type Sentence } from '../../../support/word-table.ts';

/** The compiler holds every table to the shape of the English one; here is what it cannot see. */

const others = (Object.keys(texts) as Language[]).filter((language) => language !== 'en');
const englishLeaves = new Map(leaves(english));

describe.each(others)('the words in %s', (language) => {
  const table = leaves(texts[language]);

  it('lack nothing and add nothing', () => {
    expect(table.map(([path]) => path).sort()).toEqual([...englishLeaves.keys()].sort());
  });

  it('say each value that the English sentence says, for one and for many', () => {
    let compared = 0;
    for (const [path, leaf] of table) {
      if (typeof leaf !== 'function') continue;
      const original = englishLeaves.get(path) as Sentence;
      for (const args of [markers, [1, ...markers.slice(1)], [0, ...markers.slice(1)]]) {
        expect(placeholders(leaf as Sentence, args), path).toEqual(placeholders(original, args));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(150);
  });

  it('are not the English words', () => {
    const same = table.filter(
      ([path, leaf]) => typeof leaf === 'string' && leaf.length > 12 && leaf === englishLeaves.get(path),
    );
    expect(same).toEqual([]);
  });

  it('are whole: no empty sentence, no stray blank, and French spaces before its signs', () => {
    for (const [path, leaf] of table) {
      const said = typeof leaf === 'function' ? (leaf as Sentence)(...markers) : leaf;
      const words = typeof said === 'string' ? said : '';
      if (typeof said === 'string') expect(words.trim().length, path).toBeGreaterThan(0);
      expect(words, path).not.toMatch(/ {2}|'|undefined/);
      if (language === 'fr') expect(words, path).not.toMatch(/\p{L}[?!;:](\s|$)/u);
    }
  });
});

describe('plurals', () => {
  it.each([
    ['en', '1 person can hear. No phone.', '2 people can hear. No phone.'],
    ['de', '1 Person kann hören. Kein Telefon.', '2 Personen können hören. Kein Telefon.'],
    ['fr', '1 personne peut entendre. Aucun téléphone.', '2 personnes peuvent entendre. Aucun téléphone.'],
    ['es', '1 persona puede oír. Ningún teléfono.', '2 personas pueden oír. Ningún teléfono.'],
  ] as const)('%s', (language, one, two) => {
    const { truth } = texts[language];
    expect([truth.sealed(1), truth.sealed(2)]).toEqual([one, two]);
  });
});

describe('the language of a page', () => {
  it('is what the person chose, then what the browser prefers, then English', () => {
    expect(chooseLanguage('fr', ['de-AT', 'en'])).toBe('fr');
    expect(chooseLanguage(null, ['pt-BR', 'DE-at', 'en'])).toBe('de');
    expect(chooseLanguage('xx', ['es'])).toBe('es');
    expect(chooseLanguage(null, ['zh-Hant', 'ja'])).toBe('en');
    expect(chooseLanguage('constructor', [])).toBe('en');
  });

  it('writes times as the region does', () => {
    const at = new Date(2026, 4, 18, 14, 30, 5).getTime();
    expect(wordsOf('en', ['en-GB']).format.shortTime(at)).toBe('14:30');
    expect(wordsOf('en', ['de', 'en-US']).format.shortTime(at)).toMatch(/PM/);
  });
});
