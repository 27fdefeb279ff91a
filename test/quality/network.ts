/** What a relay between telephone and connector does to packets: the same at each run. */
export interface Network {
  readonly name: string;
  /** Of packet number `n`: how many ms later it arrives; null: not at all. */
  readonly delayMs: (n: number) => number | null;
}

/** Numerical Recipes' generator: no more is needed here, and each run is the same. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Gilbert's model: bursts of `burst` packets on average, so that `share` of all are lost. */
function bursty(share: number, burst: number, next: () => number): () => boolean {
  const leave = 1 / burst;
  const enter = (share * leave) / (1 - share);
  let bad = false;
  return () => {
    bad = bad ? next() >= leave : next() < enter;
    return bad;
  };
}

export function networks(): Network[] {
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((seed) => chances(seed * 7_919)) as [
    () => number,
    () => number,
    () => number,
    () => number,
    () => number,
  ];
  const lost = bursty(0.1, 3, b);
  const lostToo = bursty(0.1, 3, d);
  return [
    { name: 'no loss', delayMs: () => 10 },
    { name: '5 % lost at random', delayMs: () => (a() < 0.05 ? null : 10) },
    { name: '10 % lost in bursts of 3', delayMs: () => (lost() ? null : 10) },
    { name: '40 ms of jitter', delayMs: () => 10 + 40 * c() },
    { name: '10 % in bursts, 40 ms of jitter', delayMs: () => (lostToo() ? null : 10 + 40 * e()) },
  ];
}
