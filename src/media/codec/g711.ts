/**
 * ITU-T G.711, both laws, by table: 8-bit code words to and from 16-bit linear samples. The tables are built once from
 * the piecewise definition (G.711 tables 1a and 2a).
 */
export type G711Law = 'PCMU' | 'PCMA';

// Negative samples are taken in one's complement, as ITU-T's reference code (G.191) does: -1 lies in the first negative
// interval, and a value on the border of two intervals belongs to the smaller one on both sides.

const muBias = 0x84;
const muClip = 32_635;

function decodeMu(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + muBias) << ((inverted & 0x70) >> 4);
  return (inverted & 0x80) !== 0 ? muBias - magnitude : magnitude - muBias;
}

function encodeMu(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(sample < 0 ? ~sample : sample, muClip) + muBias;
  // The segment is the position of the highest set bit above the eight that every segment shares.
  const segment = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff;
}

function decodeA(code: number): number {
  const toggled = code ^ 0x55; // G.711 §3.1: even bits are inverted on the line
  const segment = (toggled & 0x70) >> 4;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (toggled & 0x80) !== 0 ? magnitude : -magnitude;
}

function encodeA(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const sign = sample < 0 ? 0 : 0x80;
  const segment = magnitude < 32 ? (magnitude >> 4) & 1 : 31 - Math.clz32(magnitude) - 3;
  const mantissa = segment <= 1 ? magnitude & 0x0f : (magnitude >> (segment - 1)) & 0x0f;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}

/** `drop`: low bits of a sample that no decision value looks at. A table without them stays in the processor's first cache. */
function tables(decode: (code: number) => number, encode: (sample: number) => number, drop: number) {
  return {
    decode: Int16Array.from({ length: 256 }, (_, code) => decode(code)),
    drop,
    /** Indexed by the sample's other bits, unsigned. */
    encode: Uint8Array.from({ length: 65_536 >> drop }, (_, bits) => encode((bits << (16 + drop)) >> 16)),
  };
}

// G.711 has 14 bits of µ-law and 13 of A-law, whose lowest interval is two of them wide.
const law = { PCMU: tables(decodeMu, encodeMu, 2), PCMA: tables(decodeA, encodeA, 4) } as const;

export function decodeG711(codec: G711Law, code: Uint8Array, out: Int16Array, at = 0): void {
  const table = law[codec].decode;
  const length = Math.min(code.length, out.length - at);
  for (let i = 0; i < length; i++) out[at + i] = table[code[i] ?? 0] ?? 0;
}

export function encodeG711(codec: G711Law, pcm: Int16Array, out: Uint8Array, at = 0): void {
  const { encode: table, drop } = law[codec];
  const length = Math.min(pcm.length, out.length - at);
  for (let i = 0; i < length; i++) out[at + i] = table[((pcm[i] ?? 0) & 0xffff) >> drop] ?? 0;
}
