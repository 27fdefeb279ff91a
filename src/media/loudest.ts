/**
 * Which of many voices are mixed: the loudest few. Whoever is among them stays until somebody is clearly louder, so that
 * two equals do not take turns within a word.
 */
const smoothing = 0.2;
/** 3 dB. */
const clearly = 2;

export class Loudest {
  readonly #most: number;
  readonly #power = new Map<string, number>();
  #chosen = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** One tick: who is heard, and how loud (mean square). Gives those that are mixed. */
  choose(voices: ReadonlyMap<string, number>): ReadonlySet<string> {
    for (const name of this.#power.keys()) if (!voices.has(name)) this.#power.delete(name);
    const ranked: { readonly name: string; readonly weight: number }[] = [];
    for (const [name, power] of voices) {
      const before = this.#power.get(name);
      const smooth = before === undefined ? power : before + smoothing * (power - before);
      this.#power.set(name, smooth);
      ranked.push({ name, weight: smooth * (this.#chosen.has(name) ? clearly : 1) });
    }
    if (ranked.length > this.#most) ranked.sort((a, b) => b.weight - a.weight);
    this.#chosen = new Set(ranked.slice(0, this.#most).map(({ name }) => name));
    return this.#chosen;
  }
}
