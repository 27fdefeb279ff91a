import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Lane } from './picture.ts';
import type { Texts } from './text/english.ts';
import { wordsOf, type Words } from './text/tables.ts';

/** The language in use, to every part of the page. */
export const WordsContext = createContext<Words>(wordsOf('en'));

export const useWords = (): Words => useContext(WordsContext);

export function laneName(t: Texts['timeline'], { kind, number }: Pick<Lane, 'kind' | 'number'>): string {
  if (kind === 'leg') return t.caller(number);
  return number === 0 ? t.bridge : t.numberedBridge(number);
}
