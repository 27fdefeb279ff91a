import type { Clock } from '../../base/clock.ts';
import type { HistoryItem, MeetingView } from './session.ts';

/** What the page shows, as one value that is replaced at each change. */
export class ViewStore {
  readonly #clock: Clock;
  readonly #listeners = new Set<(view: MeetingView) => void>();
  #view: MeetingView;

  constructor(clock: Clock, role: MeetingView['role']) {
    this.#clock = clock;
    this.#view = {
      meetingId: '',
      role,
      phase: 'joining',
      hostPresent: role === 'host',
      epoch: 0,
      members: [],
      bridges: [],
      prompt: null,
      dials: [],
      history: [],
      alarms: [],
      locked: false,
      knocking: [],
      onHostChange: 'ask-again',
    };
  }

  get view(): MeetingView {
    return this.#view;
  }

  subscribe(listener: (view: MeetingView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  update(change: Partial<MeetingView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener(this.#view);
  }

  /** Oldest first. */
  history(what: string, detail: HistoryItem['detail'] = {}): void {
    this.update({ history: [...this.#view.history, this.#item(what, detail)].slice(-maxItems) });
  }

  /** Newest first; the same alarm again replaces the one before it. */
  alarm(what: string, detail: HistoryItem['detail'] = {}): void {
    const others = this.#view.alarms.filter((a) => a.what !== what);
    this.update({ alarms: [this.#item(what, detail), ...others].slice(0, maxItems) });
  }

  #item(what: string, detail: HistoryItem['detail']): HistoryItem {
    return { atWallMs: this.#clock.wallMs(), what, detail };
  }
}

const maxItems = 200;
