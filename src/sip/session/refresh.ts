import type { Clock, Timer } from '../../base/clock.ts';
import {
  momentsOf,
  readRefreshed,
  refreshHeaders,
  type SessionTimer,
  type SessionTimerTerms,
  type TimerHeaders,
} from './timer.ts';

/** How a refresh of ours was answered; null: it could not be sent. */
export interface RefreshAnswer {
  readonly status: number;
  readonly headers: TimerHeaders;
}

export interface SessionRefreshOptions {
  readonly clock: Clock;
  /** A whole number from 0 to `below` - 1. */
  readonly randomInt: (below: number) => number;
  readonly terms: SessionTimerTerms;
  /** Whether the peer said that it takes UPDATE; else the refresh is a re-INVITE. */
  readonly update: boolean;
  send(
    method: 'UPDATE' | 'INVITE',
    headers: Readonly<Record<string, string>>,
    done: (answer: RefreshAnswer | null) => void,
  ): void;
  /** Nobody refreshed the session, or the peer knows nothing of it any more. */
  onExpired(): void;
}

/** Keeps one dialog's session alive, or notices that it is not (RFC 4028 §10). */
export interface SessionRefresh {
  /** A refresh by the peer, or the first answer; null: no timer. */
  restart(timer: SessionTimer | null): void;
  stop(): void;
}

/** After a refusal that may pass. */
const againMs = 5_000;

export function createSessionRefresh(options: SessionRefreshOptions): SessionRefresh {
  const { clock, terms } = options;
  let update = options.update;
  let current: SessionTimer | null = null;
  let giveUp: Timer | null = null;
  let next: Timer | null = null;
  /** Answers to a refresh of an earlier agreement are nobody's any more. */
  let round = 0;

  const cancel = (): void => {
    giveUp?.cancel();
    next?.cancel();
    giveUp = next = null;
    round += 1;
  };
  const expire = (): void => {
    cancel();
    current = null;
    options.onExpired();
  };
  const restart = (timer: SessionTimer | null): void => {
    cancel();
    current = timer;
    if (timer === null) return;
    const { refreshMs, giveUpMs } = momentsOf(timer);
    giveUp = clock.after(giveUpMs, expire);
    if (refreshMs !== null) next = clock.after(refreshMs, refresh);
  };
  const again = (ms: number): void => {
    next?.cancel();
    next = clock.after(ms, refresh);
  };
  const refresh = (): void => {
    const timer = current;
    if (timer === null) return;
    const mine = round;
    options.send(update ? 'UPDATE' : 'INVITE', refreshHeaders(timer, terms), (answer) => {
      if (mine !== round) return;
      if (answer === null) again(againMs);
      else take(answer, timer);
    });
  };
  const take = ({ status, headers }: RefreshAnswer, timer: SessionTimer): void => {
    const verdict = readRefreshed(status, headers, timer);
    switch (verdict.kind) {
      case 'refreshed':
        restart(verdict.timer);
        return;
      case 'longer':
        current = verdict.timer;
        refresh();
        return;
      case 'other-method':
        if (!update) again(againMs);
        else {
          update = false;
          refresh();
        }
        return;
      case 'glare':
        // RFC 3261 §14.1: whoever did not choose the Call-ID waits for up to two seconds, in steps of 10 ms.
        again(options.randomInt(200) * 10);
        return;
      case 'gone':
        expire();
        return;
      case 'failed':
        again(againMs);
        return;
    }
  };
  return { restart, stop: cancel };
}
