import { isIP } from 'node:net';
import sdpTransform, { type ParsedConnection, type ParsedMedia } from 'sdp-transform';
import { ok, refuse, type Result } from '../base/result.ts';

/**
 * A session description (RFC 8866) as far as a call of one audio stream needs it. sdp-transform reads the attributes;
 * it is lenient by design (it skips lines that it does not know and makes numbers of texts), so the shape is checked
 * around it.
 */
export interface Session {
  /** The `t=` lines as offered: an answer repeats them (RFC 3264 §6). */
  readonly times: readonly string[];
  readonly media: readonly MediaLine[];
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface MediaLine {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  /** As written, for the answer that refuses it. */
  readonly formats: string;
  readonly payloadTypes: readonly number[];
  /** Of the media line, else of the session; a literal address. */
  readonly address: string | null;
  readonly direction: Direction;
  readonly encodings: readonly Encoding[];
  /** `a=crypto` lines without their `a=`, unread: secrets. */
  readonly crypto: readonly string[];
  readonly rtcpMux: boolean;
  /** Of `a=rtcp` (RFC 3605); null: the RTP port + 1. */
  readonly rtcpPort: number | null;
}

/** One `a=rtpmap` with its `a=fmtp`. */
export interface Encoding {
  readonly payloadType: number;
  /** In lower case. */
  readonly name: string;
  readonly rate: number;
  readonly channels: number;
  readonly fmtp: string | null;
}

export type SdpRefusal =
  'sdp-too-large' | 'sdp-line' | 'sdp-order' | 'sdp-media-line' | 'sdp-address' | 'sdp-attribute';

const maxBytes = 16_384;
const maxLines = 400;
const maxLineLength = 1_024;
const maxMedia = 16;

export function parseSdp(text: string): Result<Session, SdpRefusal> {
  if (text.length > maxBytes) return refuse('sdp-too-large');
  const lines = text.split(/\r\n|\n/);
  while (lines.at(-1) === '') lines.pop();
  const mediaLines = lines.filter((line) => line.startsWith('m='));
  const wrong = shapeFault(lines, mediaLines);
  if (wrong !== null) return refuse(wrong);
  const parsed = sdpTransform.parse(lines.join('\r\n'));
  if (parsed.media.length !== mediaLines.length) return refuse('sdp-media-line');

  const shared = addressOf(parsed.connection);
  if (shared === unusable) return refuse('sdp-address');
  const media: MediaLine[] = [];
  const keys = cryptoLines(lines);
  for (const [index, line] of parsed.media.entries()) {
    const read = readMedia(line, mediaLines[index] ?? '', {
      address: shared,
      direction: parsed.direction,
      crypto: keys[index] ?? [],
    });
    if (!read.ok) return read;
    media.push(read.value);
  }
  return ok({ times: lines.filter((line) => line.startsWith('t=')), media });
}

function shapeFault(lines: readonly string[], mediaLines: readonly string[]): SdpRefusal | null {
  if (lines.length > maxLines || lines.some((line) => line.length > maxLineLength)) return 'sdp-too-large';
  if (!lines.every((line) => linePattern.test(line))) return 'sdp-line';
  // RFC 8866 §5: v, o and s open a description, and each stands once.
  if (lines[0] !== 'v=0' || !lines[1]?.startsWith('o=') || !lines[2]?.startsWith('s=')) return 'sdp-order';
  if (lines.slice(3).some((line) => /^[vos]=/.test(line))) return 'sdp-order';
  if (mediaLines.length > maxMedia) return 'sdp-too-large';
  return mediaLines.every((line) => mediaPattern.test(line)) ? null : 'sdp-media-line';
}

const linePattern = /^[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*$/;
/** m=<media> <port>[/<count>] <proto> <fmt> ... */
const mediaPattern = /^m=([A-Za-z0-9-]+) ([0-9]{1,5})(?:\/[0-9]{1,3})? ([A-Za-z0-9/-]+) ([^ ]+(?: [^ ]+)*)$/;

/** sdp-transform skips what it cannot read of them: they are taken as they stand. RFC 4568 §5: of a media line only. */
function cryptoLines(lines: readonly string[]): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) found.push([]);
    if (line.startsWith('a=crypto:')) found.at(-1)?.push(line.slice(2));
  }
  return found;
}

interface Around {
  /** Of the session, where the media line has none of its own. */
  readonly address: string | null;
  readonly direction: string | undefined;
  readonly crypto: readonly string[];
}

function readMedia(parsed: ParsedMedia, line: string, around: Around): Result<MediaLine, SdpRefusal> {
  const [, kind = '', portText = '', protocol = '', formats = ''] = mediaPattern.exec(line) ?? [];
  const port = Number(portText);
  if (port > 65_535) return refuse('sdp-media-line');
  const own = addressOf(parsed.connection);
  if (own === unusable) return refuse('sdp-address');
  const direction = parsed.direction ?? around.direction ?? 'sendrecv';
  if (!isDirection(direction)) return refuse('sdp-attribute');
  const rtp = protocol.toUpperCase().startsWith('RTP/');
  const payloadTypes = rtp ? formats.split(' ').map(Number) : [];
  if (!payloadTypes.every(isPayloadType)) return refuse('sdp-media-line');
  const encodings = readEncodings(parsed);
  if (!encodings.every((e) => isPayloadType(e.payloadType))) return refuse('sdp-attribute');
  const rtcpPort = rtcpPortOf(parsed);
  if (rtcpPort === 'wrong') return refuse('sdp-attribute');
  return ok({
    ...{ kind: kind.toLowerCase(), port, protocol, formats, payloadTypes, direction, encodings, rtcpPort },
    address: own ?? around.address,
    crypto: around.crypto,
    rtcpMux: parsed.rtcpMux !== undefined,
  });
}

function rtcpPortOf({ rtcp }: ParsedMedia): number | null | 'wrong' {
  if (rtcp === undefined) return null;
  const number = Number(rtcp.port);
  return Number.isInteger(number) && number > 0 && number <= 65_535 ? number : 'wrong';
}

function readEncodings(parsed: ParsedMedia): readonly Encoding[] {
  return parsed.rtp.map((map) => {
    const wishes = parsed.fmtp.find(({ payload }) => Number(payload) === Number(map.payload))?.config;
    return {
      payloadType: Number(map.payload),
      name: String(map.codec).toLowerCase(),
      rate: Number(map.rate ?? 0),
      // RFC 8866 §6.6: one channel where the line says nothing.
      channels: Number(map.encoding ?? 1),
      fmtp: wishes === undefined ? null : String(wishes).trim(),
    };
  });
}

function isPayloadType(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 127;
}

function isDirection(text: string): text is Direction {
  return text === 'sendrecv' || text === 'sendonly' || text === 'recvonly' || text === 'inactive';
}

const unusable = Symbol('unusable address');
type Unusable = typeof unusable;

/** Names are refused: looking one up would let a caller aim our RTP by DNS, and no phone in use writes one. */
function addressOf(connection: ParsedConnection | undefined): string | null | Unusable {
  if (connection === undefined) return null;
  const text = String(connection.ip ?? '');
  // Multicast (`/ttl`) has no place in a phone call.
  return isIP(text) === 0 ? unusable : text;
}
