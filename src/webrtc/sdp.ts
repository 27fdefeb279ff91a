/**
 * What we read of a WebRTC session description (RFC 8829): which audio line carries which track. Everything else, ICE
 * and DTLS above all, is libdatachannel's. Total: a line that is not understood is skipped.
 */
export interface MediaSection {
  readonly kind: string;
  /** 0: the line is refused or given up (RFC 3264 §6). */
  readonly port: number;
  readonly mid: string;
  readonly msid: { readonly stream: string; readonly track: string } | null;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** The payload type of Opus, null where it is not offered. */
  readonly opusType: number | null;
  /** The id of the audio level header extension (RFC 6464). */
  readonly levelId: number | null;
  readonly ssrcs: readonly number[];
}

const maxSections = 1_000;
const levelUri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

export function mediaSections(sdp: string): MediaSection[] {
  const blocks = sdp.split(/\r?\n(?=m=)/).slice(1, 1 + maxSections);
  return blocks.flatMap((block) => {
    const section = readSection(block.split(/\r?\n/));
    return section === null ? [] : [section];
  });
}

function readSection(lines: readonly string[]): MediaSection | null {
  const media = /^m=([a-z]{1,16}) (\d{1,5})[ /]/.exec(lines[0] ?? '');
  const mid = first(lines, /^a=mid:(\S{1,64})$/);
  if (media === null || mid === null) return null;
  const msid = lines.map((l) => /^a=msid:(\S{1,256}) (\S{1,256})$/.exec(l)).find((m) => m !== null);
  return {
    kind: media[1] ?? '',
    port: Number(media[2]),
    mid,
    msid: msid ? { stream: msid[1] ?? '', track: msid[2] ?? '' } : null,
    direction: directionOf(lines),
    opusType: payloadTypeOf(lines),
    levelId: numberOf(first(lines, new RegExp(`^a=extmap:(\\d{1,2})(?:/[a-z]+)? ${levelUri}(?: |$)`)), 14),
    ssrcs: [
      ...new Set(
        lines.flatMap((l) => numberOf(/^a=ssrc:(\d{1,10}) /.exec(l)?.[1] ?? null, 2 ** 32 - 1) ?? []),
      ),
    ],
  };
}

function directionOf(lines: readonly string[]): MediaSection['direction'] {
  for (const line of lines) {
    if (line === 'a=sendonly' || line === 'a=recvonly' || line === 'a=inactive') {
      return line.slice(2) as MediaSection['direction'];
    }
  }
  return 'sendrecv'; // RFC 8866 §6.7: the default
}

function payloadTypeOf(lines: readonly string[]): number | null {
  return numberOf(first(lines, /^a=rtpmap:(\d{1,3}) opus\/48000/i), 127);
}

function first(lines: readonly string[], pattern: RegExp): string | null {
  for (const line of lines) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

function numberOf(digits: string | null, max: number): number | null {
  if (digits === null) return null;
  const value = Number(digits);
  return value <= max ? value : null;
}

/** A description without candidates: they are sent one by one, when the other side is ready for them. */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(?:candidate:|end-of-candidates)[^\r\n]*\r?\n/gm, '');
}
