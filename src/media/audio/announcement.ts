import { sampleRate, samplesPerFrame, wideFrame, wideRate, type Frame, type PcmRate } from './frame.ts';
import { Doubler } from './resample.ts';

/**
 * What a room hears when a caller joins or leaves: whole frames, ready at both rates, because it is laid over the caller's own
 * track and that has the rate of his codec.
 */
export interface Announcement {
  readonly narrow: Int16Array;
  readonly wide: Int16Array;
}

export interface Announcements {
  readonly joined: Announcement;
  readonly left: Announcement;
  /** For the last one, whose bridge leaves with him: it may not take as long as `left`. */
  readonly lastLeft: Announcement;
}

/**
 * Two soft notes, a major third, up for one who joins and down for one who leaves. They lie below the tones of DTMF (697 Hz and
 * up) and within what every telephone carries. At the level of the voices in a room, -26 dBov.
 */
const notesHz = [440, 554] as const;
const noteMs = 120;
/** Rise and fall of each note: no click, and no gap that would be heard as one. */
const rampMs = 10;
const peak = 32_768 * 10 ** (-26 / 20) * Math.SQRT2;

/** Recordings stand at -16 dBm0, which is -22 dBov: 4 dB above the voices of a room. */
const recordingGain = 10 ** (-4 / 20);

export function announcementTones(): Announcements {
  const [low, high] = notesHz;
  const left = tones([high, low]);
  return { joined: tones([low, high]), left, lastLeft: left };
}

/** `joined` and `left`: recordings at 8 kHz. */
export function spokenAnnouncements(joined: Int16Array, left: Int16Array): Announcements {
  return { joined: spoken(joined), left: spoken(left), lastLeft: announcementTones().left };
}

/** 20 ms of it, `at` counted in frames; null after its end. Shared: nobody writes to it. */
export function announcementFrame({ narrow, wide }: Announcement, at: number, rate: PcmRate): Frame | null {
  const [pcm, length] = rate === wideRate ? [wide, wideFrame] : [narrow, samplesPerFrame];
  return (at + 1) * length > pcm.length ? null : pcm.subarray(at * length, (at + 1) * length);
}

function tones(hz: readonly number[]): Announcement {
  return { narrow: notes(hz, sampleRate), wide: notes(hz, wideRate) };
}

function notes(hz: readonly number[], rate: PcmRate): Int16Array {
  const length = (noteMs * rate) / 1_000;
  const ramp = (rampMs * rate) / 1_000;
  const pcm = new Int16Array(length * hz.length);
  hz.forEach((note, n) => {
    for (let i = 0; i < length; i++) {
      const edge = Math.min(1, Math.min(i, length - 1 - i) / ramp);
      const envelope = (1 - Math.cos(Math.PI * edge)) / 2;
      pcm[n * length + i] = Math.round(peak * envelope * Math.sin((2 * Math.PI * note * i) / rate));
    }
  });
  return pcm;
}

function spoken(recording: Int16Array): Announcement {
  const narrow = new Int16Array(Math.ceil(recording.length / samplesPerFrame) * samplesPerFrame);
  recording.forEach((sample, i) => (narrow[i] = Math.round(sample * recordingGain)));
  const wide = new Int16Array(2 * narrow.length);
  new Doubler(narrow.length).push(narrow, wide);
  return { narrow, wide };
}
