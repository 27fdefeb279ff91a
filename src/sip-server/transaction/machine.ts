import type { Clock, Timer } from '../../base/clock.ts';
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

export function createMachine<S extends { readonly kind: string }, E>(
  options: MachineOptions<S, E>,
): Machine<E> {
  let state = options.start;
  const timers = new Map<TimerName, Timer>();

  const disarm = (timer: TimerName): void => {
    timers.get(timer)?.cancel();
    timers.delete(timer);
  };
  const stop = (): void => {
    for (const timer of [...timers.keys()]) disarm(timer);
  };
  const fire = (event: E): boolean => {
    const step = options.step(state, event, options.context);
    state = step.state;
    let passUp = false;
    for (const effect of step.effects) {
      switch (effect.kind) {
        case 'arm':
          disarm(effect.timer);
          timers.set(
            effect.timer,
            options.clock.after(effect.ms, () => {
              timers.delete(effect.timer);
              fire(options.timerEvent(effect.timer));
            }),
          );
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
