/** A secret that was planted, or that the run itself drew, and must come out nowhere. */
export interface Canary {
  readonly name: string;
  readonly bytes: Buffer;
  /** Digits alone are looked for as numbers of their own: inside a longer number they are chance. */
  readonly digits?: boolean;
}

/** What was collected from one place: a log, an answer, a command line. */
export interface Collected {
  readonly from: string;
  readonly lines: readonly string[];
}

export interface Leak {
  readonly canary: string;
  readonly form: string;
  readonly from: string;
  /** Counted from 1. */
  readonly line: number;
}

interface Pattern {
  readonly canary: string;
  readonly form: string;
  readonly test: (line: string) => boolean;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** As it stands, JSON-escaped, percent-encoded; in hex; in base64 and base64url at each of the three offsets it may have. */
function forms({ bytes, digits }: Canary): readonly (readonly [string, string])[] {
  const text = bytes.toString('utf8');
  const printable = Buffer.from(text, 'utf8').equals(bytes) && /^[\x20-\x7e]+$/.test(text);
  const plain: (readonly [string, string])[] = printable
    ? [
        ['plain', text],
        ['json', JSON.stringify(text).slice(1, -1)],
        ['url', encodeURIComponent(text)],
      ]
    : [];
  // Six digits are four bytes of base64 inside: too short to be told from chance at an offset.
  const encoded = [0, 1, 2].flatMap((offset) => base64At(bytes, offset));
  return [...(digits === true ? [] : plain), ['hex', bytes.toString('hex')], ...encoded];
}

/** The part of a longer text's base64 that these bytes alone decide, `offset` bytes behind a boundary of three. */
function base64At(bytes: Buffer, offset: number): (readonly [string, string])[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url');
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  const part = padded.slice(Math.ceil((offset * 8) / 6), whole);
  if (part.length < 7) return [];
  return [
    [`base64url+${offset}`, part],
    [`base64+${offset}`, part.replaceAll('-', '+').replaceAll('_', '/')],
  ];
}

function patternsOf(canary: Canary): Pattern[] {
  const { name, bytes, digits = false } = canary;
  const found: Pattern[] = forms(canary).map(([form, text]) => {
    const wanted = form === 'hex' || form === 'url' ? new RegExp(escaped(text), 'i') : null;
    return {
      canary: name,
      form,
      test: wanted === null ? (line) => line.includes(text) : (line) => wanted.test(line),
    };
  });
  if (!digits) return found;
  const text = bytes.toString('latin1');
  const alone = new RegExp(`(?<!\\d)${text}(?!\\d)`);
  const spaced = new RegExp(`(?<!\\d)${Array.from(text).join('[^0-9a-zA-Z]{1,4}')}(?!\\d)`);
  return [
    ...found,
    { canary: name, form: 'digits', test: (line) => alone.test(line) },
    { canary: name, form: 'digits apart', test: (line) => spaced.test(line) },
  ];
}

/** A JWT: consent messages are JWS too, are public, and have another `typ`. */
function holdsToken(line: string): boolean {
  return [...line.matchAll(/(eyJ[\w-]{10,})\.eyJ[\w-]{10,}/g)].some(([, header = '']) =>
    /"typ":"JWT"|"alg":"[HRP]S/.test(Buffer.from(header, 'base64url').toString()),
  );
}

/** What is a secret whatever it holds. */
const kinds: readonly Pattern[] = [
  { canary: 'any token', form: 'JWT', test: holdsToken },
  { canary: 'any crypto line', form: 'SDP', test: (line) => /a=crypto:|inline:[A-Za-z0-9+/]{20}/.test(line) },
  { canary: 'any private key', form: 'PEM', test: (line) => line.includes('PRIVATE KEY-----') },
  { canary: 'any digit', form: 'log key', test: (line) => /"(digits?|pin)":"?[0-9*#]/.test(line) },
  {
    canary: 'any credentials',
    form: 'Authorization',
    test: (line) => /(Digest username|Bearer )[^"]*[="\w]{12}/.test(line),
  },
];

/** Every canary in every form, in every line. */
export function searchLeaks(collected: readonly Collected[], canaries: readonly Canary[]): Leak[] {
  const patterns = [...canaries.flatMap((canary) => patternsOf(canary)), ...kinds];
  return collected.flatMap(({ from, lines }) =>
    lines.flatMap((line, index) =>
      patterns
        .filter(({ test }) => test(line))
        .map(({ canary, form }) => ({ canary, form, from, line: index + 1 })),
    ),
  );
}

/** The positive control: each canary in each form, in a line as a log would have it. The canaries that would be missed. */
export function missedOf(canaries: readonly Canary[]): string[] {
  return canaries.flatMap((canary) => {
    const text = canary.bytes.toString('latin1');
    const shown = [
      canary.bytes.toString('hex'),
      canary.bytes.toString('hex').toUpperCase(),
      canary.bytes.toString('base64'),
      canary.bytes.toString('base64url'),
      Buffer.concat([Buffer.from('x'), canary.bytes, Buffer.from('yz')]).toString('base64'),
      ...(/^[\x20-\x7e]+$/.test(text) ? [text, encodeURIComponent(text), JSON.stringify(text)] : []),
      ...(canary.digits === true ? [Array.from(text).join(', '), `+${text}`] : []),
    ];
    const missed = shown.filter((form) => {
      const line = `{"level":30,"time":1764358000000,"msg":"planted","value":"${form}"}`;
      return !searchLeaks([{ from: 'control', lines: [line] }], [canary]).some(
        (l) => l.canary === canary.name,
      );
    });
    return missed.length === 0 ? [] : [`${canary.name}: ${missed.length} of ${shown.length} forms`];
  });
}
