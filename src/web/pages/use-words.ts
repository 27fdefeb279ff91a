import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { wordsOf, type Words } from './words.ts';

/** The language in use, to every part of the screen. */
export const WordsContext = createContext<Words>(wordsOf('en', []));

export const useWords = (): Words => useContext(WordsContext);
