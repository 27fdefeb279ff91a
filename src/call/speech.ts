/**
 * What is said, before it is sound: a recording by its name, in the caller's language or, as `de/welcome`, in a stated one;
 * or a sentence with a number in it, which each language puts together in its own way.
 */
export type Prompt = string | { readonly kind: 'inside'; readonly count: number };

/** The recordings of a prompt, as `language/name`. */
export function recordings(prompt: Prompt, language: string): readonly string[] {
  if (typeof prompt !== 'string')
    return insideClips(prompt.count, language).map((name) => `${language}/${name}`);
  return [prompt.includes('/') ? prompt : `${language}/${prompt}`];
}

/** “One caller is in the meeting.” “23 callers are in the meeting.” Above 99 the number is not said. */
function insideClips(count: number, language: string): readonly string[] {
  if (count === 1) return ['inside-one'];
  return count > mostSpoken ? ['inside-very-many'] : [...numberClips(count, language), 'inside-many'];
}

const mostSpoken = 99;

/**
 * A number from 0 to 99 as recordings, as it stands before what is counted; French and Spanish in the feminine of
 * “personnes” and “personas”. `n-12` is a number said in one word.
 *
 *   en  twenty + three          de  drei + und + zwanzig
 *   fr  soixante + et + onze    es  treinta + y + una
 */
export function numberClips(n: number, language: string): readonly string[] {
  if (!Number.isInteger(n) || n < 0 || n > mostSpoken) throw new RangeError('0 to 99');
  if (n <= 20) return [clip(n)];
  switch (language) {
    case 'de':
      return german(n);
    case 'fr':
      return french(n);
    case 'es':
      return n < 30 || n % 10 === 0 ? [clip(n)] : [clip(n - (n % 10)), 'n-y', clip(n % 10)];
    default:
      return n % 10 === 0 ? [clip(n)] : [clip(n - (n % 10)), clip(n % 10)];
  }
}

const clip = (n: number): string => `n-${n}`;

/** The ones come first: “ein” + “und” + “zwanzig”. */
function german(n: number): readonly string[] {
  const ones = n % 10;
  if (ones === 0) return [clip(n)];
  return [clip(ones), 'n-und', clip(n - ones)];
}

/** By twenties from 60: “soixante-douze”, “quatre-vingt-dix-sept”. “et” stands before un(e) and onze, but not after quatre-vingt. */
function french(n: number): readonly string[] {
  const base = n >= 80 ? 80 : n >= 60 ? 60 : n - (n % 10);
  const rest = n - base;
  if (rest === 0) return [clip(base)];
  const joined = base !== 80 && (rest === 1 || rest === 11);
  return [clip(base), ...(joined ? ['n-et'] : []), clip(rest)];
}
