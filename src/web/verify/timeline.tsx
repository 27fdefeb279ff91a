import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ticksOf, type Bar, type Lane, type Mark, type MarkKind, type Picture } from './picture.ts';
import type { Texts } from './text/english.ts';
import type { Words } from './text/tables.ts';
import { laneName, useWords } from './use-words.ts';
import { ableOf, clockText, timeText } from './words.ts';

const laneHeight = 58;
const axisHeight = 30;
const inset = 10;

/** The picture of one meeting. All that it shows stands in the tables below it, too. */
export function Timeline({ picture }: { picture: Picture }): JSX.Element {
  const words = useWords();
  const [box, width] = useWidth(720);
  const { lanes, from, to } = picture;
  const height = axisHeight + lanes.length * laneHeight + 6;
  const x = (at: number): number => inset + ((at - from) / (to - from)) * (width - 2 * inset);
  const ticks = ticksOf(from, to, Math.max(2, Math.floor(width / 90)));
  return (
    <div ref={box} class="timeline">
      <svg
        role="img"
        aria-label={words.t.timeline.label(
          new Date(from).toISOString().slice(0, 10),
          clockText(from),
          clockText(to),
          lanes.map((lane) => laneSummary(words, lane)).join('; '),
        )}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
      >
        <defs>
          <pattern
            id="stripes"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="6" height="6" class="stripe-back" />
            <rect width="3" height="6" class="stripe" />
          </pattern>
        </defs>
        {ticks.map((at) => (
          <g key={at} class="tick">
            <line x1={x(at)} x2={x(at)} y1={axisHeight - 6} y2={height} />
            <text x={Math.min(Math.max(x(at), 26), width - 26)} y={14} text-anchor="middle">
              {clockText(at)}
            </text>
          </g>
        ))}
        {lanes.map((lane, i) => (
          <LaneView key={lane.id} lane={lane} x={x} y={axisHeight + i * laneHeight} width={width} />
        ))}
      </svg>
      <Legend lanes={lanes} />
    </div>
  );
}

interface LaneViewProps {
  readonly lane: Lane;
  readonly y: number;
  readonly width: number;
  readonly x: (at: number) => number;
}

function LaneView({ lane, x, y, width }: LaneViewProps): JSX.Element {
  const words = useWords();
  return (
    <g>
      <line class="lane-line" x1={0} x2={width} y1={y} y2={y} />
      <text class={lane.kind === 'bridge' ? 'lane-name lane-bridge' : 'lane-name'} x={inset} y={y + 17}>
        {laneName(words.t.timeline, lane)}
        <tspan class="lane-says" dx="8">
          {laneSays(words, lane)}
        </tspan>
      </text>
      <line class="lane-ground" x1={inset} x2={width - inset} y1={y + 38} y2={y + 38} />
      {lane.stays.map((stay, i) => (
        <line
          key={i}
          class="stay"
          x1={x(stay.from)}
          x2={Math.max(x(stay.to), x(stay.from) + 2)}
          y1={y + 50}
          y2={y + 50}
        />
      ))}
      {lane.bars.map((bar, i) => (
        <BarView key={i} bar={bar} kind={lane.kind} x={x} y={y + 28} />
      ))}
      {lane.marks.map((mark) => (
        <MarkView key={mark.seq} mark={mark} x={x(mark.at)} y={y + 38} />
      ))}
    </g>
  );
}

function BarView({
  bar,
  kind,
  x,
  y,
}: {
  bar: Bar;
  kind: Lane['kind'];
  y: number;
  readonly x: (at: number) => number;
}): JSX.Element {
  const left = x(bar.from);
  const length = Math.max(x(bar.to) - left, 3);
  const look =
    kind === 'bridge' ? 'bar-key' : bar.hear && bar.speak ? 'bar-both' : bar.hear ? 'bar-hear' : 'bar-speak';
  const { t } = useWords();
  const what = whatWords(t.timeline, kind, bar);
  return (
    <g class={`bar ${look}`}>
      <title>{t.timeline.span(what, timeText(bar.from), timeText(bar.to), t.intervals.end[bar.end])}</title>
      <rect x={left} y={y} width={length} height={20} rx={4} />
      {bar.end !== 'proven' && (
        <line class="bar-open-end" x1={left + length} x2={left + length} y1={y - 3} y2={y + 23} />
      )}
    </g>
  );
}

const shapes: Readonly<Record<MarkKind, string>> = {
  request: 'M0-6.5A6.5 6.5 0 1 1 0 6.5 6.5 6.5 0 0 1 0-6.5z',
  grant: 'M0-7.5 7.2 5.5h-14.4z',
  no: 'M-6-6h12v12h-12z',
  revoked: 'M-5.6-5.6 5.6 5.6M5.6-5.6-5.6 5.6',
  crash: 'M0-7.5 6.5 0 0 7.5-6.5 0z',
};

function MarkView({ mark, x, y }: { mark: Mark; x: number; y: number }): JSX.Element {
  const { event, t } = useWords();
  return (
    <g class={`mark mark-${mark.kind}`} transform={`translate(${x} ${y})`}>
      <title>{t.timeline.mark(mark.seq, timeText(mark.at), event(mark.type))}</title>
      <path d={shapes[mark.kind]} />
    </g>
  );
}

function Legend({ lanes }: { lanes: readonly Lane[] }): JSX.Element {
  const { timeline: t } = useWords().t;
  const kinds = new Set(lanes.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
  const bars = lanes.filter(({ kind }) => kind === 'leg').flatMap((lane) => lane.bars);
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['bar-key', t.bridgeHeld, lanes.some(({ kind, bars: own }) => kind === 'bridge' && own.length > 0)],
    ['bar-both', t.could.both, bars.some(({ hear, speak }) => hear && speak)],
    ['bar-hear', t.could.hear, bars.some(({ hear, speak }) => hear && !speak)],
    ['bar-speak', t.could.speak, bars.some(({ hear, speak }) => !hear && speak)],
  ];
  return (
    <ul class="legend" aria-label={t.legend}>
      {rows.flatMap(([look, words, there]) =>
        there
          ? [
              <li key={look}>
                <svg class={`bar ${look}`} width="26" height="14" aria-hidden="true">
                  <rect x="0.5" y="0.5" width="25" height="13" rx="3" />
                </svg>
                {words}
              </li>,
            ]
          : [],
      )}
      {lanes.some(({ stays }) => stays.length > 0) && (
        <li>
          <svg width="26" height="14" aria-hidden="true">
            <line class="stay" x1="0" x2="26" y1="7" y2="7" />
          </svg>
          {t.onTheLine}
        </li>
      )}
      {[...kinds].map((kind) => (
        <li key={kind}>
          <svg class={`mark mark-${kind}`} width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true">
            <path d={shapes[kind]} />
          </svg>
          {t.marks[kind]}
        </li>
      ))}
    </ul>
  );
}

const whatWords = (t: Texts['timeline'], kind: Lane['kind'], bar: Bar): string =>
  kind === 'bridge' ? t.held : t.could[ableOf(bar)];

function laneSays({ t: { timeline: t }, duration }: Words, { kind, bars }: Lane): string {
  if (bars.length === 0) return kind === 'bridge' ? t.neverKey : t.neverHeard;
  const lengths = new Map<string, number>();
  for (const bar of bars) {
    const what = whatWords(t, kind, bar);
    lengths.set(what, (lengths.get(what) ?? 0) + bar.to - bar.from);
  }
  const said = [...lengths].map(([what, ms]) => t.during(what, duration(ms))).join(', ');
  return bars.some(({ end }) => end === 'lasting') ? t.noEnd(said) : said;
}

const laneSummary = (words: Words, lane: Lane): string =>
  `${laneName(words.t.timeline, lane)} ${laneSays(words, lane)}`;

/** As wide as there is room, so that words in the picture keep their size. */
function useWidth(initial: number): readonly [{ current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(240, Math.floor(element.clientWidth))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}
