import { limits } from '../limits.ts';

/**
 * Cuts a byte stream into SIP messages by their Content-Length (RFC 3261 §18.3), and counts the keep-alives of
 * RFC 5626 §4.4.1: a double CRLF between messages is a ping, a single one answers a ping.
 */
export interface Framed {
  readonly messages: readonly Buffer[];
  /** CRLFs between messages. */
  readonly emptyLines: number;
  /** The stream cannot be cut any further: the last message says why, and the connection ends after its answer. */
  readonly broken: boolean;
}

export interface Framer {
  push(chunk: Buffer): Framed;
  /** Bytes of a message that has begun and not ended. */
  pending(): number;
}

const endOfHeaders = Buffer.from('\r\n\r\n');
const contentLengthLine = /\r\n(?:content-length|l)[ \t]*:\s*([^\r\n]*)/gi;

export function createFramer(): Framer {
  let buffer = Buffer.alloc(2048);
  let used = 0;
  let searched = 0;
  /** Of the message that has begun, once its headers are there: read anew for every byte of a body, they would cost a stranger nothing and us much. */
  let begun: { readonly end: number; readonly length: number | null } | null = null;

  const append = (chunk: Buffer): void => {
    if (used + chunk.length > buffer.length) {
      const larger = Buffer.alloc(Math.max(buffer.length * 2, used + chunk.length));
      buffer.copy(larger, 0, 0, used);
      buffer = larger;
    }
    chunk.copy(buffer, used);
    used += chunk.length;
  };
  /** Copies the first `count` bytes out and closes the gap. */
  const take = (count: number): Buffer => {
    const taken = Buffer.from(buffer.subarray(0, count));
    buffer.copy(buffer, 0, count, used);
    used -= count;
    searched = 0;
    begun = null;
    return taken;
  };
  const skipEmptyLines = (): number => {
    let at = 0;
    while (used - at >= 2 && buffer[at] === 0x0d && buffer[at + 1] === 0x0a) at += 2;
    if (at > 0) take(at);
    return at / 2;
  };
  /** Null: they go on. */
  const head = (): typeof begun => {
    if (begun !== null) return begun;
    const end = buffer.subarray(0, used).indexOf(endOfHeaders, Math.max(0, searched - 3));
    searched = used;
    if (end < 0 || end > limits.headerBytes) return null;
    begun = { end, length: lengthIn(buffer.toString('latin1', 0, end)) };
    return begun;
  };

  const push = (chunk: Buffer): Framed => {
    append(chunk);
    const messages: Buffer[] = [];
    let emptyLines = 0;
    for (;;) {
      emptyLines += skipEmptyLines();
      const found = head();
      if (found === null) return { messages, emptyLines, broken: used > limits.headerBytes };
      const { end, length } = found;
      if (length === null || length > limits.bodyBytes) {
        messages.push(take(end + 4));
        return { messages, emptyLines, broken: true };
      }
      if (used < end + 4 + length) return { messages, emptyLines, broken: false };
      messages.push(take(end + 4 + length));
    }
  };
  return { push, pending: () => used };
}

/** The one Content-Length of a header block; null where there is none, or more than one, or no number. */
function lengthIn(head: string): number | null {
  const found = [...head.matchAll(contentLengthLine)];
  const value = found[0]?.[1]?.trim() ?? '';
  return found.length === 1 && /^[0-9]{1,9}$/.test(value) ? Number(value) : null;
}
