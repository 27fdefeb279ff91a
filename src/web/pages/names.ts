import type { LegView, MemberView } from '../host/session.ts';
import { shownName } from './format.ts';
import type { Texts } from './text/english.ts';

/** What people and calls are called on the screen. Names are claims of whoever sent them. */

/** How the connector's label says that a caller keeps his number to himself; the page has that in its language. */
const withheld = 'number withheld';

export function callerName(leg: LegView, t: Texts): string {
  if (leg.display === withheld) return t.bridge.withheld;
  return shownName(leg.display) || t.bridge.unknownCaller;
}

export function personName(person: Pick<MemberView, 'name'>, t: Texts): string {
  return shownName(person.name) || t.people.unnamed;
}
