import type { DialView } from '../host/session.ts';
import type { Texts } from './text/english.ts';

/** How a call to a phone goes, in the page's language. A reason that the table does not know is shown by its stable name. */
export function dialWords({ state, reason }: Pick<DialView, 'state' | 'reason'>, { dial }: Texts): string {
  if (state !== 'over' && state !== 'refused') return dial.state[state];
  return Object.entries(dial.why).find(([name]) => name === reason)?.[1] ?? dial.ended(reason);
}
