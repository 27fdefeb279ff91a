import { describe, expect, it } from 'vitest';
import { AesCmTransform } from '../../../src/media/srtp/aes-cm.ts';
import { AesGcmTransform } from '../../../src/media/srtp/aes-gcm.ts';
import { derive, label } from '../../../src/media/srtp/key-derivation.ts';
import { suiteShape } from '../../../src/media/srtp/suite.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('RFC 3711 appendix B', () => {
  it('B.2: the keystream of AES in counter mode, as the packets get it', () => {
    const keys = {
      cipher: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      auth: Buffer.alloc(20),
    };
    const cm = new AesCmTransform(suiteShape.AES_CM_128_HMAC_SHA1_80, { rtp: keys, rtcp: keys });
    // SSRC and index are zero, and so is the payload: what comes out is the keystream.
    const packet = Buffer.alloc(12 + 0xff02 * 16 + 10);
    cm.protectRtp(packet, 12, packet.length - 10, { ssrc: 0, index: 0 });
    const stream = packet.subarray(12);
    const block = (n: number): string => hexOf(stream.subarray(n * 16, n * 16 + 16)).toUpperCase();
    expect([0, 1, 2, 0xfeff, 0xff00, 0xff01].map(block)).toEqual([
      'E03EAD0935C95E80E166B16DD92B4EB4',
      'D23513162B02D0F72A43A2FE4A5F97AB',
      '41E95B3BB0A2E8DD477901E4FCA894C0',
      'EC8CDF7398607CB0F2D21675EA9EA1E4',
      '362B7C3C6773516318A077D7FC5073AE',
      '6A2CC3787889374FBEB4C81B17BA6C44',
    ]);
  });

  it('B.3: keys from the master key', () => {
    const key = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = hex('0EC675AD498AFEEBB6960B3AABE6');
    expect(hexOf(derive(key, salt, label.rtpCipher, 16))).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hexOf(derive(key, salt, label.rtpSalt, 14))).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(derive(key, salt, label.rtpAuth, 94)).toEqual(
      new Uint8Array(
        hex(`CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE
             E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25
             6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2`),
      ),
    );
  });

  it('RFC 6188 §7.2: the same with a master key of 256 bits', () => {
    const key = hex('F0F04914B513F2763A1B1FA130F10E2998F6F6E43E4309D1E622A0E332B9F1B6');
    const salt = hex('3B04803DE51EE7C96423AB5B78D2');
    expect(hexOf(derive(key, salt, label.rtpCipher, 32))).toBe(
      '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
    );
    expect(hexOf(derive(key, salt, label.rtpSalt, 14))).toBe('fa31791685ca444a9e07c6c64e93');
  });
});

describe('RFC 7714 §11', () => {
  it("pads the shorter salt of the AEAD suites with zeros: libsrtp's test key, computed with openssl", () => {
    const salt = hex('a0a1a2a3a4a5a6a7a8a9aaab');
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(hexOf(derive(key.subarray(0, 16), salt, label.rtpCipher, 16))).toBe(
      '077c6143cb221bc355ff23d5f984a16e',
    );
    expect(hexOf(derive(key.subarray(0, 16), salt, label.rtcpSalt, 12))).toBe('fcca937b9112a500dac72269');
    expect(hexOf(derive(key, salt, label.rtpCipher, 32))).toBe(
      'b7a435ce454463b760dc82c838468a115c699625af4b93a0f8220a2a6119c5d0',
    );
    expect(hexOf(derive(key, salt, label.rtpSalt, 12))).toBe('944bd21c268a962cd09c674a');
  });
});

/** Session keys as RFC 7714 §16 and §17 give them; the salt is "Quid pro quo". */
function transform(keyLength: 16 | 32): AesGcmTransform {
  const cipher = Uint8Array.from({ length: keyLength }, (_, i) => i);
  const keys = { cipher, salt: hex('517569642070726f2071756f'), auth: new Uint8Array() };
  return new AesGcmTransform({ rtp: keys, rtcp: keys });
}

const rtp = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
                 69736120 696e2070 61727465 73207472 6573`);
const rtcp = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                  deadbeef deadbeef deadbeef deadbeef deadbeef`);
const rtpAt = { ssrc: 0x5501a0b2, index: 0xf17b };
const rtcpAt = { ssrc: 0x4d617273, index: 0x5d4 };

describe('RFC 7714 §16 and §17', () => {
  it.each([
    [
      16 as const,
      `8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
       0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`,
    ],
    [
      32 as const,
      `8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238
       9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`,
    ],
  ])('SRTP, a key of %i bytes', (keyLength, sealed) => {
    const packet = Buffer.concat([rtp, Buffer.alloc(16)]);
    expect(transform(keyLength).protectRtp(packet, 12, rtp.length, rtpAt)).toBe(packet.length);
    expect(hexOf(packet)).toBe(hexOf(hex(sealed)));
    expect(transform(keyLength).unprotectRtp(packet, 12, rtpAt)).toBe(rtp.length);
    expect(hexOf(packet.subarray(0, rtp.length))).toBe(hexOf(rtp));
  });

  it.each([
    [
      16 as const,
      `81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
       c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`,
    ],
    [
      32 as const,
      `81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
       a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`,
    ],
  ])('SRTCP, a key of %i bytes', (keyLength, sealed) => {
    const packet = Buffer.concat([rtcp, Buffer.alloc(20)]);
    expect(transform(keyLength).protectRtcp(packet, rtcp.length, rtcpAt)).toBe(packet.length);
    expect(hexOf(packet)).toBe(hexOf(hex(sealed)));
    expect(transform(keyLength).unprotectRtcp(packet, rtcpAt)).toBe(rtcp.length);
    expect(hexOf(packet.subarray(0, rtcp.length))).toBe(hexOf(rtcp));
  });
});
