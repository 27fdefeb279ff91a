/** Calls a host back to a background tab: a chime and a flashing title, until the answer or until the tab is seen. */
export interface Attention {
  /** Idempotent. */
  raise(): void;
  lower(): void;
}

export interface AttentionOptions {
  readonly document: Document;
  /** In the language in use. */
  flashText(): string;
  after(ms: number, fn: () => void): () => void;
  /** Null until a click has allowed sound. */
  audio(): AudioContext | null;
}

/** Two soft notes, the second higher, 0.5 s in all. */
function chime(context: AudioContext): void {
  for (const [start, hertz] of [
    [0, 659],
    [0.16, 880],
  ] as const) {
    const at = context.currentTime + start;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.type = 'sine';
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.12, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.34);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.36);
  }
}

export function createAttention(options: AttentionOptions): Attention {
  const { document } = options;
  let title: string | null = null;
  let cancel: (() => void) | null = null;
  const step = (flash: boolean): void => {
    if (title === null) return;
    document.title = flash && document.hidden ? options.flashText() : title;
    cancel = options.after(1000, () => step(!flash));
  };
  return {
    raise() {
      if (title !== null) return;
      title = document.title;
      const context = options.audio();
      if (context?.state === 'running') chime(context);
      step(true);
    },
    lower() {
      if (title === null) return;
      cancel?.();
      document.title = title;
      title = null;
    },
  };
}
