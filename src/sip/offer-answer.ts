import type { AgreedSrtp } from '../media/leg-state.ts';
import { masterLength, type SrtpSuite } from '../media/srtp/suite.ts';
import type { AudioOffer } from './gateway.ts';
import type { MediaTerms } from './media-terms.ts';
import type { OwnAudio, RefusedLine } from './own-description.ts';
import { ownOffer, type OwnKeys } from './own-offer.ts';
import {
  readAnswer,
  readOffer,
  type AnswerTo,
  type OfferRefusal,
  type PeerDescription,
} from './peer-description.ts';
import type { Direction } from './sdp.ts';

/**
 * Offer and answer through one dialog (RFC 3264 §4, RFC 3261 §13.2.1 and §14, RFC 3311 §5) as a pure state machine:
 *
 *                 offer: answered at once                   our-offer, refresh
 *        +--------------------------+                 +---------------------------+
 *        v                          |                 |                           v
 *     +--------- stable ------------+-----------------+                        offered ---+ offer, our-offer:
 *        ^                                                                        |   ^   | "pending", 491
 *        +---- answer (in the ACK, or in the 2xx to us), withdrawn ---------------+   +---+
 *
 * One offer is open at a time, and an offer of the peer never stays open, because it is answered in the response to the
 * request that brought it. Whatever is refused leaves what was agreed before as it is (RFC 3261 §14.2).
 */
export interface Negotiation {
  readonly kind: 'stable' | 'offered';
  /** What both sides last agreed on; null before the first answer. */
  readonly agreed: AudioOffer | null;
  /** Our last description; while `offered` it is the open offer. */
  readonly own: OwnAudio | null;
  readonly keys: OwnKeys;
}

export const noSession: Negotiation = { kind: 'stable', agreed: null, own: null, keys: new Map() };

export type NegotiationEvent =
  /** The peer's offer, in an INVITE, a re-INVITE or an UPDATE. */
  | { readonly kind: 'offer'; readonly sdp: string }
  /** The peer leaves the offer to us: an INVITE or re-INVITE without a body. */
  | { readonly kind: 'our-offer' }
  /** We repeat our last description in a re-INVITE of our own, to refresh the session (RFC 4028 §7.4). */
  | { readonly kind: 'refresh' }
  /** In the ACK, or in the 2xx to a re-INVITE of ours. */
  | { readonly kind: 'answer'; readonly sdp: string }
  /** Our re-INVITE was refused: its offer counts for nothing (RFC 3261 §14.1). */
  | { readonly kind: 'withdrawn' };

export type NegotiationOutcome =
  | { readonly kind: 'answer'; readonly own: OwnAudio }
  | { readonly kind: 'offer'; readonly own: OwnAudio }
  /** 488 with the Warning of the reason. */
  | { readonly kind: 'refused'; readonly reason: OfferRefusal }
  /** 491: an offer of ours is open. */
  | { readonly kind: 'pending' }
  /** There is nothing to send: an answer was taken, or none was due. */
  | { readonly kind: 'settled' }
  /** The answer to our offer cannot be used. */
  | { readonly kind: 'unusable'; readonly reason: OfferRefusal };

export interface NegotiationStep {
  readonly state: Negotiation;
  readonly outcome: NegotiationOutcome;
}

export function negotiate(state: Negotiation, event: NegotiationEvent, terms: MediaTerms): NegotiationStep {
  switch (event.kind) {
    case 'offer':
      return state.kind === 'offered' ? stay(state, { kind: 'pending' }) : onOffer(state, event.sdp, terms);
    case 'our-offer':
      return state.kind === 'offered' ? stay(state, { kind: 'pending' }) : offerOurs(state, terms);
    case 'refresh':
      if (state.kind === 'offered' || state.own === null) return stay(state, { kind: 'pending' });
      return { state: { ...state, kind: 'offered' }, outcome: { kind: 'offer', own: state.own } };
    case 'answer':
      return state.kind === 'offered' ? onAnswer(state, event.sdp, terms) : stay(state, { kind: 'settled' });
    case 'withdrawn':
      return stay({ ...state, kind: 'stable' }, { kind: 'settled' });
  }
}

const stay = (state: Negotiation, outcome: NegotiationOutcome): NegotiationStep => ({ state, outcome });

function onOffer(state: Negotiation, sdp: string, terms: MediaTerms): NegotiationStep {
  const offer = readOffer(sdp, terms);
  if (!offer.ok) return stay(state, { kind: 'refused', reason: offer.reason });
  const peer = offer.value;
  if (wouldUnprotect(state, peer)) return stay(state, { kind: 'refused', reason: 'srtp-required' });
  const srtp = srtpForOffer(peer, state.agreed?.srtp ?? null, terms);
  const own: OwnAudio = {
    times: peer.session.times,
    refused: refusedLines(peer),
    index: peer.index,
    protocol: peer.line.protocol.toUpperCase() === 'RTP/SAVP' ? 'RTP/SAVP' : 'RTP/AVP',
    codecs: [{ ...peer.codec, fmtp: peer.ownFmtp }],
    events: peer.events === null ? [] : [peer.events],
    crypto: srtp === null || peer.crypto === null ? [] : [{ ...peer.crypto, key: srtp.local }],
    rtcpMux: peer.rtcp.mux,
    direction: answerDirection(peer),
  };
  const keys = srtp === null ? state.keys : withKey(state.keys, srtp.suite, srtp.local);
  return {
    state: { kind: 'stable', agreed: audioOf(peer, srtp), own, keys },
    outcome: { kind: 'answer', own },
  };
}

/**
 * The same key of the peer: nothing was changed, and ours stays. A new one may be somebody else's (a transfer behind
 * the same dialog), who must not be able to read with what the one before was told: ours is new as well.
 */
function srtpForOffer(
  { crypto }: PeerDescription,
  before: AgreedSrtp | null,
  { newKey }: MediaTerms,
): AgreedSrtp | null {
  if (crypto === null) return null;
  const { suite, key: remote } = crypto;
  const same = before?.suite === suite && Buffer.from(before.remote).equals(remote);
  return { suite, remote, local: same ? before.local : newKey(masterLength(suite)) };
}

/**
 * A call that has SRTP keeps it, whatever its trunk allows a call to begin with: host and caller were told that the leg is
 * encrypted, and whoever can put a re-INVITE into the dialog must not be able to take that back without a word.
 */
function wouldUnprotect({ agreed }: Negotiation, { crypto }: PeerDescription): boolean {
  return crypto === null && agreed?.srtp != null;
}

function offerOurs(state: Negotiation, terms: MediaTerms): NegotiationStep {
  const { agreed, own: before } = state;
  const { own, keys } = ownOffer(
    { agreed, index: before?.index ?? 0, refused: before?.refused ?? [], keys: state.keys },
    terms,
  );
  return { state: { kind: 'offered', agreed, own, keys }, outcome: { kind: 'offer', own } };
}

function onAnswer(state: Negotiation, sdp: string, terms: MediaTerms): NegotiationStep {
  const own = state.own;
  const stable: Negotiation = { ...state, kind: 'stable' };
  if (own === null) return stay(stable, { kind: 'settled' });
  const answer = readAnswer(sdp, answerTo(own), terms);
  if (!answer.ok) return stay(stable, { kind: 'unusable', reason: answer.reason });
  if (wouldUnprotect(state, answer.value)) return stay(stable, { kind: 'unusable', reason: 'srtp-required' });
  const { crypto } = answer.value;
  const ours = own.crypto.find(({ tag }) => tag === crypto?.tag);
  const srtp =
    crypto === null || ours === undefined
      ? null
      : { suite: crypto.suite, local: ours.key, remote: crypto.key };
  return { state: { ...stable, agreed: audioOf(answer.value, srtp) }, outcome: { kind: 'settled' } };
}

function answerTo(own: OwnAudio): AnswerTo {
  const { index, protocol, codecs, crypto } = own;
  return { index, protocol, codecs, crypto, lines: own.refused.length + 1 };
}

/** What the media side may start with while our first offer is open: nobody to send to. */
export function unansweredAudio(own: OwnAudio): AudioOffer | null {
  const codec = own.codecs[0];
  if (codec === undefined) return null;
  const remote = { address: '0.0.0.0', port: 9 };
  return {
    codec: { ...codec, fmtp: null },
    events: own.events[0] ?? null,
    srtp: null,
    rtcp: { mux: false, remote },
    remote,
    receives: false,
    // With keys on offer what comes before the answer may be encrypted, and would be noise.
    sends: own.crypto.length === 0,
  };
}

function audioOf(peer: PeerDescription, srtp: AgreedSrtp | null): AudioOffer {
  const { codec, events, rtcp, remote, receives, sends } = peer;
  return { codec, events, srtp, rtcp, remote, receives, sends };
}

function answerDirection({ receives, sends, line }: PeerDescription): Direction {
  if (receives && sends) return 'sendrecv';
  if (sends) return line.direction === 'sendrecv' ? 'sendrecv' : 'recvonly';
  return receives ? 'sendonly' : 'inactive';
}

function refusedLines({ session, index }: PeerDescription): readonly RefusedLine[] {
  return session.media
    .filter((_, at) => at !== index)
    .map(({ kind, protocol, formats }) => ({ kind, protocol, formats }));
}

function withKey(keys: OwnKeys, suite: SrtpSuite, key: Uint8Array): OwnKeys {
  return new Map(keys).set(suite, key);
}
