import { describe, expect, it } from 'vitest';
import { evidenceTable } from '../../../../src/ledger/verify/evidence.ts';
import { eventTypes } from '../../../../src/ledger/event.ts';
import { findingTable } from '../../../../src/ledger/verify/findings.ts';
import { because } from '../../../../src/ledger/verify/why.ts';
import { isLanguage, languageNames } from '../../../../src/web/pages/text/languages.ts';
import { tables, wordsOf } from '../../../../src/web/verify/text/tables.ts';
import { leaves, markers, placeholders, type Sentence } from '../../../support/word-table.ts';

/** The verifier's page in four languages: the compiler holds the tables to one shape, and here is what it cannot see. */

const english = new Map([...leaves(tables.en.t, 't'), ...leaves(tables.en.found, 'found')]);
const others = Object.keys(languageNames)
  .filter(isLanguage)
  .filter((language) => language !== 'en');

/** Names of events that only repeat through a meeting: the page does not list them. */
const quiet = ['roster', 'switched', 'witnessed', 'cosigned'];

it('every event that the page lists has a name', () => {
  expect(eventTypes.filter((type) => !(type in tables.en.t.types))).toEqual(quiet);
});

describe.each(others)('the words in %s', (language) => {
  const table = [...leaves(tables[language].t, 't'), ...leaves(tables[language].found, 'found')];

  it('lack nothing and add nothing', () => {
    expect(table.map(([path]) => path).sort()).toEqual([...english.keys()].sort());
  });

  it('say each value that the English sentence says, for one and for many', () => {
    for (const [path, leaf] of table) {
      if (typeof leaf !== 'function') continue;
      const original = english.get(path) as Sentence;
      for (const args of [markers, [1, ...markers.slice(1)], [0, ...markers.slice(1)]]) {
        const own = placeholders(leaf as Sentence, [...args, 7444]);
        expect(own, path).toEqual(placeholders(original, [...args, 7444]));
      }
    }
  });

  it('are not the English words', () => {
    const same = table.filter(
      ([path, leaf]) => typeof leaf === 'string' && leaf.length > 12 && leaf === english.get(path),
    );
    expect(same).toEqual([]);
  });

  it('are whole: no empty sentence, no stray blank, and French spaces before its signs', () => {
    for (const [path, leaf] of table) {
      const said = typeof leaf === 'function' ? (leaf as Sentence)(...markers, 7444) : leaf;
      const words = typeof said === 'string' ? said : '';
      expect(words.trim().length, path).toBeGreaterThan(0);
      expect(words, path).not.toMatch(/ {2}|'|undefined/);
      if (language === 'fr') expect(words, path).not.toMatch(/\p{L}[?!;:](\s|$)/u);
    }
  });

  it('keep what the verifier adds to a sentence', () => {
    const words = wordsOf(language);
    const code = 'leaf-moved';
    const text = `${findingTable[code][1]} It says 7.`;
    const finding = words.finding({ code, severity: 'broken', seq: 3, text });
    expect(finding).toBe(`${tables[language].found.findings[code]} It says 7.`);
    const beside = { code: 'evidence-missing', line: null } as const;
    expect(words.evidence({ ...beside, text: `${evidenceTable['evidence-missing']} (event 9)` })).toMatch(
      / \(event 9\)$/,
    );
    expect(words.why(because.grant)).toBe(tables[language].found.why.grant);
    expect(words.why('something new')).toBe('something new');
  });
});

it('spans of time are written as the language writes numbers', () => {
  expect(wordsOf('en').duration(1_500)).toBe('1.5 s');
  expect(wordsOf('de').duration(1_500)).toBe('1,5 s');
  expect(wordsOf('es').duration(410_000)).toBe('6 min 50 s');
  expect(wordsOf('de').duration(7_260_000)).toBe('2 Std. 1 min');
});
