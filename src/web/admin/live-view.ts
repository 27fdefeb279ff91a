import type { LiveBridge, LiveLeg } from '../../admin/api/wire.ts';
import type { StreamEvent } from './event-reader.ts';

/** Calls and bridges as the event stream tells them. */
export interface LiveView {
  readonly legs: readonly LiveLeg[];
  readonly bridges: readonly LiveBridge[];
}

export const emptyView: LiveView = { legs: [], bridges: [] };

/** The view after an event; what it does not know changes nothing. */
export function afterEvent(view: LiveView, { event, data }: StreamEvent): LiveView {
  const told = JSON.parse(data) as {
    readonly legs?: readonly LiveLeg[];
    readonly bridges?: readonly LiveBridge[];
    readonly leg?: LiveLeg;
    readonly bridge?: LiveBridge;
    readonly id?: string;
    readonly meeting?: string;
  };
  switch (event) {
    case 'snapshot':
      return { legs: told.legs ?? [], bridges: told.bridges ?? [] };
    case 'leg':
      return told.leg === undefined ? view : { ...view, legs: put(view.legs, told.leg, ({ id }) => id) };
    case 'leg-gone':
      return { ...view, legs: view.legs.filter(({ id }) => id !== told.id) };
    case 'bridge':
      return told.bridge === undefined
        ? view
        : { ...view, bridges: put(view.bridges, told.bridge, ({ meeting }) => meeting) };
    case 'bridge-gone':
      return { ...view, bridges: view.bridges.filter(({ meeting }) => meeting !== told.meeting) };
    default:
      return view;
  }
}

/** In its place, or as the last one. */
function put<T>(all: readonly T[], one: T, keyOf: (item: T) => string): readonly T[] {
  const at = all.findIndex((item) => keyOf(item) === keyOf(one));
  return at < 0 ? [...all, one] : all.with(at, one);
}
