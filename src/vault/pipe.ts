import { deserialize, serialize } from 'node:v8';
import { ok, refuse, type Result } from '../base/result.ts';

/**
 * A frame on the pipe between a meeting worker and the vault:
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   length of the message (big-endian)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   message, V8 serialization                   …
 *
 * A worker parses hostile media, so the vault believes nothing of a frame but its bounds: the message is unknown until a
 * schema has been held against it.
 */
export const maxFrameLength = 256 * 1024;
const headerLength = 4;

export type FrameRefusal = 'frame-too-long' | 'frame-malformed';

/** Throws where the message is longer than a frame may be: that is a bug of the sender. */
export function frameOf(message: unknown): Buffer {
  const body = serialize(message);
  if (body.length > maxFrameLength) throw new RangeError('a message for the pipe is too long');
  const header = Buffer.alloc(headerLength);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Cuts a byte stream into messages. After a refusal the stream has no boundaries any more: close it. */
export interface FrameReader {
  push(chunk: Buffer): Result<readonly unknown[], FrameRefusal>;
}

export function frameReader(): FrameReader {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const messages: unknown[] = [];
      while (held.length >= headerLength) {
        const length = held.readUInt32BE(0);
        if (length > maxFrameLength) return refuse('frame-too-long');
        if (held.length < headerLength + length) break;
        const message = parseMessage(held.subarray(headerLength, headerLength + length));
        if (!message.ok) return message;
        messages.push(message.value);
        held = held.subarray(headerLength + length);
      }
      return ok(messages);
    },
  };
}

function parseMessage(bytes: Buffer): Result<unknown, 'frame-malformed'> {
  try {
    return ok(deserialize(bytes) as unknown);
  } catch {
    return refuse('frame-malformed');
  }
}
