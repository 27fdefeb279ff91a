import { useEffect, useRef, useState } from 'preact/hooks';
import { metersOf } from './meters.ts';
import type { PageController, PageView } from './view.ts';

export function useView(controller: PageController): PageView {
  const [view, setView] = useState(controller.view);
  useEffect(() => {
    setView(controller.view);
    return controller.subscribe(setView);
  }, [controller]);
  return view;
}

/** Whether the monotonic time `atMs` has come; renders again when it does. */
export function useReached(controller: PageController, atMs: number): boolean {
  const [, again] = useState(0);
  const left = atMs - controller.monoMs();
  useEffect(() => {
    // Infinite: only a new view can make it come.
    if (left <= 0 || !Number.isFinite(left)) return undefined;
    return controller.after(left + 1, () => again((n) => n + 1));
  }, [controller, atMs, left <= 0]);
  return left <= 0;
}

/** Wall time, rendered again every `ms`. */
export function useNow(controller: PageController, ms: number): number {
  const [now, setNow] = useState(controller.wallMs());
  useEffect(() => controller.after(ms, () => setNow(controller.wallMs())), [controller, ms, now]);
  return now;
}

/** What is left of a level after one step. */
const levelFall = 0.5;
const leastLevel = 0.02;

/** Keeps a style variable of an element at a participant's level, without rendering. */
export function useLevel(controller: PageController, identity: string) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let shown = 0;
    return metersOf(controller).add(() => {
      const heard = Math.max(controller.level(identity), shown * levelFall);
      const level = heard < leastLevel ? 0 : heard;
      if (level !== shown) ref.current?.style.setProperty('--level', level.toFixed(2));
      shown = level;
    });
  }, [controller, identity]);
  return ref;
}

/** Shows something for a while after a call, e.g. "Copied". */
export function useFlag(
  controller: Pick<PageController, 'after'>,
  ms: number,
): readonly [boolean, () => void] {
  const [on, setOn] = useState(false);
  const cancel = useRef<(() => void) | null>(null);
  useEffect(() => () => cancel.current?.(), []);
  const raise = (): void => {
    cancel.current?.();
    setOn(true);
    cancel.current = controller.after(ms, () => setOn(false));
  };
  return [on, raise];
}
