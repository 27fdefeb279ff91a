import type { LegQuality } from '../media/leg-state.ts';
import type { CallRecord } from './api/wire.ts';

type Sums = NonNullable<CallRecord['quality']>;

/** What a call's reports have come to, added up one by one. */
export function withReport(sums: Sums | null, { mos, lossIn, jitterMs }: LegQuality): Sums {
  if (sums === null) return { mos, lowestMos: mos, lossIn, jitterMs, reports: 1 };
  const reports = sums.reports + 1;
  const mean = (before: number, next: number): number => before + (next - before) / reports;
  return {
    mos: mean(sums.mos, mos),
    lowestMos: Math.min(sums.lowestMos, mos),
    lossIn: mean(sums.lossIn, lossIn),
    jitterMs: mean(sums.jitterMs, jitterMs),
    reports,
  };
}

/** As far as the figures mean something. */
export function rounded({ mos, lowestMos, lossIn, jitterMs, reports }: Sums): Sums {
  const to = (value: number, steps: number): number => Math.round(value * steps) / steps;
  return {
    ...{ mos: to(mos, 100), lowestMos: to(lowestMos, 100), lossIn: to(lossIn, 10_000) },
    ...{ jitterMs: to(jitterMs, 10), reports },
  };
}
