import { createDecipheriv, hkdfSync } from 'node:crypto';

/**
 * The keys of docs/protocol.md and LiveKit's frame format once more, written from their descriptions over node:crypto.
 * It imports nothing of the connector, so that an error made there is not made here again.
 */
export interface KeyName {
  /** 16 bytes. */
  readonly instance: Buffer;
  readonly epoch: number;
}

/** Every part behind its length as 32 bits, big-endian. */
function bound(label: string, { instance, epoch }: KeyName, ...more: readonly Buffer[]): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(epoch));
  return Buffer.concat(
    [Buffer.from(label), instance, number, ...more].flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

function hkdf(secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}

const none = Buffer.alloc(0);

/** Says whether `mk` is the meeting key that a signed message means. */
export function keyCheck(mk: Buffer, name: KeyName): string {
  return hkdf(mk, none, bound('latchkey/1/kcv', name), 16).toString('base64url');
}

/** What a sender's frame keys are derived from. `sender`: raw identity key and 16 join bytes. */
export function senderKey(mk: Buffer, name: KeyName, sender: Buffer): Buffer {
  return hkdf(mk, none, bound('latchkey/1/sender-key', name, sender), 32);
}

/** AES-256 key of one sender's frames. `sender`: raw identity key and 16 join bytes. */
export function frameKey(mk: Buffer, name: KeyName, sender: Buffer): Buffer {
  const key = senderKey(mk, name, sender);
  return hkdf(key, Buffer.from('LKFrameEncryptionKey'), Buffer.alloc(128), 32);
}

/** TOC, ciphertext, 16 bytes of tag, 12 of IV, the IV's length, the key's slot: the Opus frame, or null. */
export function openFrame(key: Buffer, frame: Buffer): Buffer | null {
  if (frame.length < 31 || frame.at(-2) !== 12) return null;
  const toc = frame.subarray(0, 1);
  const decipher = createDecipheriv('aes-256-gcm', key, frame.subarray(-14, -2), { authTagLength: 16 });
  decipher.setAAD(toc);
  decipher.setAuthTag(frame.subarray(-30, -14));
  const plain = decipher.update(frame.subarray(1, -30));
  try {
    return Buffer.concat([toc, plain, decipher.final()]);
  } catch {
    return null;
  }
}

/** The payload of an RTP packet (RFC 3550 §5.1), or null. */
export function rtpPayload(packet: Buffer): Buffer | null {
  if (packet.length < 12) return null;
  const first = packet.readUInt8(0);
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (packet.length < start + 4) return null;
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : (packet.at(-1) ?? 0);
  return start + padding > packet.length ? null : packet.subarray(start, packet.length - padding);
}
