import type { LegCodec } from './leg-state.ts';
import { srtpSuites, type SrtpSuite } from './srtp/suite.ts';

/**
 * What the media side can do on a phone leg, as signalling has to know it: an offer or an answer of ours announces
 * this and nothing else. Whoever adds a codec, a suite or a clock to the media side adds it here, in the same change.
 */
export interface MediaCapability {
  /** In our order of preference, which counts where the offer is ours: an answer follows the offerer's (RFC 3264 §6.1). */
  readonly codecs: readonly CodecCapability[];
  /** Clock rates in Hz at which telephone-event (RFC 4733) is understood. */
  readonly eventClocks: readonly number[];
  /** In our order of preference. Empty: no `a=crypto` is ever written or accepted. */
  readonly srtpSuites: readonly SrtpSuite[];
  /** RTP and RTCP on one port (RFC 5761), where the peer offers it. */
  readonly rtcpMux: boolean;
}

/** A format as `a=rtpmap` names it (RFC 8866 §6.6). */
export interface CodecCapability {
  readonly name: LegCodec;
  /** Below 96 the static type of RFC 3551 §6, which an offer may use without an rtpmap; else the one of our own offers. */
  readonly payloadType: number;
  /** RTP timestamp units a second; for G722 that is 8000 (RFC 3551 §4.5.2). */
  readonly clockRate: number;
  /** As in the rtpmap; for opus that is 2, whatever is sent (RFC 7587 §7). */
  readonly channels: number;
  /** Our wishes as a receiver, for `a=fmtp`; null: none. */
  readonly fmtp: string | null;
}

/**
 * Of the leg as it is built now: media/leg.ts. Wideband first, and of the two that have it the one that costs a tenth of
 * the other.
 */
export const legCapability: MediaCapability = {
  codecs: [
    { name: 'G722', payloadType: 9, clockRate: 8_000, channels: 1, fmtp: null },
    {
      ...{ name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2 },
      fmtp: 'useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0',
    },
    { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
    { name: 'PCMA', payloadType: 8, clockRate: 8_000, channels: 1, fmtp: null },
  ],
  eventClocks: [8_000, 48_000],
  srtpSuites,
  rtcpMux: true,
};
