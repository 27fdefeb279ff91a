import { describe, expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { Doubler } from '../../../src/media/audio/resample.ts';
import { Fourier } from '../../../src/media/echo/fourier.ts';
import { Spectra } from '../../../src/media/echo/spectra.ts';
import { EchoSuppressor } from '../../../src/media/echo/suppressor.ts';
import type { MediaLeg } from '../../../src/media/leg.ts';
import type { PromptLibrary } from '../../../src/media/prompts/library.ts';
import { Voice } from '../../../src/media/voice.ts';
import { LegSession } from '../../../src/worker/leg-session.ts';
import { stoi } from '../../quality/stoi.ts';
import {
  decibels,
  dice,
  echoOf,
  lineNoise,
  powerOf,
  together,
  voiceOf,
  type Speakerphone,
} from '../../support/speakerphone.ts';

const rate = 8_000;
const frame = 160;
const seconds = 20;
/** A frame whose echo is known comes so much later. */
const late = 96;
/** By then the echo has been found. */
const settled = 5 * rate;
const room = voiceOf('en', seconds);
const caller = voiceOf('de', seconds);
const noise = lineNoise(room.length, -62);
const phone: Speakerphone = { delayMs: 180, echoDb: -10, reverberationMs: 300 };

/** What is heard of a phone that sends `from` while it is sent `sent`. */
function heardOf(sent: Int16Array, from: Int16Array, size = frame, suppressor = new EchoSuppressor()) {
  const out = new Int16Array(from.length);
  let untouched = true;
  for (let at = 0; at + size <= Math.min(sent.length, from.length); at += size) {
    const given = from.subarray(at, at + size);
    const heard = suppressor.heard(given);
    untouched &&= heard === given;
    out.set(heard ?? [], at);
    suppressor.sent(sent.subarray(at, at + size));
  }
  return { out, untouched, suppressor };
}

/** By how much the echo is softer: frames that are louder than the noise, their noise left out. */
function attenuationDb(
  echo: Float64Array,
  out: Int16Array,
  from: number,
  to: number,
  noiseDbov: number,
): number {
  const floor = 32_768 ** 2 * 10 ** (noiseDbov / 10);
  let [came, stayed] = [0, 0];
  for (let at = from; at + frame + late <= to; at += frame) {
    const power = powerOf(echo, at, frame);
    if (power < floor) continue;
    came += power;
    stayed += Math.max(0, powerOf(out, at + late, frame) - floor);
  }
  return decibels(came) - decibels(Math.max(stayed, came / 1e6));
}

const unit = (pcm: Int16Array, shift = 0): Float64Array =>
  Float64Array.from(pcm.subarray(settled + shift, settled + 6 * rate + shift), (sample) => sample / 32_768);

describe('the transform', () => {
  it('is the sum that defines it', () => {
    const fourier = new Fourier(16);
    const next = dice(3);
    const given = Array.from({ length: 16 }, () => [next() - 0.5, next() - 0.5] as const);
    const [re, im] = [new Float64Array(16), new Float64Array(16)];
    for (const [n, [x, y]] of given.entries()) [re[fourier.placeOf[n]!], im[fourier.placeOf[n]!]] = [x, y];
    fourier.transform(re, im);
    for (let k = 0; k < 16; k++) {
      let [a, b] = [0, 0];
      for (const [n, [x, y]] of given.entries()) {
        const angle = (-2 * Math.PI * k * n) / 16;
        a += x * Math.cos(angle) - y * Math.sin(angle);
        b += x * Math.sin(angle) + y * Math.cos(angle);
      }
      expect(re[k]).toBeCloseTo(a, 10);
      expect(im[k]).toBeCloseTo(b, 10);
    }
  });
});

describe('a phone without an echo', () => {
  it.each([
    ['en', 'de'],
    ['en', 'fr'],
    ['es', 'de'],
  ])(
    'is passed on untouched, frame by frame, while %s in the room and %s on the phone talk at once',
    (a, b) => {
      const { untouched, suppressor } = heardOf(
        voiceOf(a, 40),
        together(voiceOf(b, 40), lineNoise(40 * rate, -60)),
      );
      expect(untouched).toBe(true);
      expect(suppressor.returnDb).toBe(null);
    },
  );

  it('is passed on untouched in a silent room, whatever it sends', () => {
    expect(heardOf(new Int16Array(caller.length), caller).untouched).toBe(true);
  });
});

describe('a speakerphone', () => {
  it.each([
    [40, -6, 200, -62],
    [130, -6, 300, -60],
    [230, -12, 400, -55],
    [333, -18, 300, -62],
    [500, -6, 300, -60],
    [500, -20, 400, -62],
    [90, -30, 200, -75],
    [420, -30, 300, -75],
  ])(
    'of %i ms and %i dB in a room of %i ms, noise at %i dBov: 20 dB less of it',
    (delayMs, echoDb, reverberationMs, dbov) => {
      const echo = echoOf(room, { delayMs, echoDb, reverberationMs });
      const { out, suppressor } = heardOf(room, together(echo, lineNoise(room.length, dbov)));
      expect(suppressor.returnDb).toBeGreaterThan(echoDb - 2);
      expect(suppressor.returnDb).toBeLessThan(echoDb + 7);
      expect(attenuationDb(echo, out, settled, room.length, dbov)).toBeGreaterThan(20);
    },
  );

  it('does not open the gate of its own voice', () => {
    const echo = echoOf(room, phone);
    const from = together(echo, noise);
    const { out } = heardOf(room, from);
    const talks = (pcm: Int16Array): number => {
      const voice = new Voice();
      let talking = 0;
      for (let at = settled; at < pcm.length; at += frame) {
        voice.push(pcm.subarray(at, at + frame));
        talking += voice.talking ? 1 : 0;
      }
      return talking / ((pcm.length - settled) / frame);
    };
    expect(talks(from)).toBeGreaterThan(0.6);
    expect(talks(out)).toBeLessThan(0.05);
  });

  it.each([
    [90, -12],
    [180, -6],
  ])('of %i ms and %i dB lets its caller be understood while the room talks too', (delayMs, echoDb) => {
    const from = together(caller, echoOf(room, { delayMs, echoDb, reverberationMs: 300 }), noise);
    const { out } = heardOf(room, from);
    expect(stoi(unit(caller), unit(out, late), rate)).toBeGreaterThan(
      stoi(unit(caller), unit(from), rate) - 0.03,
    );
  });

  it('lets the first syllable of its caller through, over the voice of the room', () => {
    const begins = 12 * rate;
    const firstSound = caller.findIndex((sample) => Math.abs(sample) > 1_000);
    const talk = new Int16Array(room.length);
    talk.set(caller.subarray(firstSound, firstSound + room.length - begins), begins);
    const { out } = heardOf(room, together(talk, echoOf(room, phone), noise));
    const lost = decibels(powerOf(talk, begins, 800)) - decibels(powerOf(out, begins + late, 800));
    expect(lost).toBeLessThan(2);
  });

  it('comes 12 ms late and otherwise as it was while the room is silent', () => {
    const sent = room.map((sample, i) => (i < 10 * rate ? sample : 0));
    const { out } = heardOf(sent, together(echoOf(sent, phone), caller, noise));
    const from = together(echoOf(sent, phone), caller, noise);
    const after = 12 * rate;
    let most = 0;
    for (let i = after; i < after + 3 * rate; i++) most = Math.max(most, Math.abs(out[i + late]! - from[i]!));
    expect(most).toBeLessThanOrEqual(1);
  });

  it('whose receiver is picked up passes its caller on within a second', () => {
    const pickedUp = 10 * rate;
    const echo = echoOf(room, phone).map((sample, i) => (i < pickedUp ? sample : 0));
    const talk = caller.map((sample, i) => (i < pickedUp ? 0 : sample));
    const { out } = heardOf(room, together(echo, talk, noise));
    let [said, lost] = [0, 0];
    for (let at = pickedUp + rate; at + frame + late < out.length; at += frame) {
      const power = powerOf(talk, at, frame);
      if (power < 32_768 ** 2 * 10 ** -3.6) continue;
      said += 1;
      if (powerOf(out, at + late, frame) < power / 4) lost += 1;
    }
    expect(said).toBeGreaterThan(100);
    expect(lost / said).toBeLessThan(0.05);
  });

  it('whose way becomes 160 ms longer is found again within 3 s', () => {
    const [near, far] = [phone, { ...phone, delayMs: phone.delayMs + 160 }].map((one) =>
      echoOf(room, one),
    ) as [Float64Array, Float64Array];
    const echo = near.map((sample, i) => (i < 10 * rate ? sample : far[i]!));
    const { out } = heardOf(room, together(echo, noise));
    expect(attenuationDb(echo, out, 13 * rate, room.length, -62)).toBeGreaterThan(20);
  });

  it.each([[-6], [-18]])(
    'that is put on in the middle of a call, at %i dB, is found within 3 s',
    (echoDb) => {
      const putOn = 10 * rate;
      const echo = echoOf(room, { ...phone, echoDb }).map((sample, i) => (i < putOn ? 0 : sample));
      const talk = caller.map((sample, i) => (i < putOn ? sample : 0));
      const { out } = heardOf(room, together(echo, talk, noise));
      expect(attenuationDb(echo, out, putOn, putOn + rate / 2, -62)).toBeLessThan(3);
      expect(attenuationDb(echo, out, putOn + 3 * rate, room.length, -62)).toBeGreaterThan(20);
    },
  );

  it('is told from what it alone is sent as from what many are sent', () => {
    const from = together(echoOf(room, phone), noise);
    const alone = heardOf(room, from).out;
    const spectra = new Spectra();
    const [one, other] = [new EchoSuppressor(spectra), new EchoSuppressor(spectra)];
    const out = new Int16Array(from.length);
    for (let at = 0; at + frame <= from.length; at += frame) {
      out.set(one.heard(from.subarray(at, at + frame)) ?? [], at);
      other.heard(caller.subarray(at, at + frame));
      const sent = room.slice(at, at + frame);
      other.sent(sent, true);
      one.sent(sent, true);
    }
    expect(one.returnDb).not.toBe(null);
    expect(other.returnDb).toBe(null);
    let different = 0;
    // Noise that is filled in comes from one source for all phones.
    for (let at = settled; at < out.length - frame; at += frame)
      different +=
        Math.abs(decibels(powerOf(out, at, frame) + 1) - decibels(powerOf(alone, at, frame) + 1)) > 1 ? 1 : 0;
    expect(different / (out.length / frame)).toBeLessThan(0.01);
  });

  it('is suppressed at 16 kHz too', () => {
    const wide = (pcm: Int16Array): Int16Array => {
      const out = new Int16Array(2 * pcm.length);
      new Doubler(pcm.length).push(pcm, out);
      return out;
    };
    const echo = echoOf(room, phone);
    const { out } = heardOf(wide(room), wide(together(echo, noise)), 2 * frame);
    const narrow = out.filter((_, i) => i % 2 === 0);
    expect(attenuationDb(echo, narrow, settled, room.length, -62)).toBeGreaterThan(20);
  });
});

describe('whatever a phone sends', () => {
  it('frames stay frames: any samples, pauses and changes of rate', () => {
    const next = dice(5);
    const suppressor = new EchoSuppressor();
    for (let n = 0; n < 3_000; n++) {
      const size = next() < 0.99 ? frame : 2 * frame;
      const loud = next() < 0.5 ? 65_535 : 20;
      const any = (): Int16Array | null =>
        next() < 0.1 ? null : Int16Array.from({ length: size }, () => (next() - 0.5) * loud);
      const given = any();
      const heard = suppressor.heard(given);
      expect(heard?.length).toBe(given?.length);
      suppressor.sent(any());
    }
    expect(Number.isNaN(suppressor.returnDb ?? 0)).toBe(false);
  });
});

describe('a leg in a room', () => {
  const said: (Int16Array | null)[] = [];
  const session = (suppressEcho: boolean, from: Int16Array): void => {
    let at = -frame;
    const leg = {
      ...{ legId: 'leg' as LegId, rate, silentForMs: 0, unheardForMs: 0 },
      pullFromCaller: () => from.subarray((at += frame), at + frame),
      sendToCaller: () => undefined,
    } as unknown as MediaLeg;
    const one = new LegSession({
      ...{
        leg,
        suppressEcho,
        spectra: new Spectra(),
        muted: false,
        prompts: { lobbySound: new Int16Array(frame) } as unknown as PromptLibrary,
      },
      onPlayed: () => undefined,
      onSilent: () => undefined,
      onUnheard: () => undefined,
    });
    const audio = {
      admitted: () => true,
      fromCaller: (_: LegId, pcm: Int16Array | null) => void said.push(pcm?.slice() ?? null),
      roomFor: () => room.subarray(at, at + frame),
    };
    said.length = 0;
    for (let n = 0; n < from.length / frame; n++) {
      one.hear(audio);
      one.answer(audio);
    }
  };

  it('gives the room no echo of the room where it is told so, and what came where it is not', () => {
    const echo = echoOf(room, phone);
    const from = together(echo, noise);
    const heard = (): Int16Array => Int16Array.from(said.flatMap((each) => [...(each ?? [])]));
    session(true, from);
    expect(attenuationDb(echo, heard(), settled, room.length, -62)).toBeGreaterThan(20);
    session(false, from);
    expect(Buffer.compare(Buffer.from(heard().buffer), Buffer.from(from.buffer))).toBe(0);
  });
});
