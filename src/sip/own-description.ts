import { isIPv6 } from 'node:net';
import type { AgreedCodec, AgreedEvents, MediaAddress } from '../media/leg-state.ts';
import { writeCrypto, type CryptoLine } from './sdes.ts';
import type { Direction } from './sdp.ts';

/** Our own description, as an answer or an offer, without the session's id and our address. */
export interface OwnAudio {
  /** The other side's `t=` lines in an answer (RFC 3264 §6). */
  readonly times: readonly string[];
  /** Every media line of the session but ours: refused, and never left away (RFC 3264 §6, §8). */
  readonly refused: readonly RefusedLine[];
  /** Where ours stands among them. */
  readonly index: number;
  readonly protocol: 'RTP/AVP' | 'RTP/SAVP';
  /** `fmtp`: here our own wishes as a receiver. */
  readonly codecs: readonly AgreedCodec[];
  readonly events: readonly AgreedEvents[];
  readonly crypto: readonly CryptoLine[];
  readonly rtcpMux: boolean;
  readonly direction: Direction;
}

export interface RefusedLine {
  readonly kind: string;
  readonly protocol: string;
  readonly formats: string;
}

/** An id that stays for the dialog, a version that rises with every change (RFC 3264 §8). */
interface OwnSession {
  readonly id: number;
  readonly version: number;
  readonly local: MediaAddress;
}

/**
 * Our side's descriptions through one dialog. RFC 3264 §8: the version in `o=` rises by one with each description that
 * differs from the one before, and stays where nothing changed, as in the refresh of a session timer (RFC 4028 §7.4).
 */
export interface OwnDescriptions {
  next(local: MediaAddress, audio: OwnAudio): string;
}

export function createOwnDescriptions(id: number): OwnDescriptions {
  let version = 1;
  let last: string | null = null;
  return {
    next(local, audio) {
      let text = write({ id, version, local }, audio);
      if (last !== null && text !== last) {
        version += 1;
        text = write({ id, version, local }, audio);
      }
      last = text;
      return text;
    },
  };
}

function write(own: OwnSession, audio: OwnAudio): string {
  const family = isIPv6(own.local.address) ? 'IP6' : 'IP4';
  const refused = audio.refused.map((line) => [`m=${line.kind} 0 ${line.protocol} ${line.formats}`]);
  const lines = [
    'v=0',
    `o=latchkey ${own.id} ${own.version} IN ${family} ${own.local.address}`,
    's=-',
    `c=IN ${family} ${own.local.address}`,
    ...(audio.times.length > 0 ? audio.times : ['t=0 0']),
    ...refused.toSpliced(audio.index, 0, audioLines(own.local.port, audio)).flat(),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function audioLines(port: number, audio: OwnAudio): string[] {
  const { codecs, events } = audio;
  const formats = [...codecs, ...events].map(({ payloadType }) => payloadType).join(' ');
  return [
    `m=audio ${port} ${audio.protocol} ${formats}`,
    ...codecs.flatMap(codecLines),
    ...events.flatMap(({ payloadType, clockRate }) => [
      `a=rtpmap:${payloadType} telephone-event/${clockRate}`,
      `a=fmtp:${payloadType} 0-15`,
    ]),
    ...audio.crypto.map((line) => `a=${writeCrypto(line)}`),
    ...(audio.rtcpMux ? ['a=rtcp-mux'] : []),
    'a=ptime:20',
    `a=${audio.direction}`,
  ];
}

function codecLines({ name, payloadType, clockRate, channels, fmtp }: AgreedCodec): string[] {
  const map = `a=rtpmap:${payloadType} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`;
  return fmtp === null ? [map] : [map, `a=fmtp:${payloadType} ${fmtp}`];
}
