import type { Log } from '../base/log.ts';
import type { LegCodec, MediaAddress } from '../media/leg-state.ts';
import type { AudioOffer } from './gateway.ts';
import {
  readOffer,
  unansweredOffer,
  warnings,
  writeAnswer,
  writeOffer,
  type ReadOffer,
} from './offer-answer.ts';
import { createOwnDescriptions } from './own-description.ts';
import type { SrfRequest, SrfResponse } from './srf.ts';

/** The offer/answer side of one call (RFC 3264): the first exchange and every later one. */
export interface CallMedia {
  /** What the media side is to start with; where the caller left the offer to us, nothing is sent yet. */
  readonly first: AudioOffer;
  /** The body of our 200. */
  describe(local: MediaAddress): string;
  /** The body of an ACK: the answer where the offer was ours. False where one was due and there is none to use. */
  onAck(body: string): boolean;
  onReinvite(request: SrfRequest, response: SrfResponse): void;
  onUpdate(request: SrfRequest, response: SrfResponse): void;
}

export interface CallMediaOptions {
  readonly log: Log;
  readonly codecs: readonly LegCodec[];
  readonly sessionId: number;
  readonly headers: Readonly<Record<string, string>>;
  onChanged(offer: AudioOffer): void;
}

export type FirstOffer =
  { readonly ok: true; readonly media: CallMedia } | { readonly ok: false; readonly warning: string };

/** `body`: of the INVITE. Refused offers are the caller's to answer with 488 and the Warning. */
export function startMedia(body: string, options: CallMediaOptions): FirstOffer {
  if (body === '') return { ok: true, media: createMedia(null, options) };
  const offer = readOffer(body, options.codecs);
  if (!offer.ok) return { ok: false, warning: warnings[offer.reason] };
  return { ok: true, media: createMedia(offer.value, options) };
}

function createMedia(offered: ReadOffer | null, options: CallMediaOptions): CallMedia {
  const { codecs, log } = options;
  const descriptions = createOwnDescriptions(options.sessionId);
  let local: MediaAddress = { address: '0.0.0.0', port: 9 };
  let current = offered?.audio ?? unansweredOffer(codecs[0] ?? 'PCMU');
  /** An offer of ours stands in a 200 and its answer is due in the ACK. */
  let awaitsAnswer = offered === null;

  const answerTo = (offer: ReadOffer): string => descriptions.next(local, (own) => writeAnswer(offer, own));
  const offerOurs = (): string => descriptions.next(local, (own) => writeOffer(own, codecs));
  const change = (next: AudioOffer): void => {
    if (sameAudio(current, next)) return;
    current = next;
    options.onChanged(next);
  };
  const sdp = (response: SrfResponse, body: string): void =>
    response.send(200, { body, headers: { ...options.headers, 'Content-Type': 'application/sdp' } });

  /** Answers an offer that came in a request; what was agreed before stays where it is refused (RFC 3261 §14.2). */
  const answerOffer = (body: string, response: SrfResponse): void => {
    const offer = readOffer(body, codecs);
    if (!offer.ok) {
      log.info({ reason: offer.reason }, 'changed offer refused');
      response.send(488, { headers: { Warning: warnings[offer.reason] } });
      return;
    }
    sdp(response, answerTo(offer.value));
    change(offer.value.audio);
  };

  return {
    first: current,
    describe(address) {
      local = address;
      return offered === null ? offerOurs() : answerTo(offered);
    },
    onAck(body) {
      if (!awaitsAnswer) return true;
      awaitsAnswer = false;
      const answer = readOffer(body, codecs);
      if (!answer.ok) {
        log.info({ reason: answer.reason }, 'answer in ACK not usable');
        return false;
      }
      change(answer.value.audio);
      return true;
    },
    onReinvite(request, response) {
      if (awaitsAnswer) {
        response.send(491, {});
        return;
      }
      const body = request.body ?? '';
      if (body !== '') {
        answerOffer(body, response);
        return;
      }
      awaitsAnswer = true;
      sdp(response, offerOurs());
    },
    onUpdate(request, response) {
      const body = request.body ?? '';
      // RFC 3311 §5.1: without a body it refreshes the target or the session timer only.
      if (body === '') {
        response.send(200, { headers: options.headers });
        return;
      }
      if (awaitsAnswer) {
        response.send(491, {});
        return;
      }
      answerOffer(body, response);
    },
  };
}

function sameAudio(a: AudioOffer, b: AudioOffer): boolean {
  return (
    a.remote.address === b.remote.address &&
    a.remote.port === b.remote.port &&
    a.codec === b.codec &&
    a.dtmfPayloadType === b.dtmfPayloadType &&
    a.receives === b.receives &&
    a.sends === b.sends
  );
}
