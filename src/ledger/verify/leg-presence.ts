import type { Moment } from './bridge-hearing.ts';

/**
 * When one leg was let in. A host admits and drops it; what the connector says about joining and leaving may make the time
 * longer, never shorter.
 */
export interface LegPresence {
  /** A host's word. */
  admitted(moment: Moment): void;
  dropped(moment: Moment): void;
  /** The connector's word. */
  joined(moment: Moment): void;
  left(moment: Moment): void;
  /** Closed and, last, still open ones. `to` is null where nobody ended it before the bridge's own end. */
  stays(): readonly Stay[];
}

export interface Stay {
  readonly from: Moment;
  readonly to: Moment | null;
  readonly joinedAt: number | null;
  readonly leftAt: number | null;
}

interface OpenStay {
  readonly from: Moment;
  joined: Moment | null;
  left: Moment | null;
  dropped: Moment | null;
}

export function legPresence(): LegPresence {
  const closed: Stay[] = [];
  let open: OpenStay | null = null;

  const begin = (from: Moment): OpenStay => ({ from, joined: null, left: null, dropped: null });
  const isInside = (stay: OpenStay): boolean => stay.joined !== null && stay.left === null;
  const ended = (stay: OpenStay): Stay => ({
    from: stay.from,
    to: stay.dropped === null || isInside(stay) ? null : laterOf(stay.dropped, stay.left),
    joinedAt: stay.joined?.at ?? null,
    leftAt: stay.left?.at ?? null,
  });
  /** A stay that a host ended, and that the connector does not say went on, is over. */
  const settle = (): void => {
    if (open === null || open.dropped === null || isInside(open)) return;
    closed.push(ended(open));
    open = null;
  };

  return {
    admitted(moment) {
      open ??= begin(moment);
      open.dropped = null;
    },
    dropped(moment) {
      if (open !== null) open.dropped ??= moment;
      settle();
    },
    joined(moment) {
      open ??= begin(moment);
      open.joined ??= moment;
      open.left = null;
    },
    left(moment) {
      if (open !== null) open.left = moment;
      settle();
    },
    stays: () => (open === null ? closed : [...closed, ended(open)]),
  };
}

function laterOf(a: Moment, b: Moment | null): Moment {
  return b !== null && b.at > a.at ? b : a;
}
