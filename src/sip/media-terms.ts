import type { CodecCapability, MediaCapability } from '../media/capability.ts';
import type { LegCodec } from '../media/leg-state.ts';
import type { SrtpSuite } from '../media/srtp/suite.ts';

/** `off`: plain RTP only. `allow`: encrypted where the peer can. `require`: a call without SRTP is refused. */
export type SrtpPolicy = 'off' | 'allow' | 'require';

export type AddressFamily = 4 | 6;

/** What one call's offers and answers may say, decided before its first description is read. */
export interface MediaTerms {
  readonly capability: MediaCapability;
  readonly srtp: SrtpPolicy;
  /** The call's signalling came over TLS: keys in its SDP were not for everybody to read (RFC 4568 §8.1). */
  readonly secure: boolean;
  /** Address families that the media side has; left out: both. An offer of another one is 488 (RFC 3261 §20.43, code 300). */
  readonly families?: readonly AddressFamily[];
  /** So many random bytes. */
  readonly newKey: (bytes: number) => Uint8Array;
}

/** What the trunk of a call leaves of it: its codecs in its order, and its SRTP policy. */
export function termsOf(
  { capability, ...others }: Omit<MediaTerms, 'srtp'>,
  { codecs, srtp }: { readonly codecs: readonly LegCodec[] | null; readonly srtp: SrtpPolicy },
): MediaTerms {
  const wanted = codecs?.flatMap((name) => capability.codecs.filter((each) => each.name === name));
  return { ...others, capability: { ...capability, codecs: wanted ?? capability.codecs }, srtp };
}

/** The suites that this call may use; none means plain RTP. */
export function usableSuites({ capability, srtp, secure }: MediaTerms): readonly SrtpSuite[] {
  return secure && srtp !== 'off' ? capability.srtpSuites : [];
}

/** Clock rates of telephone-event that go with these codecs: their own (RFC 4733 §2.1), else 8000. */
export function eventClocksFor(
  { eventClocks }: MediaCapability,
  codecs: readonly CodecCapability[],
): readonly number[] {
  const own = [...new Set(codecs.map(({ clockRate }) => clockRate))].filter((c) => eventClocks.includes(c));
  return own.length > 0 ? own : eventClocks.slice(0, 1);
}
