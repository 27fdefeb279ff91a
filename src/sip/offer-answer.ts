import { isIPv6 } from 'node:net';
import { ok, refuse, type Result } from '../base/result.ts';
import type { LegCodec, MediaAddress } from '../media/leg-state.ts';
import type { AudioOffer } from './gateway.ts';
import { parseSdp, type Direction, type MediaLine, type SdpRefusal, type Session } from './sdp.ts';

/** RFC 3264 for one audio stream, without any socket or SIP message. */

/** Static payload types of RFC 3551 §6; they need no rtpmap, and one that says otherwise is not them. */
const staticTypes: Readonly<Record<LegCodec, number>> = { PCMU: 0, PCMA: 8 };
const ourEventType = 101;

export type OfferRefusal = SdpRefusal | 'no-audio' | 'no-codec' | 'protocol' | 'no-address';

/** RFC 3261 §20.43: what the Warning of a 488 says, its warn-agent a pseudonym, so that no address of ours is told. */
export const warnings: Readonly<Record<OfferRefusal, string>> = {
  'sdp-too-large': '399 latchkey \"Session description too large"',
  'sdp-line': '399 latchkey \"Malformed session description"',
  'sdp-order': '399 latchkey \"Malformed session description"',
  'sdp-media-line': '399 latchkey \"Malformed media line"',
  'sdp-attribute': '399 latchkey \"Malformed attribute"',
  'sdp-address': '300 latchkey \"Incompatible network address type"',
  'no-address': '300 latchkey \"No connection address"',
  'no-audio': '304 latchkey \"Media type not available"',
  'no-codec': '305 latchkey \"Incompatible media format: PCMU or PCMA needed"',
  protocol: '302 latchkey \"Incompatible transport protocol: RTP/AVP needed"',
};

/** An offer that can be answered. */
export interface ReadOffer {
  readonly audio: AudioOffer;
  readonly session: Session;
  /** Which of the session's media lines it is; every other one is answered with port 0. */
  readonly index: number;
}

export function readOffer(text: string, codecs: readonly LegCodec[]): Result<ReadOffer, OfferRefusal> {
  const session = parseSdp(text);
  if (!session.ok) return session;
  const candidates = session.value.media.map((line, index) => ({ line, index }));
  const audio = candidates.filter(({ line }) => line.kind === 'audio' && line.port !== 0);
  if (audio.length === 0) return refuse('no-audio');
  const plain = audio.filter(({ line }) => line.protocol.toUpperCase() === 'RTP/AVP');
  if (plain.length === 0) return refuse('protocol');
  const found = plain
    .map(({ line, index }) => ({ line, index, codec: chooseCodec(line, codecs) }))
    .find((choice) => choice.codec !== null);
  if (found === undefined || found.codec === null) return refuse('no-codec');
  const { line, index, codec } = found;
  if (line.address === null) return refuse('no-address');
  return ok({ session: session.value, index, audio: audioOf(line, codec, line.address) });
}

/** The offerer's order is its preference (RFC 3264 §6.1). */
function chooseCodec(line: MediaLine, codecs: readonly LegCodec[]): LegCodec | null {
  for (const type of line.payloadTypes) {
    const codec = codecs.find((c) => staticTypes[c] === type);
    const mapped = line.encodings.find((e) => e.payloadType === type);
    const same = mapped === undefined || (mapped.name === codec?.toLowerCase() && mapped.rate === 8_000);
    if (codec !== undefined && same) return codec;
  }
  return null;
}

function audioOf(line: MediaLine, codec: LegCodec, address: string): AudioOffer {
  const events = line.encodings.find(
    (e) => e.name === 'telephone-event' && e.rate === 8_000 && line.payloadTypes.includes(e.payloadType),
  );
  // RFC 3264 §8.4: the hold of RFC 2543, still in use, puts the unspecified address where media would go.
  const black = address === '0.0.0.0' || address === '::';
  return {
    remote: { address, port: line.port },
    codec,
    dtmfPayloadType: events?.payloadType ?? null,
    receives: !black && (line.direction === 'sendrecv' || line.direction === 'recvonly'),
    sends: line.direction === 'sendrecv' || line.direction === 'sendonly',
  };
}

/** Our own description: an id that stays for the dialog, a version that rises with every change (RFC 3264 §8). */
export interface OwnSession {
  readonly id: number;
  readonly version: number;
  readonly local: MediaAddress;
}

export function writeAnswer(offer: ReadOffer, own: OwnSession): string {
  const { audio, session, index } = offer;
  const media = session.media.flatMap((line, i) =>
    i === index
      ? audioLines({
          own,
          codecs: [audio.codec],
          events: audio.dtmfPayloadType,
          direction: answered(audio, line),
        })
      : [`m=${line.kind} 0 ${line.protocol} ${line.formats}`],
  );
  return description(own, session.times, media);
}

/** What we offer where the caller left the offer to us (RFC 3261 §13.2.1, an INVITE without a body). */
export function writeOffer(own: OwnSession, codecs: readonly LegCodec[]): string {
  return description(own, [], audioLines({ own, codecs, events: ourEventType, direction: 'sendrecv' }));
}

/** Before the answer to our offer is known, nothing is sent: the address is a placeholder that nobody receives at. */
export function unansweredOffer(codec: LegCodec): AudioOffer {
  return {
    remote: { address: '0.0.0.0', port: 9 },
    codec,
    dtmfPayloadType: ourEventType,
    receives: false,
    sends: true,
  };
}

function answered(audio: AudioOffer, line: MediaLine): Direction {
  if (audio.receives && audio.sends) return 'sendrecv';
  if (audio.sends) return line.direction === 'sendrecv' ? 'sendrecv' : 'recvonly';
  return audio.receives ? 'sendonly' : 'inactive';
}

interface AudioLines {
  readonly own: OwnSession;
  readonly codecs: readonly LegCodec[];
  readonly events: number | null;
  readonly direction: Direction;
}

function audioLines({ own, codecs, events, direction }: AudioLines): string[] {
  const types = codecs.map((codec) => staticTypes[codec]);
  const formats = [...types, ...(events === null ? [] : [events])].join(' ');
  return [
    `m=audio ${own.local.port} RTP/AVP ${formats}`,
    ...codecs.map((codec) => `a=rtpmap:${staticTypes[codec]} ${codec}/8000`),
    ...(events === null ? [] : [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-15`]),
    'a=ptime:20',
    `a=${direction}`,
  ];
}

function description(own: OwnSession, times: readonly string[], media: readonly string[]): string {
  const family = isIPv6(own.local.address) ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=latchkey ${own.id} ${own.version} IN ${family} ${own.local.address}`,
    's=-',
    `c=IN ${family} ${own.local.address}`,
    ...(times.length > 0 ? times : ['t=0 0']),
    ...media,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
