import type { LegId } from '../base/ids.ts';
import type { SrtpState } from './srtp/state.ts';
import type { SrtpSuite } from './srtp/suite.ts';

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** Encoding names, as `a=rtpmap` writes them. */
export type LegCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus';

/** The one format that both sides use. */
export interface AgreedCodec {
  readonly name: LegCodec;
  /** Of our packets and of the peer's. */
  readonly payloadType: number;
  /** RTP timestamp units a second. */
  readonly clockRate: number;
  readonly channels: number;
  /** The peer's wishes as a receiver (`a=fmtp`), unread; null: none. */
  readonly fmtp: string | null;
}

/** telephone-event (RFC 4733). */
export interface AgreedEvents {
  readonly payloadType: number;
  readonly clockRate: number;
}

/** SDES (RFC 4568). Each key is master key and master salt in one, of the suite's lengths. Never logged. */
export interface AgreedSrtp {
  readonly suite: SrtpSuite;
  /** What we encrypt with. */
  readonly local: Uint8Array;
  /** What the peer encrypts with. Another one than before: a new stream of packets with a new rollover counter. */
  readonly remote: Uint8Array;
}

export interface AgreedRtcp {
  /** RFC 5761: RTCP comes to and goes to the RTP ports. */
  readonly mux: boolean;
  /** Where ours goes (RFC 3605, else the RTP port + 1, or the RTP port where `mux`). */
  readonly remote: MediaAddress;
}

/** What signalling has agreed for one leg. */
export interface LegMedia {
  readonly codec: AgreedCodec;
  /** Null: the peer takes no key presses by RTP, and sends none. */
  readonly events: AgreedEvents | null;
  /** Null: plain RTP. */
  readonly srtp: AgreedSrtp | null;
  readonly rtcp: AgreedRtcp;
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
  /** Of a leg with SRTP: its counters go on, because no index may be used twice under one key (RFC 3711 §9.1). */
  readonly srtp?: SrtpState;
  /** The last RFC 4733 event seen, so that its late end packets are not a second digit. */
  readonly lastDtmfTimestamp: number | null;
  /** For sender reports, which count from the stream's beginning (RFC 3550 §6.4.1). */
  readonly sent?: { readonly packets: number; readonly octets: number };
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

/** How good the leg's network is, since this process has it. */
export interface NetworkQuality {
  /** The mean opinion score that the E-model estimates, 1 to 4.5. */
  readonly mos: number;
  /** 0 to 1: of what the caller sent, lost or too late; of what we sent, as the caller last reported; null: it does not report. */
  readonly lossIn: number;
  readonly lossOut: number | null;
  readonly jitterMs: number;
  /** Null until a report of ours came back. */
  readonly roundTripMs: number | null;
}

export interface LegQuality extends NetworkQuality {
  /** How loud the phone gives back what it is sent, in dB, between 250 and 3,250 Hz; null: no echo was found. */
  readonly echoDb: number | null;
}

/** What came of a leg's RTP since the facts before: no payload, no digit, no address. */
export interface RtpFacts {
  readonly packets: number;
  /** Sequence numbers in the order of arrival; null where nothing came. */
  readonly first: number | null;
  readonly last: number | null;
  readonly ssrc: number | null;
  /** In the order of their first packets. */
  readonly payloadTypes: readonly number[];
  /** Packets of telephone-events: that there were some, and not which. */
  readonly events: number;
  readonly lost: number;
  readonly late: number;
  /** Interarrival jitter (RFC 3550 A.8), now. */
  readonly jitterMs: number;
  /** How often another SSRC or another place was taken for the caller's. */
  readonly sources: number;
  /** Packets that were no RTP or came from elsewhere; that SRTP refused. */
  readonly refused: number;
  readonly unauthentic: number;
}
