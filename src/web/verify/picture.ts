import type { BridgeSpan } from '../../ledger/verify/hearing.ts';
import type { WitnessedInterval } from '../../ledger/verify/witnesses.ts';
import type { Event } from './read-log.ts';

/** One meeting as lanes over time: its bridges, and under each the callers. Times are those of the connector's clock. */
export interface Picture {
  readonly meeting: string;
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly kind: 'bridge' | 'leg';
  readonly id: string;
  /** Which one of its kind in this meeting, from 1; 0: the only bridge. */
  readonly number: number;
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
  /** By the connector's own word: when it was in the room. */
  readonly stays: readonly { readonly from: number; readonly to: number }[];
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly hear: boolean;
  readonly speak: boolean;
  /** `lasting`: no end in the log; `claimed`: the connector's word only. */
  readonly end: 'proven' | 'claimed' | 'lasting';
}

export type MarkKind = 'request' | 'grant' | 'no' | 'revoked' | 'crash';

export interface Mark {
  readonly at: number;
  readonly seq: number;
  readonly kind: MarkKind;
  readonly type: string;
}

const markKinds: Readonly<Record<string, MarkKind>> = {
  request: 'request',
  'leg-asked': 'request',
  grant: 'grant',
  'leg-admitted': 'grant',
  denial: 'no',
  expired: 'no',
  'leg-refused': 'no',
  revoked: 'revoked',
  'leg-muted': 'revoked',
  'heartbeat-lost': 'crash',
};

export interface Seen {
  readonly intervals: readonly WitnessedInterval[];
  readonly held: readonly BridgeSpan[];
  readonly events: readonly Event[];
}

/** Every meeting that something happened in, oldest first. */
export function meetingsOf({ events, held }: Seen): readonly string[] {
  const meetings = new Set<string>();
  for (const { meeting } of held) meetings.add(meeting);
  for (const { meeting, bridge } of events) if (meeting !== '' && bridge !== '') meetings.add(meeting);
  return [...meetings];
}

export function pictureOf(meeting: string, seen: Seen): Picture {
  const events = seen.events.filter((event) => event.meeting === meeting);
  const intervals = seen.intervals.filter((interval) => interval.meeting === meeting);
  const held = seen.held.filter((span) => span.meeting === meeting);
  const times = [
    ...events.map(({ at }) => at),
    ...held.flatMap(({ from, to }) => [from.at, to?.at ?? from.at]),
    ...intervals.flatMap(({ from, to }) => [from.at, to?.at ?? from.at]),
  ];
  const from = Math.min(...times);
  const to = Math.max(...times, from + 1_000);
  const bridges = unique([...held.map(({ bridge }) => bridge), ...events.map(({ bridge }) => bridge)]);
  const barOf = ({ from: begins, to: ends, endProven, hear, speak }: BridgeSpan): Bar => ({
    from: begins.at,
    to: ends?.at ?? to,
    hear,
    speak,
    end: ends === null ? 'lasting' : endProven ? 'proven' : 'claimed',
  });
  let callers = 0;
  const lanes = bridges.flatMap((bridge, i): Lane[] => {
    const own = events.filter((event) => event.bridge === bridge);
    const legs = unique([
      ...intervals.filter((interval) => interval.bridge === bridge).map(({ leg }) => leg),
      ...own.map(({ leg }) => leg),
    ]);
    return [
      {
        kind: 'bridge',
        id: bridge,
        number: bridges.length > 1 ? i + 1 : 0,
        bars: held.filter((span) => span.bridge === bridge).map(barOf),
        marks: marksOf(own.filter(({ leg }) => leg === '')),
        stays: [],
      },
      ...legs.map((leg): Lane => ({
        kind: 'leg',
        id: leg,
        number: (callers += 1),
        bars: intervals.filter((interval) => interval.bridge === bridge && interval.leg === leg).map(barOf),
        marks: marksOf(own.filter((event) => event.leg === leg)),
        stays: staysOf(
          own.filter((event) => event.leg === leg),
          to,
        ),
      })),
    ];
  });
  return { meeting, from, to, lanes };
}

const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)].filter((id) => id !== '');

const marksOf = (events: readonly Event[]): readonly Mark[] =>
  events.flatMap(({ at, seq, type }) => {
    const kind = markKinds[type];
    return kind === undefined ? [] : [{ at, seq, kind, type }];
  });

function staysOf(events: readonly Event[], end: number): Lane['stays'] {
  const stays: { from: number; to: number }[] = [];
  let since: number | null = null;
  for (const { type, at } of events) {
    if (type === 'leg-joined') since ??= at;
    if (type !== 'leg-left' || since === null) continue;
    stays.push({ from: since, to: at });
    since = null;
  }
  return since === null ? stays : [...stays, { from: since, to: end }];
}

/** Round times for the axis, at most `most` of them. */
export function ticksOf(from: number, to: number, most: number): readonly number[] {
  const step = steps.find((ms) => (to - from) / ms <= most) ?? Math.ceil((to - from) / most / day) * day;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}

const day = 86_400_000;
const steps: readonly number[] = [
  1_000,
  2_000,
  5_000,
  10_000,
  15_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
  900_000,
  1_800_000,
  3_600_000,
  7_200_000,
  14_400_000,
  21_600_000,
  43_200_000,
  day,
];
