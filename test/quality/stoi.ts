/**
 * Short-time objective intelligibility: C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, "An Algorithm for Intelligibility
 * Prediction of Time-Frequency Weighted Noisy Speech", IEEE Trans. ASLP 19(7), 2011. About 0 (nothing understood) to 1 (everything);
 * above some 0.75 nearly all words of running speech are understood. Checked against pystoi 0.4.1 (test/unit/quality).
 */
const rate = 10_000;
const frame = 256;
const hop = 128;
const fftSize = 512;
const bands = 15;
const lowestHertz = 150;
/** 30 frames, 384 ms. */
const segment = 30;
const dynamicRangeDb = 40;
/** The lower bound of the signal-to-distortion ratio, in dB. */
const clipDb = -15;
/** Added where something is divided by what may be nothing, as numerical code does. */
const eps = Number.EPSILON;

/** Both at `hertz` samples a second, of the same length and aligned. @throws RangeError where there are fewer than 384 ms of speech */
export function stoi(clean: Float64Array, degraded: Float64Array, hertz: number): number {
  const [x, y] = withoutSilence(resampled(clean, hertz, rate), resampled(degraded, hertz, rate));
  const [cleanBands, degradedBands] = [bandsOf(x), bandsOf(y)];
  const frames = cleanBands.length;
  if (frames < segment) throw new RangeError('too little speech for a score');
  const clip = 10 ** (-clipDb / 20);
  let sum = 0;
  for (let end = segment; end <= frames; end++) {
    for (let band = 0; band < bands; band++) {
      const of = (all: readonly Float64Array[]): number[] =>
        all.slice(end - segment, end).map((each) => each[band] ?? 0);
      sum += correlation(of(cleanBands), of(degradedBands), clip);
    }
  }
  return sum / (bands * (frames - segment + 1));
}

function correlation(clean: readonly number[], degraded: readonly number[], clip: number): number {
  const scale = norm(clean) / (norm(degraded) + eps);
  const clipped = degraded.map((value, i) => Math.min(value * scale, (clean[i] ?? 0) * (1 + clip)));
  const [x, y] = [centred(clean), centred(clipped)];
  const product = x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return product / ((norm(x) + eps) * (norm(y) + eps));
}

const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.map((value) => value - mean);
}

/** MATLAB's `hanning`: no zeros at its ends. */
const window = Float64Array.from(
  { length: frame },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (frame + 1)),
);

/** Frames whose clean energy is more than 40 dB below the loudest are taken out of both; the rest is put together again. */
function withoutSilence(clean: Float64Array, degraded: Float64Array): [Float64Array, Float64Array] {
  const starts: number[] = [];
  for (let at = 0; at < clean.length - frame; at += hop) starts.push(at);
  const energies = starts.map((at) => {
    let sum = 0;
    for (let i = 0; i < frame; i++) sum += ((clean[at + i] ?? 0) * (window[i] ?? 0)) ** 2;
    return 20 * Math.log10(Math.sqrt(sum) + eps);
  });
  const floor = Math.max(...energies) - dynamicRangeDb;
  const kept = starts.filter((_, i) => (energies[i] ?? 0) > floor);
  const joined = (signal: Float64Array): Float64Array => {
    const out = new Float64Array(Math.max(0, kept.length - 1) * hop + frame);
    for (const [n, at] of kept.entries())
      for (let i = 0; i < frame; i++)
        out[n * hop + i] = (out[n * hop + i] ?? 0) + (signal[at + i] ?? 0) * (window[i] ?? 0);
    return out;
  };
  return [joined(clean), joined(degraded)];
}

/** Magnitudes of the one-third octave bands, a frame each 12.8 ms. */
function bandsOf(signal: Float64Array): Float64Array[] {
  const edges = bandEdges();
  const frames: Float64Array[] = [];
  for (let at = 0; at < signal.length - frame; at += hop) {
    const re = new Float64Array(fftSize);
    const im = new Float64Array(fftSize);
    for (let i = 0; i < frame; i++) re[i] = (signal[at + i] ?? 0) * (window[i] ?? 0);
    fft(re, im);
    frames.push(
      Float64Array.from(edges, ([from, to]) => {
        let sum = 0;
        for (let bin = from; bin < to; bin++) sum += (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2;
        return Math.sqrt(sum);
      }),
    );
  }
  return frames;
}

function bandEdges(): [number, number][] {
  const nearest = (hertz: number): number => Math.round((hertz * fftSize) / rate);
  return Array.from({ length: bands }, (_, k) => [
    nearest(lowestHertz * 2 ** ((2 * k - 1) / 6)),
    nearest(lowestHertz * 2 ** ((2 * k + 1) / 6)),
  ]);
}

/** In place, radix 2. */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let length = 2; length <= n; length *= 2) {
    const angle = (-2 * Math.PI) / length;
    for (let start = 0; start < n; start += length) {
      for (let k = 0; k < length / 2; k++) {
        const [c, s] = [Math.cos(angle * k), Math.sin(angle * k)];
        const [a, b] = [start + k, start + k + length / 2];
        const [x, y] = [re[b] ?? 0, im[b] ?? 0];
        const [tr, ti] = [x * c - y * s, x * s + y * c];
        [re[b], im[b]] = [(re[a] ?? 0) - tr, (im[a] ?? 0) - ti];
        [re[a], im[a]] = [(re[a] ?? 0) + tr, (im[a] ?? 0) + ti];
      }
    }
  }
}

/** A windowed sinc of 64 zero crossings: flat far beyond what a codec leaves. */
export function resampled(signal: Float64Array, from: number, to: number): Float64Array {
  if (from === to) return signal;
  const cutoff = 0.95 * Math.min(1, to / from);
  const reach = Math.ceil(32 / cutoff);
  return Float64Array.from({ length: Math.floor((signal.length * to) / from) }, (_, n) => {
    const centre = (n * from) / to;
    const first = Math.floor(centre) - reach;
    let sum = 0;
    for (let i = first; i <= first + 2 * reach + 1; i++) {
      const t = (i - centre) * cutoff;
      if (Math.abs(t) > 32) continue;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      sum += (signal[i] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / 32));
    }
    return sum * cutoff;
  });
}
