import type { Clock } from '../base/clock.ts';
import {
  afterFailure,
  delayAfter,
  forgottenAt,
  isLockedOut,
  type CountedFailure,
  type CountedName,
  type FailureCounts,
  type Failures,
  type RulesByKind,
} from './failures.ts';

/** Names of each kind remembered at most; beyond it the oldest is forgotten, so that a spoofed flood cannot grow memory. */
const mostRemembered = 10_000;

/** Failed attempts as this process alone counts them. */
export class Attempts implements FailureCounts {
  readonly #clock: Pick<Clock, 'monoMs'>;
  readonly #rules: RulesByKind;
  readonly #failures: Readonly<Record<CountedName['kind'], Map<string, Failures>>> = {
    caller: new Map(),
    address: new Map(),
    meeting: new Map(),
  };

  constructor(clock: Pick<Clock, 'monoMs'>, rules: RulesByKind) {
    this.#clock = clock;
    this.#rules = rules;
  }

  lockedOut(names: readonly CountedName[]): Promise<readonly boolean[]> {
    const now = this.#clock.monoMs();
    return Promise.resolve(names.map((name) => isLockedOut(this.#current(name), now)));
  }

  failed(names: readonly CountedName[]): Promise<readonly CountedFailure[]> {
    const now = this.#clock.monoMs();
    return Promise.resolve(
      names.map((name) => {
        const after = afterFailure(this.#current(name), now, this.#rules[name.kind]);
        this.#remember(name, after);
        return { lockedOut: isLockedOut(after, now), delayMs: delayAfter(after) };
      }),
    );
  }

  succeeded({ kind, id }: CountedName): Promise<void> {
    this.#failures[kind].delete(id);
    return Promise.resolve();
  }

  #current({ kind, id }: CountedName): Failures | null {
    const known = this.#failures[kind].get(id);
    if (known === undefined) return null;
    if (this.#clock.monoMs() <= forgottenAt(known, this.#rules[kind])) return known;
    this.#failures[kind].delete(id);
    return null;
  }

  #remember({ kind, id }: CountedName, failures: Failures): void {
    const all = this.#failures[kind];
    const oldest = all.keys().next();
    if (all.size >= mostRemembered && !all.has(id) && oldest.done !== true) all.delete(oldest.value);
    all.set(id, failures);
  }
}
