/**
 * Which of many voices are mixed: the loudest few. Whoever is among them stays until somebody is clearly louder, so that
 * two equals do not take turns within a word.
 */
const smoothing = 0.2;
/** 3 dB. */
const clearly = 2;

interface Known {
  readonly name: string;
  power: number;
  /** What it is ranked by in this tick. */
  weight: number;
  tick: number;
}

export class Loudest {
  readonly #most: number;
  readonly #known = new Map<string, Known>();
  #chosen = new Set<string>();
  #tick = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** One tick: who is heard, and how loud (`powerOf`: mean square). Gives those that are mixed. */
  choose<Voice>(voices: ReadonlyMap<string, Voice>, powerOf: (voice: Voice) => number): ReadonlySet<string> {
    this.#tick += 1;
    const top: Known[] = [];
    for (const [name, voice] of voices) this.#rank(this.#heard(name, powerOf(voice)), top);
    if (this.#known.size > voices.size) this.#forget();
    this.#chosen = new Set(top.map(({ name }) => name));
    return this.#chosen;
  }

  #heard(name: string, power: number): Known {
    let known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, (known = { name, power, weight: 0, tick: 0 }));
    else known.power += smoothing * (power - known.power);
    known.weight = known.power * (this.#chosen.has(name) ? clearly : 1);
    known.tick = this.#tick;
    return known;
  }

  /** Among the loudest so far, loudest first, where it is one of them. */
  #rank(known: Known, top: Known[]): void {
    let place = top.length;
    while (place > 0 && (top[place - 1]?.weight ?? 0) < known.weight) place -= 1;
    if (place >= this.#most) return;
    top.splice(place, 0, known);
    if (top.length > this.#most) top.pop();
  }

  /** Who was not heard in this tick begins anew. */
  #forget(): void {
    for (const [name, { tick }] of this.#known) if (tick !== this.#tick) this.#known.delete(name);
  }
}
