import type { Clock } from '../../base/clock.ts';
import type { MeetingView } from '../host/session.ts';
import { followHearing, noHearing, type HearingBook } from './hearing.ts';

/** Keeps the list of who can hear up to date: at every view, and when a span runs out without one. */
export interface HearingWatch {
  /** The list with this view in it. */
  follow(meeting: MeetingView): HearingBook;
  stop(): void;
}

export function createHearingWatch(clock: Clock, onChange: (book: HearingBook) => void): HearingWatch {
  let book = noHearing;
  let timer: { cancel(): void } | null = null;
  const follow = (meeting: MeetingView): HearingBook => {
    timer?.cancel();
    const monoMs = clock.monoMs();
    book = followHearing(book, meeting, { wallMs: clock.wallMs(), monoMs });
    const next = book.nextMonoMs;
    timer =
      next === null ? null : clock.after(Math.max(0, next - monoMs) + 1, () => onChange(follow(meeting)));
    return book;
  };
  return {
    follow,
    stop() {
      timer?.cancel();
      book = noHearing;
    },
  };
}
