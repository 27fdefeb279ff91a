/**
 * Figures for Prometheus (text exposition format 0.0.4). Labels are words of the program or of the configuration, never
 * anything that a caller or a browser said: each label has a closed set of values, or its family is bounded.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A distribution: how many values were not above each bound, not yet summed up. */
export interface Distribution {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** One for each bound; what is above the last is in `count` alone. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export type Family =
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'counter' | 'gauge';
      readonly samples: readonly Sample[];
    }
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'histogram';
      readonly distributions: readonly Distribution[];
    };

/** More combinations of labels than this are counted together: nobody outside can make a family grow. */
const maxSeries = 200;

export class Counter {
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels = {}, by = 1): void {
    const key = keyOf(labels);
    const known = this.#series.get(key);
    if (known !== undefined) known.value += by;
    else if (this.#series.size < maxSeries || isOther(labels)) this.#series.set(key, { labels, value: by });
    else this.add(otherOf(labels), by);
  }

  get samples(): readonly Sample[] {
    return [...this.#series.values()].map(({ labels, value }) => ({ labels, value }));
  }
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly buckets: number[]; count: number; sum: number }
  >();

  /** Ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  observe(value: number, labels: Labels = {}): void {
    if (!Number.isFinite(value)) return;
    const key = keyOf(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= maxSeries) return;
      series = { labels, buckets: this.#bounds.map(() => 0), count: 0, sum: 0 };
      this.#series.set(key, series);
    }
    series.count += 1;
    series.sum += value;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
  }

  get distributions(): readonly Distribution[] {
    return [...this.#series.values()].map((series) => ({ ...series, bounds: this.#bounds }));
  }
}

/** The whole exposition. Families without samples have their help and type alone, so that rules find the name. */
export function expose(families: readonly Family[]): string {
  return families.map((family) => `${linesOf(family).join('\n')}\n`).join('');
}

function linesOf(family: Family): string[] {
  const head = [`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`];
  if (family.type !== 'histogram') {
    return [...head, ...family.samples.map(({ labels, value }) => line(family.name, labels, value))];
  }
  return [...head, ...family.distributions.flatMap((one) => distributionLines(family.name, one))];
}

function distributionLines(name: string, { labels, bounds, buckets, count, sum }: Distribution): string[] {
  let below = 0;
  const lines = bounds.map((bound, i) => {
    below += buckets[i] ?? 0;
    return line(`${name}_bucket`, { ...labels, le: String(bound) }, below);
  });
  return [
    ...lines,
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

const escape = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('"', String.raw`\"`);

const keyOf = (labels: Labels): string => JSON.stringify(labels);

const isOther = (labels: Labels): boolean => Object.values(labels).every((text) => text === 'other');

const otherOf = (labels: Labels): Labels =>
  Object.fromEntries(Object.keys(labels).map((label) => [label, 'other']));
