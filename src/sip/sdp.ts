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
  readonly encodings: readonly {
    readonly payloadType: number;
    readonly name: string;
    readonly rate: number;
  }[];
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
  for (const [index, line] of parsed.media.entries()) {
    const read = readMedia(line, mediaLines[index] ?? '', { address: shared, direction: parsed.direction });
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

interface SessionLevel {
  readonly address: string | null;
  readonly direction: string | undefined;
}

function readMedia(parsed: ParsedMedia, line: string, session: SessionLevel): Result<MediaLine, SdpRefusal> {
  const [, kind = '', portText = '', protocol = '', formats = ''] = mediaPattern.exec(line) ?? [];
  const port = Number(portText);
  if (port > 65_535) return refuse('sdp-media-line');
  const own = addressOf(parsed.connection);
  if (own === unusable) return refuse('sdp-address');
  const direction = parsed.direction ?? session.direction ?? 'sendrecv';
  if (!isDirection(direction)) return refuse('sdp-attribute');
  const rtp = protocol.toUpperCase().startsWith('RTP/');
  const payloadTypes = rtp ? formats.split(' ').map(Number) : [];
  if (!payloadTypes.every(isPayloadType)) return refuse('sdp-media-line');
  const encodings = parsed.rtp.map((r) => ({
    payloadType: Number(r.payload),
    name: String(r.codec).toLowerCase(),
    rate: Number(r.rate ?? 0),
  }));
  if (!encodings.every((e) => isPayloadType(e.payloadType))) return refuse('sdp-attribute');
  return ok({
    ...{ kind: kind.toLowerCase(), port, protocol, formats, payloadTypes, direction, encodings },
    address: own ?? session.address,
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
