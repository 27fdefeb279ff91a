/** What turns synthesized speech into a telephone prompt. All PCM: 8 kHz, mono, 16 bit. */
const rate = 8_000;
const frame = 160;

/**
 * RMS of active speech at -16 dBm0. A full-scale sine is +3.14 dBm0 in G.711 (ITU-T G.711 §3, µ-law 3.17), so this is
 * 19.14 dB below a full-scale sine's RMS of 32767 / sqrt(2).
 */
const speechRms = (32_767 / Math.SQRT2) * 10 ** (-19.14 / 20);
/** Peaks are held below this, so that nothing clips in a codec behind us. */
const highestPeak = 28_000;

function rms(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, pcm.length));
}

function frames(pcm: Int16Array): Int16Array[] {
  return Array.from({ length: Math.floor(pcm.length / frame) }, (_, i) =>
    pcm.subarray(i * frame, (i + 1) * frame),
  );
}

const isActive = (part: Int16Array, loudest: number): boolean => rms(part) > loudest * 0.03;

/** Without the silence at both ends. */
export function trimmed(pcm: Int16Array): Int16Array {
  const parts = frames(pcm);
  const loudest = Math.max(...parts.map(rms));
  const first = parts.findIndex((part) => isActive(part, loudest));
  const last = parts.findLastIndex((part) => isActive(part, loudest));
  return first < 0 ? pcm.subarray(0, 0) : pcm.slice(first * frame, (last + 1) * frame);
}

/** Scaled so that its active speech stands at -16 dBm0 (in the manner of ITU-T P.56: pauses do not count). */
export function levelled(pcm: Int16Array): Int16Array {
  const parts = frames(pcm);
  const loudest = Math.max(...parts.map(rms));
  const active = parts.filter((part) => isActive(part, loudest));
  const level = Math.sqrt(active.reduce((sum, part) => sum + rms(part) ** 2, 0) / Math.max(1, active.length));
  const peak = pcm.reduce((top, sample) => Math.max(top, Math.abs(sample)), 1);
  const gain = Math.min(speechRms / Math.max(1, level), highestPeak / peak);
  return pcm.map((sample) => Math.round(sample * gain));
}

const silenceMs = { sentence: { before: 80, after: 160 }, word: { before: 20, after: 20 } } as const;

/**
 * With silence around it, in whole 20 ms frames, so that prompts follow each other without a click: 80 ms before and 160 ms
 * after a sentence, 20 ms around a word of one. The ends of the speech itself rise and fall over 5 ms.
 */
export function framed(pcm: Int16Array, as: keyof typeof silenceMs = 'sentence'): Int16Array {
  const { before, after } = silenceMs[as];
  const start = (before * rate) / 1_000;
  const length = Math.ceil((start + pcm.length + (after * rate) / 1_000) / frame) * frame;
  const out = new Int16Array(length);
  const ramp = Math.min(rampSamples, pcm.length >> 1);
  pcm.forEach((sample, i) => {
    const edge = Math.min(i, pcm.length - 1 - i);
    out[start + i] = edge < ramp ? Math.round((sample * edge) / ramp) : sample;
  });
  return out;
}

const rampSamples = 40;

/**
 * The lobby's sound, 6 s to be looped: two soft notes, 440 and 554 Hz, 1 s apart, fading out, about -28 dBm0 at their
 * loudest. Silence would make callers hang up; music would cost their attention.
 */
export function lobbySound(): Int16Array {
  const pcm = new Int16Array(6 * rate);
  for (const [hz, startS] of [
    [440, 0],
    [554, 1],
  ] as const) {
    for (let i = 0; i < 2.5 * rate; i++) {
      const t = i / rate;
      const envelope = Math.min(1, t / 0.05) * Math.exp(-1.6 * t);
      const at = Math.round(startS * rate) + i;
      pcm[at] = (pcm[at] ?? 0) + Math.round(900 * envelope * Math.sin(2 * Math.PI * hz * t));
    }
  }
  return pcm;
}

/** A RIFF/WAVE file: PCM, one channel, 8 kHz, 16 bit, with no further chunks. */
export function wav(pcm: Int16Array): Buffer {
  const data = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
