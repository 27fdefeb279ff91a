import {
  frameLength,
  isWide,
  sampleRate,
  silentFrame,
  silentWideFrame,
  wideRate,
  type Frame,
} from '../audio/frame.ts';
import { meanSquare } from '../audio/speech-level.ts';
import { delayCount, EchoDelay } from './echo-delay.ts';
import { EchoPath } from './echo-path.ts';
import { Line, Spectra, type SentFrame } from './spectra.ts';
import { bandCount } from './spectrum.ts';

/** What comes below that is not looked at: -66 dBov. */
const heardAtAll = 32_768 ** 2 * 10 ** -6.6;
/** After the last sound that was sent nothing of it can be heard any more: the longest delay, and half a second of a room. */
const afterSound = delayCount + 25;
/** By so much more than echo and noise can be, on the average of the bands, a frame has the caller's voice in it. */
const talkDb = 0.8;
/** The same where nothing but the echo was heard in the last second. */
const beginDb = 2;
/** So like what was sent is what comes in the last second only where nobody talks over it: the loudest echo, talked over, reaches 0.40. */
const nothingElse = 0.45;
/** Between syllables and words. */
const talkFrames = 10;
/** In power: how much louder than expected the echo is taken to be, while the caller talks and while he does not. */
const headroomTalking = 1;
const headroomSilent = 6;
const leastGain = 10 ** (-30 / 20);
/** Of gains that fall: half way in a frame. Those that rise do so at once, for the sake of first syllables. */
const falling = 0.5;
/** Those that may be looked at, the one before the first of them, and the one that is sent now. */
const ownFrames = delayCount + 2;
/** Where nothing comes back, in frames. */
const lookEvery = 3;
const nothing = new Float64Array(bandCount);

/**
 * Takes out of what a phone sends what it was sent: a speakerphone that gives the room back to the room. Pure: its clock are the
 * frames, `heard` and then `sent` in each tick.
 *
 *   sent  -> spectrum -+-> delay -> path: how much of each band is echo
 *   heard -> spectrum -+----------> [ each band down to the noise of the line, where it is echo ] -> frame
 *
 * Until an echo has been found, frames pass untouched. From then on they come 12 ms late.
 */
export class EchoSuppressor {
  readonly #delay = new EchoDelay();
  readonly #path = new EchoPath();
  readonly #gains = new Float64Array(bandCount).fill(1);
  readonly #fill = new Float64Array(bandCount);
  readonly #spectra: Spectra;
  #line: Line;
  /** The latest that were sent, in turn, and how many of them have not been looked at yet. */
  readonly #recent: SentFrame[] = [];
  #nextRecent = 0;
  #unseen = 0;
  #sinceLook = 0;
  /** It is known that nothing of what was sent comes back: some frames are looked at, and nothing is learnt of its way. */
  #calm = false;
  #latest: SentFrame | null = null;
  /** Those that this phone alone was sent, in turn: memory is used again where no frame is to be looked at that needs it. */
  readonly #own: SentFrame[] = [];
  #turn = 0;
  #sinceSound = Infinity;
  #talk = 0;
  #late = false;

  constructor(spectra = new Spectra()) {
    this.#spectra = spectra;
    this.#line = new Line(sampleRate, spectra);
  }

  /** How loud what is sent comes back, in dB; null where no echo is heard. */
  get returnDb(): number | null {
    return this.#path.delay === null ? null : this.#path.returnDb;
  }

  /** What goes to the phone in this tick. Null is silence. `common`: others are sent this frame too, and it is not changed any more. */
  sent(frame: Frame | null, common = false): void {
    const { rate } = this.#line;
    const silent = frame?.length !== frameLength(rate);
    const sent = silent
      ? this.#spectra.common(rate === wideRate ? silentWideFrame : silentFrame, null)
      : common
        ? this.#spectra.common(frame, this.#latest)
        : this.#ownSent(frame);
    this.#latest = sent;
    this.#sinceSound = sent.loud ? 0 : this.#sinceSound + 1;
    if (this.#sinceSound > afterSound) {
      if (this.#sinceSound === afterSound + 1) this.#forgetSounds();
      return;
    }
    this.#recent[this.#nextRecent] = sent;
    this.#nextRecent = (this.#nextRecent + 1) % delayCount;
    this.#unseen = Math.min(delayCount, this.#unseen + 1);
  }

  /** What comes from the phone in this tick, and what of it is to be heard: the frame itself, or one that is valid until the next call. */
  heard(frame: Frame | null): Frame | null {
    if (frame !== null && frame.length !== frameLength(this.#line.rate)) this.#retune(frame);
    const line = this.#line;
    const loud = this.#sinceSound <= afterSound && frame !== null && meanSquare(frame) >= heardAtAll;
    const looked = loud && this.#isTime();
    if (looked) this.#look(frame);
    if (this.#path.delay === null) {
      line.keep(loud ? frame : null);
      return frame;
    }
    const echo = looked && this.#weigh();
    const late = echo ? line.shaped(this.#gains, this.#fill) : line.unchanged(frame);
    line.keep(frame);
    if (frame === null) return null;
    const known = this.#late;
    this.#late = true;
    return known ? late : blended(frame, late);
  }

  #ownSent(frame: Frame): SentFrame {
    const sent = this.#spectra.own(frame, this.#latest, this.#own[this.#turn] ?? null);
    this.#own[this.#turn] = sent;
    this.#turn = (this.#turn + 1) % ownFrames;
    return sent;
  }

  /** Whether this frame is to be looked at: each of them, until it is known that nothing comes back. */
  #isTime(): boolean {
    this.#sinceLook += 1;
    const calm = this.#path.delay === null && this.#delay.nothingBack;
    // What was kept of before has a gap behind it.
    if (this.#calm && !calm) this.#path.forgetSounds();
    this.#calm = calm;
    if (calm && this.#sinceLook < lookEvery) return false;
    this.#sinceLook = 0;
    return true;
  }

  #look(frame: Frame): void {
    for (let ago = this.#unseen; ago > 1; ago--) this.#pass(this.#sentAgo(ago));
    const sent = this.#unseen > 0 ? this.#sentAgo(1) : nothing;
    this.#unseen = 0;
    // After what was sent: its transform is kept until the frame is shaped.
    this.#line.look(frame);
    const heard = this.#line.powers;
    if (!this.#calm) this.#path.push(sent, heard);
    const known = this.#path.delay;
    this.#delay.push(sent, heard);
    const { best } = this.#delay;
    if (best !== null && (known === null || Math.abs(best - known) > 1)) this.#path.begin(best);
  }

  /** It was sent, and what was heard then was too soft, or nobody looked at it. */
  #pass(sent: Float64Array): void {
    this.#delay.push(sent, null);
    if (this.#calm) return;
    this.#path.push(sent, null);
    if (this.#path.delay !== null) this.#path.learn();
  }

  /** What was sent so many ticks ago, as far as it was kept. */
  #sentAgo(ago: number): Float64Array {
    return this.#recent[(this.#nextRecent - ago + delayCount) % delayCount]?.powers ?? nothing;
  }

  /** Sets the gains of this frame; false where all of them are one. */
  #weigh(): boolean {
    const { echo, noise } = this.#path;
    const alone = this.#delay.score(this.#path.delay ?? 0) > nothingElse;
    if (this.#path.unexplainedDb > (alone ? beginDb : talkDb)) this.#talk = talkFrames;
    else this.#talk = Math.max(0, this.#talk - 1);
    if (this.#talk === 0 || alone) this.#path.learn();
    const headroom = this.#talk > 0 ? headroomTalking : headroomSilent;
    const heard = this.#line.powers;
    let changed = false;
    for (let band = 0; band < bandCount; band++) {
      const power = heard[band] ?? 0;
      const expected = (echo[band] ?? 0) * headroom;
      const floor = noise[band] ?? 0;
      const wanted = expected < floor ? 1 : Math.sqrt(Math.max(0, 1 - expected / Math.max(1, power)));
      const before = this.#gains[band] ?? 1;
      const gain = Math.max(leastGain, wanted > before ? wanted : before + (wanted - before) * falling);
      this.#gains[band] = gain > 0.99 ? 1 : gain;
      this.#fill[band] = Math.max(0, Math.min(floor * (1 - gain * gain), floor - gain * gain * power));
      changed ||= gain <= 0.99;
    }
    return changed;
  }

  #forgetSounds(): void {
    this.#recent.length = 0;
    this.#nextRecent = 0;
    this.#unseen = 0;
    this.#delay.reset();
    this.#path.forgetSounds();
    this.#gains.fill(1);
    this.#talk = 0;
  }

  /** The phone's codec is another one: its echo is looked for again. */
  #retune(frame: Frame): void {
    this.#line = new Line(isWide(frame) ? wideRate : sampleRate, this.#spectra);
    this.#latest = null;
    this.#path.end();
    this.#late = false;
    this.#forgetSounds();
    this.#sinceSound = Infinity;
  }
}

/** From one to the other within the frame, into the second. */
function blended(from: Frame, to: Frame): Frame {
  const { length } = to;
  for (let i = 0; i < length; i++)
    to[i] = Math.round(((from[i] ?? 0) * (length - i) + (to[i] ?? 0) * i) / length);
  return to;
}
