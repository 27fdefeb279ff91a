/** How loud tracks are, measured here from the sound itself; a server's word on who speaks is not used. */
export interface Levels {
  add(name: string, track: MediaStreamTrack): void;
  remove(name: string): void;
  /** 0 to 1, where 1 is loud speech. */
  level(name: string): number;
}

interface Tap {
  readonly source: MediaStreamAudioSourceNode;
  readonly analyser: AnalyserNode;
}

/** -50 dB is the bottom of the meter and -10 dB its top. */
export function meterLevel(rms: number): number {
  if (rms <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(rms) + 50) / 40));
}

export function createLevels(context: AudioContext): Levels {
  const taps = new Map<string, Tap>();
  const samples = new Float32Array(512);
  const remove = (name: string): void => {
    taps.get(name)?.source.disconnect();
    taps.delete(name);
  };
  return {
    add(name, track) {
      remove(name);
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const analyser = context.createAnalyser();
      analyser.fftSize = samples.length;
      source.connect(analyser);
      taps.set(name, { source, analyser });
    },
    remove,
    level(name) {
      const tap = taps.get(name);
      if (tap === undefined) return 0;
      tap.analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      return meterLevel(Math.sqrt(sum / samples.length));
    },
  };
}
