import type { Log } from '../base/log.ts';
import type { SrfHandler, SrfResponse } from './srf.ts';

export const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE';
export const supported = '100rel, timer';
export const answerHeaders = { Allow: allow, Supported: supported };

/** drachtio-srf rethrows what a handler throws inside its socket callback, which would end the process. */
export function guarded(log: Log, handler: SrfHandler): SrfHandler {
  return (request, response) => {
    try {
      handler(request, response);
    } catch (error) {
      log.error({ err: error, method: request.method }, 'SIP handler failed');
      sendSafely(log, response, { status: 500, reason: 'Server Internal Error' });
    }
  };
}

interface Status {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** drachtio-srf throws on status codes that it does not know, and on a second final response. */
export function sendSafely(log: Log, response: SrfResponse, { status, reason, headers = {} }: Status): void {
  try {
    if (!response.finalResponseSent) response.send(status, reason, { headers });
  } catch (error) {
    log.error({ err: error, status }, 'response not sent');
  }
}

export function answerOptions(response: SrfResponse): void {
  response.send(200, { headers: { ...answerHeaders, Accept: 'application/sdp, application/dtmf-relay' } });
}
