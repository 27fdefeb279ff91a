import type { Log } from '../base/log.ts';
import { ok, type Result } from '../base/result.ts';
import type { Candidate } from '../webrtc/candidate.ts';
import { openPeer, type Peer, type PeerOptions, type PeerState } from '../webrtc/peer.ts';
import { limits } from './limits.ts';
import { opusType, type Outlet, type PublishedTrack } from './published-track.ts';
import { newSsrc } from './sid.ts';

/**
 * The PeerConnection on which a participant receives: we offer, the client answers. One offer is under way at a time;
 * what changes meanwhile goes into the next one.
 */
export interface SubscriberEvents {
  onCandidate(candidate: Candidate): void;
  onState(state: PeerState): void;
  onOffer(id: number, sdp: string): void;
  onData(label: string, message: Buffer): void;
}

interface Subscription {
  readonly mid: string;
  readonly track: PublishedTrack;
  readonly outlet: Outlet;
}

export type ChannelLabel = '_reliable' | '_lossy';

export class Subscriber {
  readonly #peer: Peer;
  readonly #events: SubscriberEvents;
  readonly #log: Log;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Lines of tracks that ended, to be used again: a session description never loses a line (RFC 8829 §5.2.2). */
  readonly #freeMids: string[] = [];
  #lines = 0;
  #offerId = 0;
  #answered = true;
  #changed = true;

  static open(options: Omit<PeerOptions, 'role'>, events: SubscriberEvents, log: Log): Result<Subscriber> {
    const peer = openPeer(
      { ...options, role: 'offers' },
      {
        onCandidate: (candidate) => events.onCandidate(candidate),
        onState: (state) => events.onState(state),
        onChannelOpen: () => undefined,
        onMessage: (label, message) => events.onData(label, message),
      },
    );
    if (!peer.ok) return peer;
    for (const [label, delivery] of [
      ['_reliable', 'reliable'],
      ['_lossy', 'lossy'],
    ] as const) {
      const made = peer.value.createChannel(label, delivery);
      if (!made.ok) return made;
    }
    return ok(new Subscriber(peer.value, events, log));
  }

  private constructor(peer: Peer, events: SubscriberEvents, log: Log) {
    this.#peer = peer;
    this.#events = events;
    this.#log = log;
  }

  /** The id of the offer that waits for its answer; null where none does. */
  get awaiting(): number | null {
    return this.#answered ? null : this.#offerId;
  }

  worn(): boolean {
    return this.#peer.renegotiations > limits.renegotiations;
  }

  subscribe(track: PublishedTrack): void {
    if (this.#subscriptions.has(track.info.sid)) return;
    const mid = this.#freeMids.pop() ?? `a${this.#lines++}`;
    const ssrc = newSsrc();
    const stream = `${track.owner.sid}|${track.info.sid}`;
    const line = this.#peer.setLine(
      { mid, direction: 'send', payloadType: opusType, source: { ssrc, stream, track: track.info.sid } },
      () => undefined,
    );
    if (!line.ok) {
      this.#log.warn({ reason: line.reason }, 'track not offered to a subscriber');
      return;
    }
    const outlet: Outlet = { ssrc, line: line.value, paused: false };
    track.outlets.add(outlet);
    this.#subscriptions.set(track.info.sid, { mid, track, outlet });
    this.#changed = true;
  }

  unsubscribe(sid: string): void {
    const subscription = this.#subscriptions.get(sid);
    if (subscription === undefined) return;
    this.#subscriptions.delete(sid);
    subscription.track.outlets.delete(subscription.outlet);
    const { mid } = subscription;
    this.#peer.setLine({ mid, direction: 'inactive', payloadType: opusType }, () => undefined);
    this.#freeMids.push(mid);
    this.#changed = true;
  }

  pause(sid: string, paused: boolean): void {
    const subscription = this.#subscriptions.get(sid);
    if (subscription !== undefined) subscription.outlet.paused = paused;
  }

  /** Offers what changed, unless an answer is still due: then with that answer. */
  negotiate(): void {
    if (!this.#changed || !this.#answered) return;
    const offer = this.#peer.offer();
    if (!offer.ok) {
      this.#log.warn({ reason: offer.reason }, 'no offer to a subscriber');
      return;
    }
    this.#changed = false;
    this.#answered = false;
    this.#offerId++;
    this.#events.onOffer(this.#offerId, offer.value);
  }

  acceptAnswer(id: number, sdp: string): Result<void> {
    // Clients that do not number their answers send 0.
    if (this.#answered || (id !== 0 && id !== this.#offerId)) return ok(undefined);
    const accepted = this.#peer.acceptAnswer(sdp);
    if (!accepted.ok) return accepted;
    this.#answered = true;
    this.negotiate();
    return ok(undefined);
  }

  addCandidate(candidate: Candidate): void {
    this.#peer.addCandidate(candidate);
  }

  /** False where a reliable message finds a receiver that does not drain: it is to be disconnected, not skipped. */
  sendData(label: ChannelLabel, message: Uint8Array): boolean {
    if (!this.#peer.channelOpen(label)) return true;
    const waiting = this.#peer.buffered(label);
    if (label === '_lossy') {
      if (waiting < limits.lossyBacklogBytes) this.#peer.send(label, message);
      return true;
    }
    if (waiting > limits.dataBacklogBytes) return false;
    this.#peer.send(label, message);
    return true;
  }

  close(): void {
    for (const { track, outlet } of this.#subscriptions.values()) track.outlets.delete(outlet);
    this.#subscriptions.clear();
    this.#peer.close();
  }
}
