/** G.711 µ-law to 16-bit samples (ITU-T G.711 table 2a), apart from the code under test. */
export function decodeUlaw(codes: Uint8Array): Int16Array {
  return Int16Array.from(codes, (code) => {
    const inverted = ~code & 0xff;
    const magnitude = (((inverted & 15) << 3) + 132) << ((inverted & 112) >> 4);
    return inverted & 128 ? 132 - magnitude : magnitude - 132;
  });
}
