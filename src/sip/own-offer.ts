import type { MediaCapability } from '../media/capability.ts';
import type { AgreedCodec, AgreedEvents } from '../media/leg-state.ts';
import { masterLength, type SrtpSuite } from '../media/srtp/suite.ts';
import type { AudioOffer } from './gateway.ts';
import { eventClocksFor, usableSuites, type MediaTerms } from './media-terms.ts';
import type { OwnAudio, RefusedLine } from './own-description.ts';
import type { CryptoLine } from './sdes.ts';

/** Our SRTP keys of one dialog, so that a suite offered again comes with the same key and no stream starts anew. */
export type OwnKeys = ReadonlyMap<SrtpSuite, Uint8Array>;

/** What an offer of ours has to keep of the session so far (RFC 3264 §8): its media lines and payload types. */
export interface SoFar {
  readonly agreed: AudioOffer | null;
  readonly index: number;
  readonly refused: readonly RefusedLine[];
  readonly keys: OwnKeys;
}

/** What we offer where the peer left the offer to us: everything that the terms allow. `keys` has one for each suite. */
export function ownOffer(
  soFar: SoFar,
  terms: MediaTerms,
): { readonly own: OwnAudio; readonly keys: OwnKeys } {
  const { capability, srtp, newKey } = terms;
  const suites = usableSuites(terms);
  const keys = new Map(soFar.keys);
  const crypto: CryptoLine[] = suites.map((suite, at) => {
    const key = keys.get(suite) ?? newKey(masterLength(suite));
    keys.set(suite, key);
    return { tag: at + 1, suite, key };
  });
  const own: OwnAudio = {
    times: [],
    ...{ refused: soFar.refused, index: soFar.index, crypto },
    ...numbered(capability, soFar.agreed),
    // RFC 8643: with keys in RTP/AVP the peer may still answer in clear; where that must not be, RTP/SAVP.
    protocol: srtp === 'require' ? 'RTP/SAVP' : 'RTP/AVP',
    rtcpMux: capability.rtcpMux,
    direction: 'sendrecv',
  };
  return { own, keys };
}

/** RFC 3264 §8.3.2: a payload type once bound to a format stays bound to it for the session. */
function numbered(
  capability: MediaCapability,
  agreed: AudioOffer | null,
): { readonly codecs: readonly AgreedCodec[]; readonly events: readonly AgreedEvents[] } {
  const taken = new Set<number>();
  const bound = [agreed?.codec.payloadType, agreed?.events?.payloadType].filter((type) => type !== undefined);
  const free = (wanted: number): number => {
    let type = wanted;
    while (taken.has(type) || bound.includes(type)) type = type >= 127 || type < 96 ? 96 : type + 1;
    taken.add(type);
    return type;
  };
  const codecs = capability.codecs.map(({ name, payloadType, clockRate, channels, fmtp }) => {
    const kept = agreed?.codec.name === name ? agreed.codec.payloadType : free(payloadType);
    return { name, payloadType: kept, clockRate, channels, fmtp };
  });
  const events = eventClocksFor(capability, capability.codecs).map((clockRate) => {
    const kept = agreed?.events?.clockRate === clockRate ? agreed.events.payloadType : free(101);
    return { payloadType: kept, clockRate };
  });
  return { codecs, events };
}
