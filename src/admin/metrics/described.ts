import type { Counter, Distribution, Family, Histogram, Labels, Sample } from '../../base/metrics.ts';
import { metricTable, type MetricName } from './metric-table.ts';

/** A family as it is now. */
export type Described = () => Family;

type NameOf<T extends string> = {
  [K in MetricName]: (typeof metricTable)[K][0] extends T ? K : never;
}[MetricName];

const headOf = (name: MetricName) => ({ name: `latchkey_${name}`, help: metricTable[name][2] });

export const samplesOf =
  (name: NameOf<'counter'>, counter: Counter): Described =>
  () => ({ ...headOf(name), type: 'counter', samples: counter.samples });

export const histogramOf =
  (name: NameOf<'histogram'>, histogram: Histogram): Described =>
  () =>
    distributed(name, histogram.distributions);

export const distributed = (name: NameOf<'histogram'>, distributions: readonly Distribution[]): Family => ({
  ...headOf(name),
  type: 'histogram',
  distributions,
});

/** Of figures that somebody else counts. */
export const figures = (name: NameOf<'counter' | 'gauge'>, samples: readonly Sample[]): Family => ({
  ...headOf(name),
  type: metricTable[name][0],
  samples,
});

export const figure = (name: NameOf<'counter' | 'gauge'>, value: number, labels: Labels = {}): Family =>
  figures(name, [{ labels, value }]);
