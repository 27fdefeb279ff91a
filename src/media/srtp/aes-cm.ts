import {
  createCipheriv,
  createHmac,
  createSecretKey,
  timingSafeEqual,
  type Cipheriv,
  type KeyObject,
} from 'node:crypto';
import { wipe } from '../../base/bytes.ts';
import type { DirectionKeys, SessionKeys } from './key-derivation.ts';
import type { SuiteShape } from './suite.ts';
import {
  encryptedFlag,
  rtcpHeaderLength,
  rtcpIndexLength,
  writeU32,
  xorU32,
  type PacketPlace,
  type SrtpTransform,
} from './transform.ts';

const blockLength = 16;

/**
 * AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1). The tag of an SRTP packet covers the packet and the
 * rollover counter, which is not sent; that of an SRTCP packet covers the packet and its index word.
 */
export class AesCmTransform implements SrtpTransform {
  readonly #keys: DirectionKeys;
  readonly #shape: SuiteShape;
  readonly #rtp: KeyStream;
  readonly #rtcp: KeyStream;
  /** Handed raw bytes, node:crypto would make such an object for every packet. */
  #auth: { readonly rtp: KeyObject; readonly rtcp: KeyObject } | null;
  readonly #rollover = new Uint8Array(4);

  constructor(shape: SuiteShape, keys: DirectionKeys) {
    this.#shape = shape;
    this.#keys = keys;
    this.#rtp = new KeyStream(keys.rtp);
    this.#rtcp = new KeyStream(keys.rtcp);
    this.#auth = { rtp: createSecretKey(keys.rtp.auth), rtcp: createSecretKey(keys.rtcp.auth) };
  }

  protectRtp(packet: Uint8Array, headerLength: number, length: number, at: PacketPlace): number {
    this.#rtp.apply(packet.subarray(headerLength, length), at);
    const tag = this.#rtpTag(packet.subarray(0, length), at);
    packet.set(tag.subarray(0, this.#shape.rtpTagLength), length);
    return length + this.#shape.rtpTagLength;
  }

  unprotectRtp(packet: Uint8Array, headerLength: number, at: PacketPlace): number | null {
    const end = packet.length - this.#shape.rtpTagLength;
    if (end < headerLength) return null;
    if (!sameTag(this.#rtpTag(packet.subarray(0, end), at), packet.subarray(end))) return null;
    this.#rtp.apply(packet.subarray(headerLength, end), at);
    return end;
  }

  protectRtcp(packet: Uint8Array, length: number, at: PacketPlace): number {
    this.#rtcp.apply(packet.subarray(rtcpHeaderLength, length), at);
    writeU32(packet, length, (encryptedFlag | at.index) >>> 0);
    const covered = length + rtcpIndexLength;
    const tag = this.#hmac('rtcp', packet.subarray(0, covered));
    packet.set(tag.subarray(0, this.#shape.rtcpTagLength), covered);
    return covered + this.#shape.rtcpTagLength;
  }

  unprotectRtcp(packet: Uint8Array, at: PacketPlace): number | null {
    const covered = packet.length - this.#shape.rtcpTagLength;
    const end = covered - rtcpIndexLength;
    if (end < rtcpHeaderLength) return null;
    if (!sameTag(this.#hmac('rtcp', packet.subarray(0, covered)), packet.subarray(covered))) return null;
    this.#rtcp.apply(packet.subarray(rtcpHeaderLength, end), at);
    return end;
  }

  close(): void {
    for (const { cipher, salt, auth } of [this.#keys.rtp, this.#keys.rtcp]) {
      wipe(cipher);
      wipe(salt);
      wipe(auth);
    }
    this.#rtp.close();
    this.#rtcp.close();
    this.#auth = null;
  }

  #rtpTag(covered: Uint8Array, { index }: PacketPlace): Uint8Array {
    writeU32(this.#rollover, 0, Math.floor(index / 0x10000));
    return this.#hmac('rtp', covered, this.#rollover);
  }

  /** @throws Error after `close` */
  #hmac(stream: 'rtp' | 'rtcp', ...parts: readonly Uint8Array[]): Uint8Array {
    if (this.#auth === null) throw new Error('the SRTP session is closed');
    const mac = createHmac('sha1', this.#auth[stream]);
    for (const part of parts) mac.update(part);
    return mac.digest();
  }
}

/** `given` is as long as the suite's tag, the first bytes of the MAC. */
function sameTag(mac: Uint8Array, given: Uint8Array): boolean {
  return timingSafeEqual(mac.subarray(0, given.length), given);
}

/**
 * The counter blocks of a packet through one cipher that is kept (RFC 3711 §4.1.1):
 *
 *   salt * 2^16  XOR  SSRC * 2^64  XOR  index * 2^16  +  block number
 */
class KeyStream {
  readonly #salt: Uint8Array;
  /** Counter mode by hand: a cipher object a packet would cost more than the packet. */
  #cipher: Cipheriv | null;
  #blocks = new Uint8Array(16 * blockLength);
  readonly #first = new Uint8Array(blockLength);

  constructor({ cipher, salt }: SessionKeys) {
    this.#salt = salt;
    this.#cipher = createCipheriv('aes-128-ecb', cipher, null).setAutoPadding(false);
  }

  /** Encrypts and decrypts, in place. @throws Error after `close` */
  apply(bytes: Uint8Array, { ssrc, index }: PacketPlace): void {
    if (this.#cipher === null) throw new Error('the SRTP session is closed');
    const first = this.#first;
    first.fill(0);
    first.set(this.#salt);
    xorU32(first, 4, ssrc);
    xorU32(first, 8, Math.floor(index / 0x10000));
    first[12] = (first[12] ?? 0) ^ ((index >>> 8) & 0xff);
    first[13] = (first[13] ?? 0) ^ (index & 0xff);
    const length = Math.ceil(bytes.length / blockLength) * blockLength;
    if (length > this.#blocks.length) this.#blocks = new Uint8Array(length);
    const blocks = this.#blocks;
    for (let at = 0, n = 0; at < length; at += blockLength, n++) {
      blocks.set(first, at);
      blocks[at + 14] = n >>> 8;
      blocks[at + 15] = n;
    }
    const stream = this.#cipher.update(blocks.subarray(0, length));
    for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
    stream.fill(0);
  }

  close(): void {
    this.#cipher = null;
    wipe(this.#first);
  }
}
