import type { Language } from '../../pages/text/languages.ts';
import type { EvidenceFinding } from '../../../ledger/verify/evidence.ts';
import { evidenceTable } from '../../../ledger/verify/evidence.ts';
import { findingTable, type Finding } from '../../../ledger/verify/findings.ts';
import { because, type Why } from '../../../ledger/verify/why.ts';
import { english, type Texts } from './english.ts';
import { englishFindings, type FindingTexts } from './finding-texts.ts';
import { french } from './french.ts';
import { frenchFindings } from './french-findings.ts';
import { german } from './german.ts';
import { germanFindings } from './german-findings.ts';
import { spanish } from './spanish.ts';
import { spanishFindings } from './spanish-findings.ts';

/** A new language is two more tables here; the compiler names what they lack. */
export const tables: Readonly<Record<Language, { readonly t: Texts; readonly found: FindingTexts }>> = {
  en: { t: english, found: englishFindings },
  de: { t: german, found: germanFindings },
  fr: { t: french, found: frenchFindings },
  es: { t: spanish, found: spanishFindings },
};

/** A language as the page uses it. */
export interface Words {
  readonly language: Language;
  readonly t: Texts;
  readonly number: (count: number) => string;
  /** What each event is called; one that the table does not know is called by its stable name. */
  readonly event: (type: string) => string;
  readonly finding: (finding: Finding) => string;
  readonly evidence: (finding: EvidenceFinding) => string;
  /** Why an interval begins or ends, as the verifier words it. */
  readonly why: (text: string) => string;
  readonly duration: (ms: number) => string;
}

const whys = new Map(Object.entries(because).map(([name, text]) => [text as string, name as Why]));

export function wordsOf(language: Language): Words {
  const { t, found } = tables[language];
  const whole = new Intl.NumberFormat(language);
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    language,
    t,
    number: (count) => whole.format(count),
    event: (type) => (Object.hasOwn(t.types, type) ? t.types[type as keyof Texts['types']] : type),
    finding: ({ code, text }) => found.findings[code] + text.slice(findingTable[code][1].length),
    evidence: ({ code, text }) => found.evidence[code] + text.slice(evidenceTable[code].length),
    why(text) {
      const name = whys.get(text);
      return name === undefined ? text : found.why[name];
    },
    duration(ms) {
      const { s, min, h } = t.duration;
      const seconds = Math.round(ms / 100) / 10;
      if (seconds < 60) return `${tenths.format(seconds)} ${s}`;
      const minutes = Math.floor(seconds / 60);
      return minutes < 60
        ? `${minutes} ${min} ${Math.floor(seconds % 60)} ${s}`
        : `${Math.floor(minutes / 60)} ${h} ${minutes % 60} ${min}`;
    },
  };
}
