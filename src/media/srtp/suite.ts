/**
 * SRTP's crypto suites by their SDES names (RFC 4568 §6.2, RFC 7714 §14.1), in our order of preference. A master key and
 * its salt travel as one string of bytes, key first (RFC 4568 §6.1).
 */
export const srtpSuites = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
] as const;

export type SrtpSuite = (typeof srtpSuites)[number];

/** All lengths in bytes. */
export interface SuiteShape {
  readonly transform: 'gcm' | 'cm';
  readonly keyLength: number;
  readonly saltLength: number;
  readonly rtpTagLength: number;
  readonly rtcpTagLength: number;
}

/** RFC 4568 §6.2.2: the short tag is for SRTP alone, SRTCP keeps 80 bits. RFC 7714 §12: AEAD tags have 128. */
export const suiteShape: Readonly<Record<SrtpSuite, SuiteShape>> = {
  AEAD_AES_256_GCM: { transform: 'gcm', keyLength: 32, saltLength: 12, rtpTagLength: 16, rtcpTagLength: 16 },
  AEAD_AES_128_GCM: { transform: 'gcm', keyLength: 16, saltLength: 12, rtpTagLength: 16, rtcpTagLength: 16 },
  AES_CM_128_HMAC_SHA1_80: {
    transform: 'cm',
    keyLength: 16,
    saltLength: 14,
    rtpTagLength: 10,
    rtcpTagLength: 10,
  },
  AES_CM_128_HMAC_SHA1_32: {
    transform: 'cm',
    keyLength: 16,
    saltLength: 14,
    rtpTagLength: 4,
    rtcpTagLength: 10,
  },
};

/** How many bytes a master key with its salt has. */
export function masterLength(suite: SrtpSuite): number {
  return suiteShape[suite].keyLength + suiteShape[suite].saltLength;
}

/** What a packet may grow by: the longest tag, and SRTCP's index word. */
export const longestTrailer = 16 + 4;
