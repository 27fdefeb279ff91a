import OpusScript from 'opusscript';

/** Tones, for telling who hears whom from the audio itself. */
const rate = 48_000;

/** `samples` of a tone from sample number `from` on, 16 bit. Null: silence. */
export function tone(hz: number | null, from: number, samples: number, amplitude = 8_000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    hz === null ? 0 : Math.round(amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / rate)),
  );
}

/** One second of it as a WAV file, which loops without a seam for whole hertz. */
export function toneWav(hz: number | null): Buffer {
  const pcm = Buffer.from(tone(hz, 0, rate).buffer);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // mono
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}

/** The amplitude of `hz` in `pcm` (Goertzel's filter), in the unit of the samples. */
export function amplitudeOf(hz: number, pcm: Int16Array): number {
  const k = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [s1, s2] = [0, 0];
  for (const sample of pcm) [s1, s2] = [sample + k * s1 - s2, s1];
  return pcm.length === 0 ? 0 : (2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - k * s1 * s2))) / pcm.length;
}

/** libopus as WebAssembly, used by tests only as an implementation that is not the one under test. */
export class OpusTone {
  readonly #opus = new OpusScript(rate, 1, OpusScript.Application.VOIP);
  readonly #heard: Int16Array[] = [];
  #sent = 0;

  /** The next 20 ms of a tone. */
  next(hz: number): Buffer {
    const pcm = tone(hz, this.#sent, 960);
    this.#sent += 960;
    return Buffer.from(this.#opus.encode(Buffer.from(pcm.buffer), 960));
  }

  hear(frame: Buffer): void {
    const pcm = this.#opus.decode(frame);
    this.#heard.push(new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length)));
    if (this.#heard.length > 100) this.#heard.shift();
  }

  /** Amplitudes in the last half second. */
  amplitudes(hzs: readonly number[]): number[] {
    const recent = this.#heard.slice(-25);
    const pcm = Int16Array.from(recent.flatMap((part) => [...part]));
    return hzs.map((hz) => Math.round(amplitudeOf(hz, pcm)));
  }

  forget(): void {
    this.#heard.length = 0;
  }

  close(): void {
    this.#opus.delete();
  }
}
