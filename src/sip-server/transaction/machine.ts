import type { Clock, Milliseconds, Timer } from '../../base/clock.ts';
import type { Effect, Step, TimerName } from './step.ts';
import type { TransactionContext } from './timing.ts';

/** Runs one transaction's table: keeps its state and timers, and hands out every other effect. */
export interface Machine<E> {
  /** Carries out the effects and says whether one of them was to pass the message up. */
  fire(event: E): boolean;
  /** Stops all timers without a word; for the server's own end. */
  stop(): void;
  readonly state: () => string;
}

export interface MachineOptions<S extends { readonly kind: string }, E> {
  readonly start: S;
  readonly step: (state: S, event: E, context: TransactionContext) => Step<S>;
  readonly context: TransactionContext;
  readonly clock: Clock;
  readonly timerEvent: (timer: TimerName) => E;
  /** Everything but timers and `pass-up`. */
  readonly act: (effect: Exclude<Effect, { kind: 'arm' | 'disarm' | 'pass-up' }>) => void;
}

type Armed = readonly { readonly name: TimerName; readonly timer: Timer }[];
const none: Armed = [];

export function createMachine<S extends { readonly kind: string }, E>(
  options: MachineOptions<S, E>,
): Machine<E> {
  let state = options.start;
  /** Mostly one, so no map: a hundred thousand of these may wait for their last timer. */
  let timers = none;

  const forget = (name: TimerName): void => {
    timers = timers.length === 1 && timers[0]?.name === name ? none : timers.filter((t) => t.name !== name);
  };
  const disarm = (name: TimerName): void => {
    for (const armed of timers) if (armed.name === name) armed.timer.cancel();
    forget(name);
  };
  const stop = (): void => {
    for (const { timer } of timers) timer.cancel();
    timers = none;
  };
  const arm = (name: TimerName, ms: Milliseconds): void => {
    const timer = options.clock.after(ms, () => {
      forget(name);
      fire(options.timerEvent(name));
    });
    timers = [...timers, { name, timer }];
  };
  const fire = (event: E): boolean => {
    const step = options.step(state, event, options.context);
    state = step.state;
    let passUp = false;
    for (const effect of step.effects) {
      switch (effect.kind) {
        case 'arm':
          disarm(effect.timer);
          arm(effect.timer, effect.ms);
          break;
        case 'disarm':
          disarm(effect.timer);
          break;
        case 'pass-up':
          passUp = true;
          break;
        case 'end':
          stop();
          options.act(effect);
          break;
        default:
          options.act(effect);
      }
    }
    return passUp;
  };
  return { fire, stop, state: () => state.kind };
}
