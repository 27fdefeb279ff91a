/** Above this, peaks are bent instead of cut: up to here the sum is exact. */
export const knee = 24_000;
const ceiling = 32_767;

/** A soft limiter without memory: continuous, monotonic, never above full scale. */
export function limited(sum: number): number {
  const magnitude = Math.abs(sum);
  if (magnitude <= knee) return Math.round(sum);
  const over = magnitude - knee;
  const room = ceiling - knee;
  const bent = knee + (room * over) / (over + room);
  return Math.round(sum < 0 ? -bent : bent);
}
