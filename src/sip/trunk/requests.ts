import type { Clock, Milliseconds } from '../../base/clock.ts';
import type { SrfClient, SrfMessage } from '../srf.ts';

/** Requests of our own outside of calls: OPTIONS and REGISTER. */
export interface OwnRequest {
  readonly method: 'OPTIONS' | 'REGISTER';
  readonly uri: string;
  /** SIP URI of the next hop. */
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FinalResponse {
  readonly status: number;
  /** A header of the response; several of one name are joined by commas. */
  get(header: string): string | null;
  /** A header of the request as it left. */
  sent(header: string): string | null;
}

/** Null: nothing was sent, or nothing came back. Never rejects. */
export type SendRequest = (request: OwnRequest) => Promise<FinalResponse | null>;

/** A transaction ends after 64*T1, 32 s (RFC 3261 §17.1.2.2); should its end get lost, we go on all the same. */
const patienceMs: Milliseconds = 36_000;

export function requestsBy(srf: SrfClient, clock: Clock): SendRequest {
  return ({ method, uri, to, headers }) =>
    new Promise((resolve) => {
      const patience = clock.after(patienceMs, () => resolve(null));
      const done = (outcome: FinalResponse | null): void => {
        patience.cancel();
        resolve(outcome);
      };
      try {
        srf.request(uri, { method, headers: { ...headers }, proxy: to }, (error, request) => {
          if (error || request === undefined) {
            done(null);
            return;
          }
          request.on('response', (response) => {
            if (response.status >= 200) done(outcomeOf(response.status, response, request));
          });
        });
      } catch {
        // drachtio-srf throws where it is not connected.
        done(null);
      }
    });
}

function outcomeOf(status: number, response: SrfMessage, request: SrfMessage): FinalResponse {
  return {
    status,
    get: (header) => response.get(header) ?? null,
    sent: (header) => request.get(header) ?? null,
  };
}
