import type { JSX } from 'preact';
import type { HistoryItem } from '../host/session.ts';
import { clockTime, shownName } from './format.ts';
import { text } from './text.ts';

/** The name or number of an event that its sentence is about. */
function subject(item: HistoryItem): string {
  for (const key of ['operator', 'name', 'display', 'connector']) {
    const value = item.detail[key];
    if (typeof value === 'string') return shownName(value);
  }
  return '';
}

export function historyLine(item: HistoryItem): string {
  return text.history.events[item.what]?.(subject(item)) ?? text.history.other(item.what);
}

export function HistoryCard({ history }: { history: readonly HistoryItem[] }): JSX.Element {
  return (
    <section class="card history" aria-labelledby="history-title">
      <h2 id="history-title">{text.history.title}</h2>
      {history.length === 0 ? (
        <p class="quiet">{text.history.empty}</p>
      ) : (
        <ol class="events" tabIndex={0} aria-labelledby="history-title">
          {history
            .map((item, i) => (
              <li key={`${item.atWallMs}-${i}`}>
                <time dateTime={new Date(item.atWallMs).toISOString()}>{clockTime(item.atWallMs)}</time>
                <span>{historyLine(item)}</span>
              </li>
            ))
            .reverse()}
        </ol>
      )}
    </section>
  );
}
