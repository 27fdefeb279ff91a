import type { TrackInfo } from '@livekit/protocol';
import type { SendingLine } from '../webrtc/peer.ts';
import { ssrcOffset, writeRtp, type RtpPacket } from '../webrtc/rtp.ts';

/** Where a published track goes: one line of one subscriber. */
export interface Outlet {
  readonly ssrc: number;
  readonly line: SendingLine;
  /** The subscriber asked for a pause of this track (trackSetting). */
  paused: boolean;
}

/** The Opus payload type of every line that we offer. */
export const opusType = 111;

/** Of RFC 6464: silence. */
const silence = 127;

/**
 * One published track and everybody who gets it. Frames are forwarded as they are: they are end-to-end encrypted, and
 * the SFU neither knows a key nor looks.
 */
export class PublishedTrack {
  readonly owner: { readonly sid: string; readonly identity: string };
  readonly info: TrackInfo;
  readonly outlets = new Set<Outlet>();
  #loudest = silence;

  constructor(owner: { readonly sid: string; readonly identity: string }, info: TrackInfo) {
    this.owner = owner;
    this.info = info;
  }

  forward(packet: RtpPacket, level: number | null): void {
    if (this.info.muted) return;
    if (level !== null && level < this.#loudest) this.#loudest = level;
    // Header extensions have ids of the publisher's negotiation and mean nothing to a subscriber: left out.
    const out = writeRtp({ ...packet, payloadType: opusType }, packet.payload);
    for (const outlet of this.outlets) {
      if (outlet.paused) continue;
      out.writeUInt32BE(outlet.ssrc, ssrcOffset);
      outlet.line.send(out);
    }
  }

  /** The loudest level (RFC 6464: 0 loud, 127 silent) since the last call. */
  takeLoudest(): number {
    const level = this.info.muted ? silence : this.#loudest;
    this.#loudest = silence;
    return level;
  }
}
