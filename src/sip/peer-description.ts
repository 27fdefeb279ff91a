import { isIPv6 } from 'node:net';
import { ok, refuse, type Result } from '../base/result.ts';
import type { CodecCapability, MediaCapability } from '../media/capability.ts';
import type { AgreedCodec, AgreedEvents, AgreedRtcp, MediaAddress } from '../media/leg-state.ts';
import type { SrtpSuite } from '../media/srtp/suite.ts';
import { usableSuites, type MediaTerms } from './media-terms.ts';
import { parseCrypto, type CryptoLine } from './sdes.ts';
import { parseSdp, type Encoding, type MediaLine, type SdpRefusal, type Session } from './sdp.ts';

/** What the peer's description, an offer or an answer, means under a call's terms: RFC 3264 for one audio stream. */
export interface PeerDescription {
  readonly session: Session;
  /** Which of the session's media lines it is; every other one is answered with port 0. */
  readonly index: number;
  readonly line: MediaLine;
  readonly codec: AgreedCodec;
  /** The wishes that our side announces with that codec. */
  readonly ownFmtp: string | null;
  readonly events: AgreedEvents | null;
  /** The line that is taken; null: plain RTP. */
  readonly crypto: CryptoLine | null;
  readonly remote: MediaAddress;
  readonly rtcp: AgreedRtcp;
  /** Whether the peer wants to receive our audio, and whether it sends its own. */
  readonly receives: boolean;
  readonly sends: boolean;
}

export type OfferRefusal =
  | SdpRefusal
  | 'no-audio'
  | 'no-codec'
  | 'protocol'
  | 'no-address'
  | 'address-family'
  | 'srtp-insecure'
  | 'srtp-unavailable'
  | 'srtp-required'
  | 'crypto'
  | 'answer-shape';

/** What an answer must fit: the offer of ours that it answers (RFC 3264 §6). */
export interface AnswerTo {
  readonly index: number;
  readonly lines: number;
  readonly protocol: string;
  readonly codecs: readonly AgreedCodec[];
  readonly crypto: readonly CryptoLine[];
}

export function readOffer(text: string, terms: MediaTerms): Result<PeerDescription, OfferRefusal> {
  const session = parseSdp(text);
  if (!session.ok) return session;
  const audio = session.value.media
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => line.kind === 'audio' && line.port !== 0);
  if (audio.length === 0) return refuse('no-audio');
  const read = audio.map(({ line, index }) => readLine(session.value, index, line, terms));
  const good = read.flatMap((result) => (result.ok ? [result.value] : []));
  // An encrypted alternative goes before a plain one, whatever their order.
  const chosen = good.find(({ crypto }) => crypto !== null) ?? good[0];
  if (chosen !== undefined) return ok(chosen);
  const reasons = read.flatMap((result) => (result.ok ? [] : [result.reason]));
  return refuse(reasons.find((reason) => reason !== 'protocol') ?? 'protocol');
}

export function readAnswer(
  text: string,
  to: AnswerTo,
  terms: MediaTerms,
): Result<PeerDescription, OfferRefusal> {
  const session = parseSdp(text);
  if (!session.ok) return session;
  const line = session.value.media[to.index];
  if (line === undefined || session.value.media.length !== to.lines) return refuse('answer-shape');
  if (line.kind !== 'audio' || line.port === 0) return refuse('no-audio');
  if (line.protocol.toUpperCase() !== to.protocol) return refuse('protocol');
  const read = readLine(session.value, to.index, line, terms);
  if (!read.ok) return read;
  const { codec, crypto } = read.value;
  // Its packets come under the number that we offered: another one would be another format (RFC 3264 §6.1).
  const offered = to.codecs.some((c) => c.name === codec.name && c.payloadType === codec.payloadType);
  if (!offered) return refuse('no-codec');
  const ours = to.crypto.find((c) => c.tag === crypto?.tag && c.suite === crypto.suite);
  return crypto !== null && ours === undefined ? refuse('crypto') : read;
}

function readLine(
  session: Session,
  index: number,
  line: MediaLine,
  terms: MediaTerms,
): Result<PeerDescription, OfferRefusal> {
  const crypto = cryptoOf(line, terms);
  if (!crypto.ok) return crypto;
  const codec = chooseCodec(line, terms.capability);
  if (codec === null) return refuse('no-codec');
  const { address } = line;
  if (address === null) return refuse('no-address');
  const remote = { address, port: line.port };
  // RFC 3264 §8.4: the hold of RFC 2543, still in use, puts the unspecified address where media would go.
  const black = address === '0.0.0.0' || address === '::';
  if (!black && terms.families?.includes(isIPv6(address) ? 6 : 4) === false) return refuse('address-family');
  return ok({
    ...{ session, index, line, remote, crypto: crypto.value },
    codec: codec.agreed,
    ownFmtp: codec.capability.fmtp,
    events: chooseEvents(line, terms.capability, codec.agreed.clockRate),
    rtcp: rtcpOf(line, terms.capability, remote),
    receives: !black && (line.direction === 'sendrecv' || line.direction === 'recvonly'),
    sends: line.direction === 'sendrecv' || line.direction === 'sendonly',
  });
}

/**
 * RTP/SAVP means encrypted or not at all (RFC 4568 §7). RTP/AVP with `a=crypto` is the opportunistic form of RFC 8643:
 * encrypted where both can.
 */
function cryptoOf(line: MediaLine, terms: MediaTerms): Result<CryptoLine | null, OfferRefusal> {
  const protocol = line.protocol.toUpperCase();
  if (protocol !== 'RTP/AVP' && protocol !== 'RTP/SAVP') return refuse('protocol');
  const suites = usableSuites(terms);
  const crypto = pickCrypto(line.crypto, suites);
  if (crypto !== null) return ok(crypto);
  if (protocol === 'RTP/AVP') return terms.srtp === 'require' ? refuse('srtp-required') : ok(null);
  if (!terms.secure) return refuse('srtp-insecure');
  return refuse(suites.length === 0 ? 'srtp-unavailable' : 'crypto');
}

/** The offerer's order is its preference (RFC 4568 §7.1.2). */
function pickCrypto(lines: readonly string[], suites: readonly SrtpSuite[]): CryptoLine | null {
  if (suites.length === 0) return null;
  for (const text of lines) {
    const read = parseCrypto(text);
    if (read.ok && suites.includes(read.value.suite)) return read.value;
  }
  return null;
}

interface Choice {
  readonly agreed: AgreedCodec;
  readonly capability: CodecCapability;
}

/** The offerer's order is its preference (RFC 3264 §6.1). */
function chooseCodec(line: MediaLine, { codecs }: MediaCapability): Choice | null {
  for (const payloadType of line.payloadTypes) {
    const mapped = line.encodings.find((e) => e.payloadType === payloadType);
    const capability = codecs.find((codec) => isCodec(codec, payloadType, mapped));
    if (capability === undefined) continue;
    const { name, clockRate, channels } = capability;
    return { capability, agreed: { name, payloadType, clockRate, channels, fmtp: mapped?.fmtp ?? null } };
  }
  return null;
}

/** A static type needs no rtpmap, and one that says otherwise is not it. */
function isCodec(codec: CodecCapability, payloadType: number, mapped: Encoding | undefined): boolean {
  if (mapped === undefined) return codec.payloadType === payloadType && payloadType < 96;
  return (
    mapped.name === codec.name.toLowerCase() &&
    mapped.rate === codec.clockRate &&
    mapped.channels === codec.channels
  );
}

function chooseEvents(
  line: MediaLine,
  { eventClocks }: MediaCapability,
  clockRate: number,
): AgreedEvents | null {
  const offered = line.encodings.filter(
    (e) =>
      e.name === 'telephone-event' &&
      line.payloadTypes.includes(e.payloadType) &&
      eventClocks.includes(e.rate),
  );
  const event = offered.find((e) => e.rate === clockRate) ?? offered[0];
  return event === undefined ? null : { payloadType: event.payloadType, clockRate: event.rate };
}

function rtcpOf(line: MediaLine, { rtcpMux }: MediaCapability, remote: MediaAddress): AgreedRtcp {
  const mux = rtcpMux && line.rtcpMux;
  const port = mux ? remote.port : (line.rtcpPort ?? Math.min(remote.port + 1, 65_535));
  return { mux, remote: { address: remote.address, port } };
}

/** RFC 3261 §20.43: what the Warning of a 488 says, its warn-agent a pseudonym, so that no address of ours is told. */
export function warningOf(reason: OfferRefusal, { codecs }: MediaCapability): string {
  const [code, text] =
    reason === 'no-codec'
      ? [305, `Incompatible media format: ${codecs.map(({ name }) => name).join(' or ')} needed`]
      : warnings[reason];
  return `${code} latchkey "${text}"`;
}

const warnings: Readonly<Record<Exclude<OfferRefusal, 'no-codec'>, readonly [number, string]>> = {
  'sdp-too-large': [399, 'Session description too large'],
  'sdp-line': [399, 'Malformed session description'],
  'sdp-order': [399, 'Malformed session description'],
  'sdp-media-line': [399, 'Malformed media line'],
  'sdp-attribute': [399, 'Malformed attribute'],
  'sdp-address': [300, 'Incompatible network address type'],
  'address-family': [300, 'Incompatible network address type'],
  'no-address': [300, 'No connection address'],
  'no-audio': [304, 'Media type not available'],
  protocol: [302, 'Incompatible transport protocol'],
  'srtp-insecure': [302, 'Incompatible transport protocol: SRTP keys in SDP need SIP over TLS'],
  'srtp-unavailable': [302, 'Incompatible transport protocol: SRTP is not available'],
  'srtp-required': [302, 'Incompatible transport protocol: SRTP needed'],
  crypto: [399, 'No usable crypto attribute'],
  'answer-shape': [399, 'Answer does not fit the offer'],
};
