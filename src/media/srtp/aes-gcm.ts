import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { wipe } from '../../base/bytes.ts';
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
  readonly #algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  /** Handed raw bytes, node:crypto would make such an object for every packet. */
  #ciphers: { readonly rtp: KeyObject; readonly rtcp: KeyObject } | null;
  readonly #iv = new Uint8Array(12);
  readonly #indexWord = new Uint8Array(rtcpIndexLength);

  constructor(keys: DirectionKeys) {
    this.#keys = keys;
    this.#algorithm = keys.rtp.cipher.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    this.#ciphers = { rtp: createSecretKey(keys.rtp.cipher), rtcp: createSecretKey(keys.rtcp.cipher) };
  }

  protectRtp(packet: Uint8Array, headerLength: number, length: number, at: PacketPlace): number {
    const cipher = createCipheriv(this.#algorithm, this.#cipher('rtp'), this.#rtpIv(at));
    cipher.setAAD(packet.subarray(0, headerLength));
    packet.set(cipher.update(packet.subarray(headerLength, length)), headerLength);
    cipher.final();
    packet.set(cipher.getAuthTag(), length);
    return length + tagLength;
  }

  unprotectRtp(packet: Uint8Array, headerLength: number, at: PacketPlace): number | null {
    const end = packet.length - tagLength;
    if (end < headerLength) return null;
    const plain = this.#open('rtp', this.#rtpIv(at), {
      sealed: packet.subarray(headerLength, end),
      tag: packet.subarray(end),
      aad: [packet.subarray(0, headerLength)],
    });
    if (plain === null) return null;
    packet.set(plain, headerLength);
    return end;
  }

  protectRtcp(packet: Uint8Array, length: number, at: PacketPlace): number {
    writeU32(this.#indexWord, 0, (encryptedFlag | at.index) >>> 0);
    const cipher = createCipheriv(this.#algorithm, this.#cipher('rtcp'), this.#rtcpIv(at));
    // RFC 7714 §9.2: the associated data are the header and the index word, though they stand apart on the wire.
    cipher.setAAD(Buffer.concat([packet.subarray(0, rtcpHeaderLength), this.#indexWord]));
    packet.set(cipher.update(packet.subarray(rtcpHeaderLength, length)), rtcpHeaderLength);
    cipher.final();
    packet.set(cipher.getAuthTag(), length);
    packet.set(this.#indexWord, length + tagLength);
    return length + tagLength + rtcpIndexLength;
  }

  unprotectRtcp(packet: Uint8Array, at: PacketPlace): number | null {
    const end = packet.length - rtcpIndexLength - tagLength;
    if (end < rtcpHeaderLength) return null;
    const plain = this.#open('rtcp', this.#rtcpIv(at), {
      sealed: packet.subarray(rtcpHeaderLength, end),
      tag: packet.subarray(end, end + tagLength),
      aad: [packet.subarray(0, rtcpHeaderLength), packet.subarray(end + tagLength)],
    });
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
    this.#ciphers = null;
  }

  /** @throws Error after `close` */
  #cipher(stream: 'rtp' | 'rtcp'): KeyObject {
    if (this.#ciphers === null) throw new Error('the SRTP session is closed');
    return this.#ciphers[stream];
  }

  /** Nothing of it is looked at before the tag has verified. */
  #open(
    stream: 'rtp' | 'rtcp',
    iv: Uint8Array,
    parts: { readonly sealed: Uint8Array; readonly tag: Uint8Array; readonly aad: readonly Uint8Array[] },
  ): Uint8Array | null {
    const decipher = createDecipheriv(this.#algorithm, this.#cipher(stream), iv, {
      authTagLength: tagLength,
    });
    decipher.setAAD(Buffer.concat(parts.aad));
    decipher.setAuthTag(parts.tag);
    const plain = decipher.update(parts.sealed);
    try {
      decipher.final();
      return plain;
    } catch {
      wipe(plain);
      return null;
    }
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
