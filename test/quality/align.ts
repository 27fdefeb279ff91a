/**
 * The jitter buffer plays a little faster or slower, so the delay is not one number. As PESQ does, each stretch of what was said is
 * looked for on its own in what was heard, near to where the one before was.
 */
const stretchMs = 240;
const nearMs = 60;
const farMs = 400;

export function aligned(said: Int16Array, heard: Int16Array, hertz: number): Float64Array {
  const stretch = (stretchMs * hertz) / 1_000;
  const out = new Float64Array(said.length);
  let lag = bestLag(said.subarray(0, 8 * stretch), heard, [0, (farMs * hertz) / 1_000]);
  const near = (nearMs * hertz) / 1_000;
  for (let at = 0; at + stretch <= said.length; at += stretch) {
    // Looked for with half a stretch on either side: silence alone says nothing about the delay.
    const from = Math.max(0, at - stretch / 2);
    const part = said.subarray(from, at + stretch * 1.5);
    lag = bestLag(part, heard, [lag - near, lag + near], from, lag);
    for (let i = 0; i < stretch; i++) out[at + i] = (heard[at + lag + i] ?? 0) / 32_768;
  }
  return out;
}

/** Within `range`, at which shift `heard` is most like `said`, which begins at `from`; `fallback` where nothing is said. */
function bestLag(
  said: Int16Array,
  heard: Int16Array,
  range: readonly [number, number],
  from = 0,
  fallback = 0,
): number {
  let best = fallback;
  let most = 0;
  for (let lag = Math.round(range[0]); lag <= range[1]; lag++) {
    let product = 0;
    let energy = 1;
    for (let i = 0; i < said.length; i += 2) {
      const value = heard[from + lag + i] ?? 0;
      product += (said[i] ?? 0) * value;
      energy += value * value;
    }
    const likeness = product / Math.sqrt(energy);
    if (likeness > most) [best, most] = [lag, likeness];
  }
  return best;
}
