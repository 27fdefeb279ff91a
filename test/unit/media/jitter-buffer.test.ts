import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitterBuffer, type Pulled } from '../../../src/media/jitter/buffer.ts';

const frame = 160;
const delay = 3 * frame;

const buffer = (initialTicks = delay): JitterBuffer<number> =>
  new JitterBuffer<number>({
    initialTicks,
    mostTicks: 15 * frame,
    maxLeadTicks: 20 * frame,
    concealTicks: 4 * frame,
    frameTicks: frame,
    maxPackets: 32,
    ticksOf: () => frame,
  });

/** Packet `n` of a stream; its payload is its number. */
const nth = (n: number, first = 0) => ({
  sequence: n & 0xffff,
  timestamp: (first + n * frame) >>> 0,
  payload: n,
});

const heard = (pulled: Pulled<number>): number | string =>
  pulled.kind === 'frame' ? pulled.payload : pulled.kind;

/** One listener's tick. */
function tick(jitter: JitterBuffer<number>): number | string {
  const pulled = heard(jitter.pull(frame));
  jitter.tick(0);
  return pulled;
}

function pull(jitter: JitterBuffer<number>, times: number): (number | string)[] {
  return Array.from({ length: times }, () => tick(jitter));
}

/** Each tick one packet arrives, one frame is pulled. */
function flow(jitter: JitterBuffer<number>, arrivals: readonly (readonly number[])[]): (number | string)[] {
  return arrivals.map((ns) => {
    for (const n of ns) jitter.push(nth(n));
    return tick(jitter);
  });
}

const quiet = 'silence';

describe('the jitter buffer', () => {
  it('plays a steady stream one delay later, in order, across the wrap of the timestamp', () => {
    const jitter = buffer();
    const first = 2 ** 32 - 5 * frame;
    const out = Array.from({ length: 10 }, (_, n) => {
      jitter.push(nth(n, first));
      return tick(jitter);
    });
    expect(out).toEqual([quiet, quiet, quiet, 0, 1, 2, 3, 4, 5, 6]);
  });

  it('puts order back, also before the first', () => {
    expect(flow(buffer(), [[1], [0], [3], [2], [5, 4], [6], [7]])).toEqual([quiet, quiet, 0, 1, 2, 3, 4]);
  });

  it('conceals what is lost, and plays what comes just in time', () => {
    expect(flow(buffer(), [[0], [], [1], [3], [4], [5]])).toEqual([quiet, quiet, quiet, 0, 1, 'concealed']);
  });

  it('has what is missing made up in whole frames, however little of it the listener still needs', () => {
    const jitter = buffer();
    flow(jitter, [[0], [1], [3], [4], [5]]);
    // Lost, with the one behind it there; and then nothing there at all. 50 samples are left of the tick.
    expect(jitter.pull(50)).toEqual({ kind: 'concealed', ticks: frame, next: 3 });
    flow(jitter, [[], [], []]);
    expect(jitter.pull(50)).toEqual({ kind: 'concealed', ticks: frame, next: null });
  });

  it('does not take for delay what it waits for in vain: what comes behind a lost packet is not hurried', () => {
    // Each packet comes just before its turn, and one in ten never.
    const jitter = buffer(0);
    const advice = Array.from({ length: 200 }, (_, n) => {
      if (n % 10 !== 9) jitter.push(nth(n));
      const before = jitter.advice;
      return [tick(jitter), before];
    });
    expect(advice.filter(([heard]) => heard === 'concealed')).toHaveLength(20);
    expect(advice.map(([, before]) => before)).not.toContain('faster');
  });

  it('drops what comes after its turn, and counts it', () => {
    const jitter = buffer();
    flow(jitter, [[0], [1], [3], [4], [5], [6]]);
    expect(jitter.push(nth(2))).toBe('late');
    expect(jitter.counts.late).toBe(1);
  });

  it('counts duplicates and plays them once', () => {
    const jitter = buffer();
    expect(flow(jitter, [[0, 0], [1, 1], [2], [3], [0, 1], [4]])).toEqual([quiet, quiet, quiet, 0, 1, 2]);
    expect(jitter.counts.duplicate).toBe(3);
    expect(jitter.counts.late).toBe(1);
  });

  it('tells a pause from a loss by the sequence numbers', () => {
    const jitter = buffer();
    jitter.push({ sequence: 1, timestamp: 0, payload: 1 });
    jitter.push({ sequence: 2, timestamp: 3 * frame, payload: 2 });
    jitter.push({ sequence: 4, timestamp: 5 * frame, payload: 4 });
    expect(pull(jitter, 9)).toEqual([quiet, quiet, quiet, 1, quiet, quiet, 2, 'concealed', 4]);
  });

  it('falls silent when nothing comes, and starts with the full delay when it comes back', () => {
    const jitter = buffer();
    flow(jitter, [[0], [], [], []]);
    expect(pull(jitter, 8)).toEqual([...Array<string>(4).fill('concealed'), ...Array<string>(4).fill(quiet)]);
    jitter.push(nth(500));
    expect(pull(jitter, 4)).toEqual([quiet, quiet, quiet, 500]);
  });

  it('follows a sender that jumps ahead, or back', () => {
    const jitter = buffer();
    flow(jitter, [[0], [1], [2], [3]]);
    jitter.push(nth(100_000));
    expect(pull(jitter, 4)).toEqual([quiet, quiet, quiet, 100_000]);
    for (let n = 0; n < 5; n++) jitter.push(nth(n));
    expect(jitter.counts.resynced).toBe(2);
    expect(pull(jitter, 4)).toEqual([quiet, quiet, quiet, 4]);
  });

  it('asks to be played faster where there is delay that nobody needs, and not otherwise', () => {
    const jitter = buffer();
    flow(jitter, [[0], [], [], [], [], [1, 2, 3, 4, 5, 6, 7]]);
    expect(jitter.advice).toBeNull();
    for (let n = 8; n < 8 + 100; n++) flow(jitter, [[n]]);
    expect(jitter.advice).toBe('faster');
  });

  it('keeps no backlog while nobody listens: the first listener hears now, not a second ago', () => {
    const jitter = buffer();
    for (let n = 0; n < 500; n++) jitter.push(nth(n));
    expect(jitter.size).toBe(1);
    expect(pull(jitter, 4)).toEqual([quiet, quiet, quiet, 499]);
  });

  it('gives back in one step what a single late burst has cost', () => {
    const jitter = buffer();
    flow(jitter, [[0], [1], [2], [3]]);
    flow(
      jitter,
      Array.from({ length: 9 }, () => []),
    );
    flow(jitter, [[4, 5, 6, 7, 8, 9, 10, 11, 12, 13]]);
    for (let n = 14; n < 14 + 600; n++) flow(jitter, [[n]]);
    expect(jitter.size).toBeLessThanOrEqual(4);
  });

  it('takes packets of any length', () => {
    const jitter = new JitterBuffer<number>({
      initialTicks: 0,
      mostTicks: 4_000,
      maxLeadTicks: 4_000,
      concealTicks: frame,
      frameTicks: frame,
      maxPackets: 8,
      ticksOf: (ticks) => ticks,
    });
    jitter.push({ sequence: 0, timestamp: 0, payload: 80 });
    jitter.push({ sequence: 1, timestamp: 80, payload: 240 });
    expect(jitter.push({ sequence: 2, timestamp: 320, payload: 0 })).toBe('refused');
    expect([jitter.pull(frame), jitter.pull(80)]).toEqual([
      { kind: 'frame', payload: 80, ticks: 80 },
      { kind: 'frame', payload: 240, ticks: 240 },
    ]);
  });

  it('whatever is pushed: bounded, never short of samples, and it recovers', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (jumps) => {
        const jitter = buffer();
        jumps.forEach((jump, n) => {
          if (jump !== null) jitter.push(nth(n + jump));
          expect(jitter.size).toBeLessThanOrEqual(32);
          const { ticks } = jitter.pull(frame);
          expect(ticks > 0 && ticks <= frame).toBe(true);
        });
        const steady = flow(
          jitter,
          Array.from({ length: 400 }, (_, i) => [10_000 + i]),
        );
        expect(steady.slice(50)).toEqual(Array.from({ length: 350 }, (_, i) => (steady[50] as number) + i));
      }),
    );
  });

  it('plays nothing twice and nothing out of order, whatever is lost, doubled and late', () => {
    const fate = fc.record({ late: fc.integer({ min: 0, max: 7 }), copies: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.property(fc.array(fate, { minLength: 10, maxLength: 200 }), (fates) => {
        const jitter = buffer();
        const arrivals: number[][] = Array.from({ length: fates.length + 16 }, () => []);
        fates.forEach(({ late, copies }, n) => arrivals[n + late]?.push(...Array<number>(copies).fill(n)));
        const played = flow(jitter, arrivals).filter((one) => typeof one === 'number');
        // Five late ones in a row move the clock back on purpose; that is another test's.
        fc.pre(jitter.counts.resynced === 0);
        expect(played).toEqual([...new Set(played)].sort((a, b) => a - b));
      }),
    );
  });

  it('plays every packet that comes within the delay, however it is shuffled', () => {
    // Each packet is 0 to 2 ticks late; the delay covers three.
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 10, maxLength: 200 }), (lateness) => {
        const jitter = buffer();
        const arrivals: number[][] = Array.from({ length: lateness.length + 4 }, () => []);
        [0, ...lateness].forEach((late, n) => arrivals[n + late]?.push(n));
        const played = flow(jitter, arrivals).filter((one) => typeof one === 'number');
        expect(played).toEqual(Array.from({ length: lateness.length + 1 }, (_, n) => n));
        expect(jitter.counts).toMatchObject({ late: 0, concealed: 0 });
      }),
    );
  });
});
