import { peakAt } from './tone.ts';

/** Where a recording at 8 kHz has the two notes by which a room announces a caller, in samples: 440 and 554 Hz, 120 ms each. */
const [low, high] = [440, 554] as const;
const note = 960;
/** Of a note without its ends. */
const window = 720;
const step = 80;
const quietest = 900;

export function announcedIn(samples: Int16Array): { readonly joined: number[]; readonly left: number[] } {
  const joined: number[] = [];
  const left: number[] = [];
  for (let at = 0; at + note + window <= samples.length; at += step) {
    const first = noteAt(samples, at);
    const second = first === null ? null : noteAt(samples, at + note);
    if (first === second || second === null) continue;
    (first === low ? joined : left).push(at);
    at += 2 * note;
  }
  return { joined, left };
}

function noteAt(samples: Int16Array, at: number): number | null {
  const part = samples.subarray(at, at + window);
  const [l, h] = [peakAt(low, part), peakAt(high, part)];
  if (Math.max(l, h) < quietest) return null;
  if (l > 3 * h) return low;
  return h > 3 * l ? high : null;
}
