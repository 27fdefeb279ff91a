import { describe, expect, it } from 'vitest';
import { JitterBuffer } from '../../../src/media/jitter/buffer.ts';

const frame = 160;
const perMs = 8;
/** A pitch period of 5 ms, as the listener takes it out or puts it in. */
const period = 40;

/** Uniform from 0 to 1, the same at each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Network {
  readonly seconds: number;
  /** How much faster the sender's clock runs than ours. */
  readonly ppm?: number;
  /** Of packet `n`, in ms; null: lost. */
  readonly transit: (n: number) => number | null;
}

interface Played {
  readonly atMs: number;
  /** From its sending, by the sender's clock turned into ours, to its playing. */
  readonly delayMs: number;
}

/** A listener who does what the buffer advises, on a network that does what `transit` says. */
function simulate({ seconds, ppm = 0, transit }: Network) {
  const jitter = new JitterBuffer<number>({
    ...{ initialTicks: 60 * perMs, mostTicks: 300 * perMs, maxLeadTicks: 1_000 * perMs },
    ...{ concealTicks: 80 * perMs, frameTicks: frame, maxPackets: 64, ticksOf: () => frame },
  });
  const sendMs = (n: number): number => 3.7 + (n * 20) / (1 + ppm / 1e6);
  const ticks = seconds * 50;
  const arrivals: { readonly n: number; readonly atMs: number }[] = [];
  const played: Played[] = [];
  let next = 0;
  let rest = 0;
  let sinceScaled = 0;
  let concealed = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const nowMs = tick * 20;
    for (; sendMs(next) <= nowMs; next++) {
      const ms = transit(next);
      if (ms !== null) arrivals.push({ n: next, atMs: sendMs(next) + ms });
    }
    const come = arrivals.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const { n, atMs } of come) {
      const sinceTick = (atMs - (nowMs - 20)) * perMs;
      jitter.push({ sequence: n & 0xffff, timestamp: (n * frame) >>> 0, payload: n }, sinceTick);
    }
    arrivals.splice(0, arrivals.length, ...arrivals.filter(({ atMs }) => atMs > nowMs));
    const { advice } = jitter;
    while (rest < frame) {
      const pulled = jitter.pull(frame - rest);
      let length = pulled.ticks;
      if (pulled.kind === 'concealed') concealed += 1;
      if (pulled.kind === 'frame') {
        played.push({ atMs: nowMs, delayMs: nowMs + rest / perMs - sendMs(pulled.payload) });
        sinceScaled += 1;
        const hurry = (jitter.spare ?? 0) > 3 * frame;
        if (advice === 'slower' || (advice === 'faster' && (hurry || sinceScaled >= 5))) {
          length += advice === 'faster' ? -period : period;
          sinceScaled = 0;
        }
      }
      rest += length;
    }
    rest -= frame;
    jitter.tick(rest);
  }
  const steady = played.filter(({ atMs }) => atMs > 30_000).map(({ delayMs }) => delayMs);
  return {
    played,
    concealed,
    counts: jitter.counts,
    least: Math.min(...steady.slice(0, 1), ...range(steady, Math.min)),
    most: Math.max(...range(steady, Math.max)),
    mean: steady.reduce((sum, ms) => sum + ms, 0) / steady.length,
    lost: 1 - played.length / next,
  };
}

/** In pieces: a call takes no half million arguments. */
function range(values: readonly number[], of: (...values: number[]) => number): number[] {
  return Array.from({ length: Math.ceil(values.length / 1_000) }, (_, i) =>
    of(...values.slice(i * 1_000, (i + 1) * 1_000)),
  );
}

describe('the delay of the jitter buffer', () => {
  it('is small where the network is steady: at most the wait for a tick and 15 ms', () => {
    const { most, concealed, lost } = simulate({ seconds: 60, transit: () => 1 });
    expect(most).toBeLessThan(36);
    expect(concealed).toBe(0);
    expect(lost).toBeLessThan(0.01);
  });

  it.each([200, -200])(
    'does not creep in three hours of clocks %i ppm apart, and nothing is concealed',
    (ppm) => {
      const { least, most, concealed, counts } = simulate({ seconds: 3 * 3_600, ppm, transit: () => 1 });
      expect(least).toBeGreaterThanOrEqual(0);
      expect(most).toBeLessThan(62);
      expect(concealed).toBeLessThan(10);
      expect(counts).toMatchObject({ late: 0, resynced: 0, trimmed: 0 });
    },
  );

  it('grows as the jitter needs it: 40 ms of it cost at most 2 % of the packets', () => {
    const random = dice(1);
    const { lost, most, concealed } = simulate({ seconds: 300, transit: () => 40 * random() });
    expect(lost).toBeLessThan(0.02);
    expect(concealed / (300 * 50)).toBeLessThan(0.02);
    expect(most).toBeLessThan(90);
  });

  it('comes down again after a bad spell', () => {
    const random = dice(2);
    const bad = (n: number): boolean => n > 1_500 && n < 2_500;
    const { counts } = simulate({ seconds: 60, transit: (n) => (bad(n) ? 120 * random() : 1) });
    const after = simulate({ seconds: 120, transit: (n) => (n < 1_400 && n > 400 ? 120 * random() : 1) });
    expect(counts.late).toBeLessThan(40);
    expect(after.mean).toBeLessThan(40);
  });

  it('does not grow by loss alone, which no delay cures', () => {
    const random = dice(3);
    const { mean, lost } = simulate({ seconds: 300, transit: () => (random() < 0.1 ? null : 1) });
    expect(mean).toBeLessThan(40);
    expect(lost).toBeLessThan(0.13);
  });

  it('is back within a second after two seconds in which nothing came', () => {
    const { most, counts } = simulate({
      seconds: 60,
      transit: (n) => (n >= 500 && n < 600 ? (600 - n) * 20 + 1 : 1),
    });
    expect(most).toBeLessThan(62);
    expect(counts.trimmed + counts.resynced).toBeLessThan(4);
  });

  /** In ms after `fromMs`, how long the delay stays above `delayMs`. */
  const above = (played: readonly Played[], fromMs: number, delayMs: number): number =>
    Math.max(
      fromMs,
      ...played.filter((one) => one.atMs > fromMs && one.delayMs > delayMs).map((one) => one.atMs),
    ) - fromMs;

  it.each([60, 100, 150, 200, 300, 1_000])(
    'is given back within 3 s after the network stood still for %i ms',
    (ms) => {
      const from = 750;
      const { played, concealed } = simulate({
        seconds: 30,
        transit: (n) => Math.max(1, n >= from ? (from - n) * 20 + ms : 1),
      });
      expect(above(played, from * 20 + ms, 45)).toBeLessThan(3_000);
      expect(concealed).toBeLessThan(8);
    },
  );

  it.each([80, 120])('is given back within 3 s after ten seconds of %i ms of jitter', (ms) => {
    const random = dice(4);
    const { played } = simulate({
      seconds: 30,
      transit: (n) => (n > 250 && n < 750 ? ms * random() : 1),
    });
    expect(above(played, 15_000, 45)).toBeLessThan(3_000);
  });

  it('stays up where the network stands still again and again', () => {
    const { played, concealed } = simulate({
      seconds: 60,
      transit: (n) => Math.max(1, 100 - (n % 40) * 20),
    });
    const steady = played.filter(({ atMs }) => atMs > 30_000);
    expect(Math.min(...steady.map(({ delayMs }) => delayMs))).toBeGreaterThan(60);
    expect(concealed).toBeLessThan(40);
  });
});
