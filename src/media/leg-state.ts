import type { LegId } from '../base/ids.ts';

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** Static payload types of RFC 3551 §6: 0 and 8. */
export type LegCodec = 'PCMU' | 'PCMA';

/** What signalling has agreed for one leg. */
export interface LegMedia {
  readonly codec: LegCodec;
  readonly dtmfPayloadType: number | null;
  readonly remote: MediaAddress;
  /** Whether we may send to the leg, and whether it sends to us (hold). */
  readonly send: boolean;
  readonly receive: boolean;
}

/**
 * Everything of one leg's RTP that must survive the hand-over of its socket to another worker process, so that the
 * caller hears neither a gap nor a new stream: our sequence number, timestamp and SSRC go on (RFC 3550 §5.1), and the
 * source that was pinned stays pinned.
 */
export interface LegSnapshot {
  readonly legId: LegId;
  readonly media: LegMedia;
  readonly local: MediaAddress;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly pinned: { readonly address: string; readonly port: number; readonly ssrc: number } | null;
  /** The last RFC 4733 event seen, so that its late end packets are not a second digit. */
  readonly lastDtmfTimestamp: number | null;
  /** Of the whole call so far, so that its totals survive a hand-over. */
  readonly counts?: LegCounts;
  /** The caller muted itself: a hand-over does not open its microphone. */
  readonly muted?: boolean;
}

export interface LegCounts {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly concealedFrames: number;
  readonly invalidPackets: number;
}
