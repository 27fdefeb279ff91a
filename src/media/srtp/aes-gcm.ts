import { wipe } from '../../base/bytes.ts';
import { packetCrypto } from '../../base/packet-crypto-loader.ts';
import type { GcmContext } from '../../base/packet-crypto.ts';
import type { DirectionKeys } from './key-derivation.ts';
import {
  encryptedFlag,
  rtcpHeaderLength,
  rtcpIndexLength,
  writeU32,
  xorU32,
  type PacketPlace,
  type SrtpTransform,
} from './transform.ts';

const tagLength = 16;

/**
 * AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714). The header is associated data. Initialization vectors (§8.1, §9.1):
 *
 *   SRTP    0000 | SSRC | rollover counter | sequence number    XOR salt
 *   SRTCP   0000 | SSRC | 0000 | 0, index                       XOR salt
 */
export class AesGcmTransform implements SrtpTransform {
  readonly #keys: DirectionKeys;
  readonly #rtp: GcmContext;
  readonly #rtcp: GcmContext;
  readonly #iv = new Uint8Array(12);
  readonly #indexWord = new Uint8Array(rtcpIndexLength);

  constructor(keys: DirectionKeys) {
    this.#keys = keys;
    this.#rtp = packetCrypto().gcm(keys.rtp.cipher);
    this.#rtcp = packetCrypto().gcm(keys.rtcp.cipher);
  }

  protectRtp(packet: Uint8Array, headerLength: number, length: number, at: PacketPlace): number {
    const header = packet.subarray(0, headerLength);
    const plain = packet.subarray(headerLength, length);
    this.#rtp.seal(this.#rtpIv(at), header, plain, packet.subarray(headerLength));
    return length + tagLength;
  }

  unprotectRtp(packet: Uint8Array, headerLength: number, at: PacketPlace): number | null {
    const end = packet.length - tagLength;
    if (end < headerLength) return null;
    const header = packet.subarray(0, headerLength);
    const sealed = packet.subarray(headerLength, end);
    const plain = this.#rtp.open(this.#rtpIv(at), header, sealed, packet.subarray(end));
    if (plain === null) return null;
    packet.set(plain, headerLength);
    return end;
  }

  protectRtcp(packet: Uint8Array, length: number, at: PacketPlace): number {
    writeU32(this.#indexWord, 0, (encryptedFlag | at.index) >>> 0);
    // RFC 7714 §9.2: the associated data are the header and the index word, though they stand apart on the wire.
    const aad = Buffer.concat([packet.subarray(0, rtcpHeaderLength), this.#indexWord]);
    const plain = packet.subarray(rtcpHeaderLength, length);
    this.#rtcp.seal(this.#rtcpIv(at), aad, plain, packet.subarray(rtcpHeaderLength));
    packet.set(this.#indexWord, length + tagLength);
    return length + tagLength + rtcpIndexLength;
  }

  unprotectRtcp(packet: Uint8Array, at: PacketPlace): number | null {
    const end = packet.length - rtcpIndexLength - tagLength;
    if (end < rtcpHeaderLength) return null;
    const aad = Buffer.concat([packet.subarray(0, rtcpHeaderLength), packet.subarray(end + tagLength)]);
    const sealed = packet.subarray(rtcpHeaderLength, end);
    const plain = this.#rtcp.open(this.#rtcpIv(at), aad, sealed, packet.subarray(end, end + tagLength));
    if (plain === null) return null;
    packet.set(plain, rtcpHeaderLength);
    return end;
  }

  close(): void {
    for (const { cipher, salt } of [this.#keys.rtp, this.#keys.rtcp]) {
      wipe(cipher);
      wipe(salt);
    }
    wipe(this.#iv);
    this.#rtp.free();
    this.#rtcp.free();
  }

  #rtpIv({ ssrc, index }: PacketPlace): Uint8Array {
    const iv = this.#iv;
    iv.set(this.#keys.rtp.salt);
    xorU32(iv, 2, ssrc);
    xorU32(iv, 6, Math.floor(index / 0x10000));
    iv[10] = (iv[10] ?? 0) ^ ((index >>> 8) & 0xff);
    iv[11] = (iv[11] ?? 0) ^ (index & 0xff);
    return iv;
  }

  #rtcpIv({ ssrc, index }: PacketPlace): Uint8Array {
    const iv = this.#iv;
    iv.set(this.#keys.rtcp.salt);
    xorU32(iv, 2, ssrc);
    xorU32(iv, 8, index);
    return iv;
  }
}
