import { randomBytes, randomUUID } from 'node:crypto';
import { AddTrackRequest, Encryption_Type, TrackSource, TrackType, type TrackInfo } from '@livekit/protocol';
import { delay, type Clock } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Candidate } from '../../webrtc/candidate.ts';
import { openPeer, type Peer, type PeerEvents, type PeerOptions } from '../../webrtc/peer.ts';
import type { LocalTrack } from '../meeting.ts';
import { OutgoingTrack, payloadType } from './outgoing-track.ts';

/**
 * The PeerConnection on which we publish: we offer, the server answers. One offer is under way at a time; what changes
 * meanwhile goes into the next one. Each published track is a line of its own.
 */
export interface PublisherOptions {
  readonly peer: Omit<PeerOptions, 'role'>;
  readonly peerEvents: PeerEvents;
  /** Tells the server that frames are end-to-end encrypted: web clients decrypt only what is flagged so. */
  readonly encrypted: boolean;
  readonly clock: Clock;
  sendOffer(id: number, sdp: string): void;
  sendAddTrack(request: AddTrackRequest): void;
}

interface Published {
  readonly cid: string;
  readonly mid: string;
  readonly track: LocalTrack;
}

interface Announcement {
  settle(result: Result<TrackInfo>): void;
}

const publishMs = 10_000;
const askAgainMs = 200;
const maxRenegotiations = 4_000;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #peer: Peer;
  readonly #announcements = new Map<string, Announcement>();
  readonly #published = new Map<string, Published>();
  readonly #freeMids: string[] = [];
  readonly #waiting = new Set<{ readonly target: number; readonly finish: () => void }>();
  #lines = 0;
  #offerId = 0;
  #answered = true;
  /** Changes made, changes in the latest offer, changes that an answer has settled. */
  #wanted = 0;
  #offered = 0;
  #settled = 0;
  #closed = false;

  static open(options: PublisherOptions): Result<Publisher> {
    const peer = openPeer({ ...options.peer, role: 'offers' }, options.peerEvents);
    if (!peer.ok) return peer;
    for (const [label, delivery] of [
      ['_reliable', 'reliable'],
      ['_lossy', 'lossy'],
    ] as const) {
      const made = peer.value.createChannel(label, delivery);
      if (!made.ok) return made;
    }
    return ok(new Publisher(options, peer.value));
  }

  private constructor(options: PublisherOptions, peer: Peer) {
    this.#options = options;
    this.#peer = peer;
  }

  channelOpen(label: string): boolean {
    return this.#peer.channelOpen(label);
  }

  send(label: string, message: Uint8Array): boolean {
    return this.#peer.send(label, message);
  }

  buffered(label: string): number {
    return this.#peer.buffered(label);
  }

  negotiate(): void {
    this.#wanted++;
    this.#offer();
  }

  acceptAnswer(id: number, sdp: string): Result<void> {
    // Servers that do not number their answers send 0.
    if (this.#answered || (id !== 0 && id !== this.#offerId)) return ok(undefined);
    const accepted = this.#peer.acceptAnswer(sdp);
    if (!accepted.ok) return accepted;
    this.#answered = true;
    this.#settled = this.#offered;
    for (const waiter of [...this.#waiting]) if (waiter.target <= this.#settled) waiter.finish();
    this.#offer();
    return ok(undefined);
  }

  addCandidate(candidate: Candidate): void {
    this.#peer.addCandidate(candidate);
  }

  onTrackPublished(cid: string, info: TrackInfo): void {
    this.#announcements.get(cid)?.settle(ok(info));
  }

  onTrackRefused(cid: string, reason: string): void {
    this.#announcements.get(cid)?.settle(refuse(reason));
  }

  async publish(name: string): Promise<LocalTrack> {
    const cid = randomUUID();
    const info = await this.#announce(cid, name);
    const mid = this.#freeMids.pop() ?? `p${this.#lines++}`;
    const ssrc = randomBytes(4).readUInt32BE() || 1;
    if (this.#peer.renegotiations > maxRenegotiations)
      throw failed('this connection has carried too many tracks');
    const line = this.#peer.setLine(
      { mid, direction: 'send', payloadType, source: { ssrc, stream: 'latchkey', track: cid } },
      () => undefined,
    );
    if (!line.ok) throw failed('the track could not be offered');
    const { clock } = this.#options;
    const track = new OutgoingTrack({ sid: info.sid, name, ssrc, line: line.value, clock });
    this.#published.set(info.sid, { cid, mid, track });
    await this.#negotiated();
    return track;
  }

  async unpublish(sid: string): Promise<void> {
    const published = this.#published.get(sid);
    if (published === undefined) return;
    this.#published.delete(sid);
    const { mid } = published;
    this.#peer.setLine({ mid, direction: 'inactive', payloadType }, () => undefined);
    await this.#negotiated();
    this.#freeMids.push(mid);
  }

  close(): void {
    this.#closed = true;
    this.#peer.close();
    for (const announcement of [...this.#announcements.values()]) announcement.settle(refuse('closed'));
    for (const waiter of [...this.#waiting]) waiter.finish();
  }

  /**
   * A LiveKit server keeps at most 20 tracks that are announced but have not carried a packet yet, and says so with
   * `limit-exceeded`: others are about to carry theirs, so we ask again for a while.
   */
  async #announce(cid: string, name: string): Promise<TrackInfo> {
    const { clock } = this.#options;
    const giveUpAt = clock.monoMs() + publishMs;
    for (;;) {
      const result = await this.#askForTrack(cid, name);
      if (result.ok) return result.value;
      if (result.reason !== 'limit-exceeded' || clock.monoMs() > giveUpAt) {
        throw failed(`the server did not take the track (${result.reason})`);
      }
      await delay(clock, askAgainMs);
    }
  }

  #askForTrack(cid: string, name: string): Promise<Result<TrackInfo>> {
    if (this.#closed) return Promise.resolve(refuse('closed'));
    const answered = new Promise<Result<TrackInfo>>((resolve) => {
      const settle = (result: Result<TrackInfo>): void => {
        timer.cancel();
        this.#announcements.delete(cid);
        resolve(result);
      };
      const timer = this.#options.clock.after(publishMs, () => settle(refuse('no-answer')));
      this.#announcements.set(cid, { settle });
    });
    this.#options.sendAddTrack(
      new AddTrackRequest({
        cid,
        name,
        type: TrackType.AUDIO,
        source: TrackSource.MICROPHONE,
        stream: 'latchkey',
        disableRed: true, // RED would be a second copy of frames that are encrypted already
        encryption: this.#options.encrypted ? Encryption_Type.GCM : Encryption_Type.NONE,
      }),
    );
    return answered;
  }

  #offer(): void {
    if (this.#closed || !this.#answered || this.#offered === this.#wanted) return;
    const offer = this.#peer.offer();
    if (!offer.ok) return; // whoever waits for its answer is told by the time-out
    this.#offered = this.#wanted;
    this.#answered = false;
    this.#offerId++;
    this.#options.sendOffer(this.#offerId, offer.value);
  }

  /** Resolves when an offer that holds every change made until now was answered. */
  #negotiated(): Promise<void> {
    this.negotiate();
    const target = this.#wanted;
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        timer.cancel();
        this.#waiting.delete(waiter);
        if (this.#settled >= target) resolve();
        else reject(failed('the server did not answer an offer'));
      };
      const timer = this.#options.clock.after(publishMs, finish);
      const waiter = { target, finish };
      this.#waiting.add(waiter);
    });
  }
}

function failed(message: string): LatchkeyError {
  return new LatchkeyError('meeting-unreachable', message);
}
