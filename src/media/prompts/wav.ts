import { ok, refuse, type Result } from '../../base/result.ts';
import { sampleRate } from '../audio/frame.ts';

/**
 * RIFF WAVE, the one form that prompts have: PCM, one channel, 16 bits, 8 kHz.
 *
 *   'RIFF' u32 size 'WAVE'  then chunks:  4 bytes name, u32 length, data, padded to even
 *   'fmt '  u16 format=1, u16 channels=1, u32 rate=8000, u32 byteRate, u16 blockAlign, u16 bits=16
 *   'data'  samples, little-endian
 */
export type WavRefusal =
  | 'not-riff-wave'
  | 'chunk-overrun'
  | 'no-format'
  | 'not-pcm'
  | 'not-mono'
  | 'not-16-bit'
  | 'not-8-khz'
  | 'odd-data'
  | 'no-data';

export function parseWav(bytes: Uint8Array): Result<Int16Array, WavRefusal> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || name(view, 0) !== 'RIFF' || name(view, 8) !== 'WAVE')
    return refuse('not-riff-wave');
  let formatSeen = false;
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (body + length > bytes.length) return refuse('chunk-overrun');
    if (name(view, at) === 'fmt ') {
      const wrong = wrongFormat(view, body, length);
      if (wrong !== null) return refuse(wrong);
      formatSeen = true;
    } else if (name(view, at) === 'data') {
      if (!formatSeen) return refuse('no-format');
      if (length % 2 !== 0) return refuse('odd-data');
      return ok(Int16Array.from({ length: length / 2 }, (_, i) => view.getInt16(body + 2 * i, true)));
    }
    at = body + length + (length % 2);
  }
  return refuse('no-data');
}

function name(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function wrongFormat(view: DataView, at: number, length: number): WavRefusal | null {
  if (length < 16) return 'no-format';
  if (view.getUint16(at, true) !== 1) return 'not-pcm';
  if (view.getUint16(at + 2, true) !== 1) return 'not-mono';
  if (view.getUint32(at + 4, true) !== sampleRate) return 'not-8-khz';
  return view.getUint16(at + 14, true) === 16 ? null : 'not-16-bit';
}
