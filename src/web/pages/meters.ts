import type { PageController } from './view.ts';

type After = Pick<PageController, 'after'>;

/** Often enough for an eye to see who speaks; a layout at each of the screen's frames would cost more than the call. */
const levelEveryMs = 80;

/** All meters of a page move together: one timer, however many people are there. */
class Meters {
  readonly #after: After;
  readonly #draws = new Set<() => void>();
  #cancel: (() => void) | null = null;

  constructor(after: After) {
    this.#after = after;
  }

  /** Calls `draw` now and at every step; the result ends it. */
  add(draw: () => void): () => void {
    this.#draws.add(draw);
    draw();
    this.#cancel ??= this.#next();
    return () => {
      this.#draws.delete(draw);
      if (this.#draws.size > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  #next(): () => void {
    return this.#after.after(levelEveryMs, () => {
      this.#cancel = this.#next();
      for (const draw of this.#draws) draw();
    });
  }
}

const byController = new WeakMap<After, Meters>();

export function metersOf(controller: After): Pick<Meters, 'add'> {
  const meters = byController.get(controller) ?? new Meters(controller);
  byController.set(controller, meters);
  return meters;
}
