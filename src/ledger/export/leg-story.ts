import { dataCount, dataText, type Leaf } from '../verify/leaf.ts';
import type { Interval } from '../verify/hearing.ts';
import type { Primitives } from '../verify/primitives.ts';
import type { LogRecord, LogSource, PersonalRecord } from '../verify/source.ts';
import { verifyLog, type Report } from '../verify/verify.ts';

/** The words of a notice by the hash that the ledger holds of them. */
export type NoticeWords = ReadonlyMap<string, string>;

/** What a caller was told, and what the answer was. */
export interface NoticeAnswer {
  readonly at: number;
  readonly seq: number;
  readonly language: string;
  readonly textHash: string;
  /** Null where nobody here has the words of this hash. */
  readonly words: string | null;
  readonly accepted: boolean;
}

export interface LegEvent {
  readonly at: number;
  readonly seq: number;
  readonly type: string;
  readonly reason: string;
}

/** What could be known of a caller at the call, as the host saw it. Null once it was erased, or in an export without it. */
export interface LegLabel {
  readonly display: string;
  readonly transport: string;
  readonly verification: string;
}

/** Everything that the ledger says of one leg, with the verdict over the ledger itself. */
export interface LegStory {
  readonly leg: string;
  readonly meeting: string;
  readonly label: LegLabel | null;
  readonly notices: readonly NoticeAnswer[];
  /** In the order of the log, answers to the notice among them. */
  readonly events: readonly LegEvent[];
  readonly intervals: readonly Interval[];
  readonly report: Report;
}

export interface LegStoryOptions {
  readonly source: LogSource;
  readonly primitives: Primitives;
  /** The leg's id or its beginning. */
  readonly leg: string;
  readonly words: NoticeWords;
  readonly trust?: readonly string[];
}

export type LegStoryResult =
  | { readonly kind: 'story'; readonly story: LegStory }
  | { readonly kind: 'unknown-leg' }
  | { readonly kind: 'several-legs'; readonly legs: readonly string[] };

const maxEvents = 10_000;

/** Reads and verifies the whole log, and keeps what concerns one leg. */
export function legStory(options: LegStoryOptions): LegStoryResult {
  const { source, primitives, leg, words, trust = [] } = options;
  const leaves: Leaf[] = [];
  const personal: PersonalRecord[] = [];
  const report = verifyLog({
    primitives,
    trust,
    source: watched(source, (record) => {
      if (record.leg.startsWith(leg) && personal.length < maxEvents) personal.push(record);
    }),
    onLeaf: (leaf) => {
      if (leaf.leg !== '' && leaf.leg.startsWith(leg) && leaves.length < maxEvents) leaves.push(leaf);
    },
  });
  const legs = [...new Set(leaves.map((leaf) => leaf.leg))];
  const [only] = legs;
  if (only === undefined) return { kind: 'unknown-leg' };
  if (legs.length > 1) return { kind: 'several-legs', legs };
  return {
    kind: 'story',
    story: {
      leg: only,
      meeting: leaves.find((leaf) => leaf.meeting !== '')?.meeting ?? '',
      label: labelOf(personal.filter((record) => record.leg === only)),
      notices: leaves.flatMap((leaf) => noticeOf(leaf, words)),
      events: leaves.map(eventOf),
      intervals: report.intervals.filter((interval) => interval.leg === only),
      report,
    },
  };
}

/** The source as it is, with each personal value seen on its way to the verifier. */
function watched(source: LogSource, onPersonal: (record: PersonalRecord) => void): LogSource {
  return {
    *records(): Generator<LogRecord> {
      for (const record of source.records()) {
        if (record.kind === 'personal') onPersonal(record);
        yield record;
      }
    },
    close: () => source.close(),
  };
}

function noticeOf(leaf: Leaf, words: NoticeWords): NoticeAnswer[] {
  if (leaf.type !== 'notice-answered') return [];
  const textHash = dataText(leaf, 'textHash') ?? '';
  return [
    {
      at: leaf.at,
      seq: leaf.seq,
      language: dataText(leaf, 'language') ?? '',
      textHash,
      words: words.get(textHash) ?? null,
      accepted: leaf.data['accepted'] === true,
    },
  ];
}

function eventOf(leaf: Leaf): LegEvent {
  const reason = dataText(leaf, 'reason') ?? dataText(leaf, 'verdict') ?? '';
  const epoch = dataCount(leaf, 'epoch');
  return {
    at: leaf.at,
    seq: leaf.seq,
    type: leaf.type,
    reason: reason === '' && epoch !== null ? `epoch ${epoch}` : reason,
  };
}

/** A label is the JCS text of its three members (docs/ledger-events.md); the last one is what the host saw last. */
function labelOf(records: readonly PersonalRecord[]): LegLabel | null {
  const value = records.findLast((record) => record.name === 'label')?.value;
  if (value === undefined) return null;
  try {
    const label: unknown = JSON.parse(value);
    return isLabel(label) ? label : { display: value, transport: '', verification: '' };
  } catch {
    return { display: value, transport: '', verification: '' };
  }
}

function isLabel(value: unknown): value is LegLabel {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['display', 'transport', 'verification'].every(
      (name) => typeof (value as Record<string, unknown>)[name] === 'string',
    )
  );
}
