import { randomBytes } from 'node:crypto';
import { ctr, gcm } from '@noble/ciphers/aes.js';
import { describe, expect, it } from 'vitest';
import type { AgreedSrtp } from '../../../src/media/leg-state.ts';
import { SrtpSession } from '../../../src/media/srtp/session.ts';
import { masterLength } from '../../../src/media/srtp/suite.ts';

/**
 * A second implementation of RFC 7714, for these tests alone: written after the RFCs on @noble/ciphers, without a line of the
 * product's and without node:crypto.
 */
class OtherPeer {
  readonly #key: Uint8Array;
  readonly #salt: Uint8Array;

  /** `master`: key and 12 bytes of salt (RFC 7714 §12). */
  constructor(master: Uint8Array) {
    const keyLength = master.length - 12;
    const key = master.slice(0, keyLength);
    // RFC 3711 §4.3.1 and .3: the label is XORed into byte 7 of the salt, which is padded to 14 bytes.
    const derive = (label: number, length: number): Uint8Array => {
      const iv = new Uint8Array(16);
      iv.set(master.slice(keyLength));
      iv[7]! ^= label;
      return ctr(key, iv).encrypt(new Uint8Array(length));
    };
    this.#key = derive(0, keyLength);
    this.#salt = derive(2, 12);
  }

  /** RFC 7714 §8.1. */
  #iv(packet: Uint8Array, rollover: number): Uint8Array {
    const iv = new Uint8Array(12);
    iv.set(packet.slice(8, 12), 2);
    new DataView(iv.buffer).setUint32(6, rollover);
    iv.set(packet.slice(2, 4), 10);
    return iv.map((byte, i) => byte ^ this.#salt[i]!);
  }

  seal(packet: Uint8Array, rollover = 0): Uint8Array {
    const header = packet.slice(0, 12);
    return Buffer.concat([
      header,
      gcm(this.#key, this.#iv(packet, rollover), header).encrypt(packet.slice(12)),
    ]);
  }

  open(packet: Uint8Array, rollover = 0): Uint8Array {
    const header = packet.slice(0, 12);
    return Buffer.concat([
      header,
      gcm(this.#key, this.#iv(packet, rollover), header).decrypt(packet.slice(12)),
    ]);
  }
}

const ssrc = 0xdecade01;

function packetOf(sequence: number): Buffer {
  const packet = Buffer.alloc(12 + 160, sequence);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 160, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

describe.each(['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM'] as const)('%s, two implementations', (suite) => {
  const keys: AgreedSrtp = {
    suite,
    local: randomBytes(masterLength(suite)),
    remote: randomBytes(masterLength(suite)),
  };

  it('open what the other sealed, over the wrap of the sequence number', () => {
    const ours = new SrtpSession(keys, { ssrc, index: 65_530, rtcpIndex: 0 });
    const [listener, speaker] = [new OtherPeer(keys.local), new OtherPeer(keys.remote)];
    for (let index = 65_530; index < 65_545; index++) {
      const plain = packetOf(index & 0xffff);
      const rollover = index >> 16;
      const packet = Buffer.concat([plain, Buffer.alloc(32)]);
      const sealed = packet.subarray(0, ours.protectRtp(packet, 12, plain.length));
      expect(sealed.length).toBe(plain.length + 16);
      expect(plain.equals(listener.open(sealed, rollover))).toBe(true);
      const opened = ours.unprotectRtp(Buffer.from(speaker.seal(plain, rollover)), 0);
      expect(opened.ok && plain.equals(opened.value)).toBe(true);
    }
  });

  it('refuse what the other sealed for somebody else', () => {
    const ours = new SrtpSession(keys, { ssrc, index: 0, rtcpIndex: 0 });
    const stranger = new OtherPeer(randomBytes(masterLength(suite)));
    expect(ours.unprotectRtp(Buffer.from(stranger.seal(packetOf(1))), 0).ok).toBe(false);
    // Under another rollover counter it is another packet.
    expect(ours.unprotectRtp(Buffer.from(new OtherPeer(keys.remote).seal(packetOf(1), 1)), 0).ok).toBe(false);
  });
});
