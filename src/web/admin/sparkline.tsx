import type { JSX } from 'preact';
import { useOperatorWords } from './use-words.ts';

const width = 120;
const height = 28;
/** Always the same scale, so that two lines can be compared: MOS 1 to 4.5. */
const yOf = (mos: number): number => height - ((Math.min(4.5, Math.max(1, mos)) - 1) / 3.5) * height;

/** The scores of a leg as a line; its words say the range. */
export function Sparkline({ scores }: { readonly scores: readonly number[] }): JSX.Element | null {
  const { t, number } = useOperatorWords();
  if (scores.length < 2) return null;
  const step = width / 59;
  const from = width - (scores.length - 1) * step;
  const points = scores.map((mos, i) => `${(from + i * step).toFixed(1)},${yOf(mos).toFixed(1)}`).join(' ');
  const range = [Math.min(...scores), Math.max(...scores)].map((mos) => number(mos, 1));
  return (
    <svg
      class="sparkline"
      viewBox={`0 -1 ${width} ${height + 2}`}
      preserveAspectRatio="xMinYMid"
      role="img"
      aria-label={t.calls.history(range[0] ?? '', range[1] ?? '')}
    >
      <line class="sparkline-poor" x1="0" x2={width} y1={yOf(3.6)} y2={yOf(3.6)} />
      <polyline points={points} />
    </svg>
  );
}
