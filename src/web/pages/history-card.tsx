import type { JSX } from 'preact';
import type { HistoryItem } from '../host/session.ts';
import { shownName } from './format.ts';
import type { Texts } from './text/english.ts';
import { useWords } from './use-words.ts';

/** The name or number of an event that its sentence is about. */
function subject(item: HistoryItem): string {
  for (const key of ['operator', 'name', 'display', 'connector']) {
    const value = item.detail[key];
    if (typeof value === 'string') return shownName(value);
  }
  return '';
}

/** An event that the table does not know is shown by its stable name: better odd than hidden. */
export function historyLine(item: HistoryItem, t: Texts): string {
  const words = Object.entries(t.history.events).find(([name]) => name === item.what)?.[1];
  return words === undefined ? item.what : words(subject(item));
}

export function HistoryCard({ history }: { history: readonly HistoryItem[] }): JSX.Element {
  const { t, format } = useWords();
  return (
    <section class="card history" aria-labelledby="history-title">
      <h2 id="history-title">{t.history.title}</h2>
      {history.length === 0 ? (
        <p class="quiet">{t.history.empty}</p>
      ) : (
        <ol class="events" tabIndex={0} aria-labelledby="history-title">
          {history
            .map((item, i) => (
              <li key={`${item.atWallMs}-${i}`}>
                <time dateTime={new Date(item.atWallMs).toISOString()}>{format.time(item.atWallMs)}</time>
                <span>{historyLine(item, t)}</span>
              </li>
            ))
            .reverse()}
        </ol>
      )}
    </section>
  );
}
