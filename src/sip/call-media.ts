import { isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../base/log.ts';
import type { MediaAddress } from '../media/leg-state.ts';
import type { AudioOffer } from './gateway.ts';
import type { MediaTerms } from './media-terms.ts';
import {
  negotiate,
  noSession,
  unansweredAudio,
  type NegotiationEvent,
  type NegotiationOutcome,
} from './offer-answer.ts';
import { createOwnDescriptions, type OwnAudio } from './own-description.ts';
import { warningOf } from './peer-description.ts';
import type { SrfRequest, SrfResponse } from './srf.ts';

/** The offer/answer side of one call: the state machine of offer-answer.ts, its inputs and outputs being SIP messages. */
export interface CallMedia {
  /** What the media side is to start with; where the caller left the offer to us, nothing is sent yet. */
  readonly first: AudioOffer;
  /** The body of our 200. */
  describe(local: MediaAddress): string;
  /** The body of an ACK: the answer where the offer was ours. False where one was due and there is none to use. */
  onAck(body: string): boolean;
  /** Both answer; true: with a 2xx. */
  onReinvite(request: SrfRequest, response: SrfResponse): boolean;
  onUpdate(request: SrfRequest, response: SrfResponse): boolean;
  /** The body of a re-INVITE of ours that changes nothing; null where an offer is open already. */
  refresh(): string | null;
  /** How that re-INVITE was answered; null: refused. False where the 2xx had no answer to use. */
  onRefreshed(body: string | null): boolean;
}

export interface CallMediaOptions {
  readonly log: Log;
  readonly terms: MediaTerms;
  readonly sessionId: number;
  /** What the peer is told in place of an address of ours, behind a NAT; left out: the address itself. */
  readonly announce?: (inner: string) => string;
  /** Of a 2xx to this request. */
  readonly headers: (request: SrfRequest) => Readonly<Record<string, string>>;
  onChanged(offer: AudioOffer): void;
}

export type FirstOffer =
  { readonly ok: true; readonly media: CallMedia } | { readonly ok: false; readonly warning: string };

/** `body`: of the INVITE. Refused offers are the caller's to answer with 488 and the Warning. */
export function startMedia(body: string, options: CallMediaOptions): FirstOffer {
  const { log, announce } = options;
  let { terms } = options;
  const opening = negotiate(
    noSession,
    body === '' ? { kind: 'our-offer' } : { kind: 'offer', sdp: body },
    terms,
  );
  const { outcome } = opening;
  if (outcome.kind !== 'answer' && outcome.kind !== 'offer') {
    const reason = outcome.kind === 'refused' ? outcome.reason : 'no-audio';
    return { ok: false, warning: warningOf(reason, terms.capability) };
  }
  const first = opening.state.agreed ?? unansweredAudio(outcome.own);
  if (first === null) return { ok: false, warning: warningOf('no-codec', terms.capability) };

  const descriptions = createOwnDescriptions(options.sessionId);
  let local: MediaAddress = { address: '0.0.0.0', port: 9 };
  let state = opening.state;
  let current = first;
  const write = (own: OwnAudio): string => descriptions.next(local, own);
  const step = (event: NegotiationEvent): NegotiationOutcome => {
    const next = negotiate(state, event, terms);
    state = next.state;
    return next.outcome;
  };
  /** After the response has gone out, so that the media changes no sooner than the peer may know. */
  const tell = (): void => {
    if (state.agreed === null || isDeepStrictEqual(state.agreed, current)) return;
    current = state.agreed;
    options.onChanged(current);
  };
  const respond = (request: SrfRequest, response: SrfResponse, outcome: NegotiationOutcome): boolean => {
    const accepted = outcome.kind === 'answer' || outcome.kind === 'offer';
    if (accepted) {
      const headers = { ...options.headers(request), 'Content-Type': 'application/sdp' };
      response.send(200, { body: write(outcome.own), headers });
    } else if (outcome.kind === 'pending') response.send(491, {});
    else if (outcome.kind === 'refused') {
      log.info({ reason: outcome.reason }, 'changed offer refused');
      response.send(488, { headers: { Warning: warningOf(outcome.reason, terms.capability) } });
    }
    tell();
    return accepted;
  };
  const onAnswer = (sdp: string): boolean => {
    const outcome = step({ kind: 'answer', sdp });
    if (outcome.kind === 'unusable') log.info({ reason: outcome.reason }, 'answer not usable');
    tell();
    return outcome.kind !== 'unusable';
  };

  const media: CallMedia = {
    first,
    describe(address) {
      local = announce === undefined ? address : { ...address, address: announce(address.address) };
      // The socket stays for the call, and has one family.
      terms = { ...terms, families: [isIPv6(address.address) ? 6 : 4] };
      return write(outcome.own);
    },
    onAck: onAnswer,
    onReinvite(request, response) {
      const sdp = request.body ?? '';
      return respond(request, response, step(sdp === '' ? { kind: 'our-offer' } : { kind: 'offer', sdp }));
    },
    onUpdate(request, response) {
      const sdp = request.body ?? '';
      // RFC 3311 §5.1: without a body it refreshes the target or the session timer only.
      if (sdp !== '') return respond(request, response, step({ kind: 'offer', sdp }));
      response.send(200, { headers: options.headers(request) });
      return true;
    },
    refresh() {
      const outcome = step({ kind: 'refresh' });
      return outcome.kind === 'offer' ? write(outcome.own) : null;
    },
    onRefreshed(body) {
      if (body !== null) return onAnswer(body);
      step({ kind: 'withdrawn' });
      return true;
    },
  };
  return { ok: true, media };
}
