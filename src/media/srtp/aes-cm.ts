import { timingSafeEqual } from 'node:crypto';
import { wipe } from '../../base/bytes.ts';
import { packetCrypto } from '../../base/packet-crypto-loader.ts';
import type { CounterContext, HmacContext } from '../../base/packet-crypto.ts';
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
  readonly #rtpAuth: HmacContext;
  readonly #rtcpAuth: HmacContext;
  readonly #rollover = new Uint8Array(4);

  constructor(shape: SuiteShape, keys: DirectionKeys) {
    this.#shape = shape;
    this.#keys = keys;
    this.#rtp = new KeyStream(keys.rtp);
    this.#rtcp = new KeyStream(keys.rtcp);
    this.#rtpAuth = packetCrypto().hmacSha1(keys.rtp.auth);
    this.#rtcpAuth = packetCrypto().hmacSha1(keys.rtcp.auth);
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
    const tag = this.#rtcpAuth.digest(packet.subarray(0, covered));
    packet.set(tag.subarray(0, this.#shape.rtcpTagLength), covered);
    return covered + this.#shape.rtcpTagLength;
  }

  unprotectRtcp(packet: Uint8Array, at: PacketPlace): number | null {
    const covered = packet.length - this.#shape.rtcpTagLength;
    const end = covered - rtcpIndexLength;
    if (end < rtcpHeaderLength) return null;
    if (!sameTag(this.#rtcpAuth.digest(packet.subarray(0, covered)), packet.subarray(covered))) return null;
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
    this.#rtpAuth.free();
    this.#rtcpAuth.free();
  }

  #rtpTag(covered: Uint8Array, { index }: PacketPlace): Uint8Array {
    writeU32(this.#rollover, 0, Math.floor(index / 0x10000));
    return this.#rtpAuth.digest(covered, this.#rollover);
  }
}

/** `given` is as long as the suite's tag, the first bytes of the MAC. */
function sameTag(mac: Uint8Array, given: Uint8Array): boolean {
  return timingSafeEqual(mac.subarray(0, given.length), given);
}

/**
 * The key stream of a packet (RFC 3711 §4.1.1):
 *
 *   salt * 2^16  XOR  SSRC * 2^64  XOR  index * 2^16  +  block number
 */
class KeyStream {
  readonly #salt: Uint8Array;
  readonly #cipher: CounterContext;
  readonly #first = new Uint8Array(blockLength);

  constructor({ cipher, salt }: SessionKeys) {
    this.#salt = salt;
    this.#cipher = packetCrypto().counter(cipher);
  }

  /** Encrypts and decrypts, in place. @throws Error after `close` */
  apply(bytes: Uint8Array, { ssrc, index }: PacketPlace): void {
    const first = this.#first;
    first.fill(0);
    first.set(this.#salt);
    xorU32(first, 4, ssrc);
    xorU32(first, 8, Math.floor(index / 0x10000));
    first[12] = (first[12] ?? 0) ^ ((index >>> 8) & 0xff);
    first[13] = (first[13] ?? 0) ^ (index & 0xff);
    this.#cipher.apply(first, bytes);
  }

  close(): void {
    this.#cipher.free();
    wipe(this.#first);
  }
}
