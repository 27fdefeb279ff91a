import { limits } from '../limits.ts';

/**
 * drachtio's framing
 *
 *   length "#" payload          length: decimal, of the payload's bytes
 */
export interface FrameReader {
  /** The payloads that are complete now; null where the stream is no longer frames, and the app is dropped. */
  push(chunk: Buffer): readonly Buffer[] | null;
}

const maxDigits = 5;
const hash = 0x23;

export function createFrameReader(): FrameReader {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Buffer[] = [];
      for (;;) {
        const mark = rest.subarray(0, maxDigits + 1).indexOf(hash);
        if (mark < 0) return rest.length > maxDigits || !onlyDigits(rest) ? null : frames;
        const digits = rest.subarray(0, mark);
        if (mark === 0 || !onlyDigits(digits)) return null;
        const length = Number(digits.toString('latin1'));
        if (length === 0 || length > limits.appFrameBytes) return null;
        if (rest.length < mark + 1 + length) return frames;
        frames.push(Buffer.from(rest.subarray(mark + 1, mark + 1 + length)));
        rest = rest.subarray(mark + 1 + length);
      }
    },
  };
}

function onlyDigits(bytes: Buffer): boolean {
  return bytes.every((b) => b >= 0x30 && b <= 0x39);
}

/** `meta` is binary text without line breaks; `sip`, where given, follows on the next line, byte for byte. */
export function writeFrame(meta: string, sip?: Buffer): Buffer {
  const length = meta.length + (sip === undefined ? 0 : 2 + sip.length);
  const head = `${length}#${meta}${sip === undefined ? '' : '\r\n'}`;
  const bytes = Buffer.allocUnsafe(head.length + (sip?.length ?? 0));
  bytes.write(head, 0, 'latin1');
  sip?.copy(bytes, head.length);
  return bytes;
}
