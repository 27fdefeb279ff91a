import {
  Pong,
  RequestResponse,
  RequestResponse_Reason,
  SessionDescription,
  SignalTarget,
  TrackPublishedResponse,
  type AddTrackRequest,
  type TrickleRequest,
  type UpdateParticipantMetadata,
  type UpdateSubscription,
} from '@livekit/protocol';
import type { Clock } from '../base/clock.ts';
import { parseCandidate } from '../webrtc/candidate.ts';
import { readAttributes, type Access } from './access.ts';
import { limits } from './limits.ts';
import type { PublishedTrack } from './published-track.ts';
import type { Publisher } from './publisher.ts';
import type { Signal, SignalAnswer } from './signal.ts';
import type { Subscriber } from './subscriber.ts';

/** What a participant says of itself, by token or later by `updateMetadata`. */
export interface OwnData {
  readonly name: string;
  readonly metadata: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What handling a signal may use and change. */
export interface SignalContext {
  readonly access: Access;
  readonly own: OwnData;
  readonly publisher: Publisher;
  readonly subscriber: Subscriber | null;
  readonly clock: Clock;
  track(sid: string): PublishedTrack | null;
  send(message: SignalAnswer): void;
  subscribe(track: PublishedTrack): void;
  /** The participant's info changed: everybody is told. */
  change(own?: OwnData): void;
  /** What was said cannot be followed: the participant is disconnected. */
  refuse(reason: string): void;
  end(): void;
}

/** Kinds that are not listed ask for what this SFU does not have (video layers, state of a resumed session, …). */
export function handleSignal(signal: Signal, context: SignalContext): void {
  switch (signal.case) {
    case 'offer':
      onOffer(signal.value, context);
      break;
    case 'answer':
      onAnswer(signal.value, context);
      break;
    case 'trickle':
      onTrickle(signal.value, context);
      break;
    case 'addTrack':
      onAddTrack(signal.value, context);
      break;
    case 'mute':
      if (context.publisher.mute(signal.value.sid, signal.value.muted) !== null) context.change();
      break;
    case 'subscription':
      onSubscription(signal.value, context);
      break;
    case 'trackSetting':
      for (const sid of signal.value.trackSids) context.subscriber?.pause(sid, signal.value.disabled);
      break;
    case 'updateMetadata':
      onUpdateMetadata(signal.value, context);
      break;
    case 'ping':
      context.send({ case: 'pong', value: BigInt(Math.floor(context.clock.wallMs())) });
      break;
    case 'pingReq': {
      const timestamp = BigInt(Math.floor(context.clock.wallMs()));
      const value = new Pong({ lastPingTimestamp: signal.value.timestamp, timestamp });
      context.send({ case: 'pongResp', value });
      break;
    }
    case 'leave':
      context.end();
      break;
    default:
      break;
  }
}

function onOffer(offer: SessionDescription, context: SignalContext): void {
  const answer = context.publisher.answer(offer.sdp);
  if (!answer.ok) {
    context.refuse(`offer-${answer.reason}`);
    return;
  }
  const value = new SessionDescription({ type: 'answer', sdp: answer.value, id: offer.id });
  context.send({ case: 'answer', value });
}

function onAnswer(answer: SessionDescription, context: SignalContext): void {
  const accepted = context.subscriber?.acceptAnswer(answer.id, answer.sdp);
  if (accepted?.ok === false) context.refuse(`answer-${accepted.reason}`);
}

function onTrickle(trickle: TrickleRequest, context: SignalContext): void {
  const candidate = parseCandidate(trickle.candidateInit);
  if (candidate === null) return;
  if (trickle.target === SignalTarget.PUBLISHER) context.publisher.addCandidate(candidate);
  else context.subscriber?.addCandidate(candidate);
}

function onAddTrack(request: AddTrackRequest, context: SignalContext): void {
  const { access, publisher } = context;
  const announced = access.canPublish ? publisher.announce(request) : null;
  if (announced?.ok === true) {
    const value = new TrackPublishedResponse({ cid: request.cid, track: announced.value });
    context.send({ case: 'trackPublished', value });
    return;
  }
  const reason =
    announced === null
      ? RequestResponse_Reason.NOT_ALLOWED
      : announced.reason === 'unsupported-type'
        ? RequestResponse_Reason.UNSUPPORTED_TYPE
        : RequestResponse_Reason.LIMIT_EXCEEDED;
  const value = new RequestResponse({ reason, request: { case: 'addTrack', value: request } });
  context.send({ case: 'requestResponse', value });
}

function onSubscription(update: UpdateSubscription, context: SignalContext): void {
  const sids = [...update.trackSids, ...update.participantTracks.flatMap((p) => p.trackSids)];
  for (const sid of sids) {
    const track = context.track(sid);
    if (track === null) continue;
    if (update.subscribe) context.subscribe(track);
    else context.subscriber?.unsubscribe(sid);
  }
  context.subscriber?.negotiate();
}

function onUpdateMetadata(update: UpdateParticipantMetadata, context: SignalContext): void {
  const reason = context.access.canUpdateOwnMetadata
    ? applyUpdate(update, context)
    : RequestResponse_Reason.NOT_ALLOWED;
  const value = new RequestResponse({ requestId: update.requestId, reason });
  context.send({ case: 'requestResponse', value });
}

/** LiveKit's rules: an empty name or metadata leaves the old one, an empty attribute removes it. */
function applyUpdate(update: UpdateParticipantMetadata, context: SignalContext): RequestResponse_Reason {
  const merged = { ...context.own.attributes, ...update.attributes };
  const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
  const attributes = readAttributes(kept);
  const tooLong = update.name.length > limits.nameLength || update.metadata.length > limits.metadataLength;
  if (attributes === null || tooLong) return RequestResponse_Reason.LIMIT_EXCEEDED;
  context.change({
    name: update.name === '' ? context.own.name : update.name,
    metadata: update.metadata === '' ? context.own.metadata : update.metadata,
    attributes,
  });
  return RequestResponse_Reason.OK;
}
