import { reasonOfStatus } from '../reason.ts';
import type { SrfMessage, SrfResponse } from '../srf.ts';
import { answerTimer, type SessionTimerTerms, type TimerAnswer, type TimerHeaders } from './timer.ts';

export function timerHeadersOf(message: SrfMessage): TimerHeaders {
  return {
    sessionExpires: message.get('Session-Expires'),
    minSe: message.get('Min-SE'),
    supported: message.get('Supported'),
  };
}

/** 422 with Min-SE (RFC 4028 §6), or 400 where it does not parse. */
export function refuseTimer(response: SrfResponse, answer: Exclude<TimerAnswer, { kind: 'accepted' }>): void {
  const status = answer.kind === 'too-small' ? 422 : 400;
  const reason = answer.kind === 'too-small' ? 'Session Interval Too Small' : 'Bad Session-Expires';
  const stated = answer.kind === 'too-small' ? answer.headers : {};
  response.send(status, reason, { headers: { ...stated, Reason: reasonOfStatus(status, reason) } });
}

/** What a 2xx to this request says of the session's timer. */
export function timerFieldsFor(
  request: SrfMessage,
  terms: SessionTimerTerms,
): Readonly<Record<string, string>> {
  const answer = answerTimer(timerHeadersOf(request), terms);
  return answer.kind === 'accepted' ? answer.headers : {};
}
