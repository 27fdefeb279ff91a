/**
 * How long an Opus packet plays, read from its table-of-contents byte without decoding (RFC 6716 §3.1):
 *
 *    0 1 2 3 4 5 6 7
 *   +-+-+-+-+-+-+-+-+
 *   | config  |s| c |
 *   +-+-+-+-+-+-+-+-+
 */
const frameTicks48k = (config: number): number => {
  if (config < 12) return [480, 960, 1_920, 2_880][config & 3] ?? 0; // SILK only
  if (config < 16) return (config & 1) === 0 ? 480 : 960; // hybrid
  return [120, 240, 480, 960][config & 3] ?? 0; // CELT only
};

/** RFC 6716 §3.2.5: no packet stands for more than 120 ms. */
const longestTicks = 5_760;

/** Ticks of 48 kHz, or 0 where the packet cannot be Opus. */
export function opusTicks(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const ticks = frames * frameTicks48k(toc >> 3);
  return ticks <= longestTicks ? ticks : 0;
}
