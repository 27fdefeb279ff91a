/**
 * How early the latest packets came: each packet's timestamp against the listener's clock at its arrival, both in RTP
 * ticks. A larger number is an earlier packet; the spread of them is the network's jitter, and a slow change of them all
 * is the difference of two clocks.
 */
const places = 100;
/** So many packets are looked at together before the rest of the arithmetic is done again. */
const every = 10;
/** Of the packets, so many may come too late: one in a hundred. */
const lateShare = 0.01;
/**
 * Packets that a network held up and then gave out at once: each is a packet's time earlier against its timestamp than the one
 * before. In shares of the listener's tick.
 */
const togetherShare = 0.9;
/** Before so many, there is nothing to be said. */
const enough = 25;

export class Arrivals {
  readonly #together: number;
  readonly #ring = new Float64Array(places);
  /** The latest packets, the very latest first: one more than may come too late. */
  readonly #smallest = new Float64Array(Math.floor(places * lateShare) + 1);
  #count = 0;
  #sinceLooked = 0;
  #latest: number | null = null;
  #earliest = -Infinity;
  #before = Infinity;

  /** Ticks of a packet, as they come usually. */
  constructor(frameTicks: number) {
    this.#together = togetherShare * frameTicks;
  }

  reset(): void {
    this.#count = 0;
    this.#sinceLooked = 0;
    this.#latest = null;
    this.#earliest = -Infinity;
    this.#before = Infinity;
  }

  /** Of a burst that the network had held up, only the first packet counts: it stood still once, and not once a packet. */
  add(lead: number): void {
    const burst = this.#latest !== null && lead < this.#latest && lead - this.#before >= this.#together;
    this.#before = lead;
    if (burst) return;
    this.#ring[this.#count % places] = lead;
    this.#count += 1;
    this.#sinceLooked += 1;
    // A packet that is later than any the figures know is looked at now: the next one may be too late.
    if (this.#sinceLooked >= every || (this.#latest !== null && lead < this.#latest)) this.#look();
  }

  /** All but one in a hundred of the packets come at least this early; null while too few were seen. */
  get latest(): number | null {
    return this.#latest;
  }

  get earliest(): number {
    return this.#earliest;
  }

  #look(): void {
    this.#sinceLooked = 0;
    if (this.#count < enough) return;
    const known = Math.min(this.#count, places);
    const smallest = this.#smallest.fill(Infinity);
    const last = Math.floor(known * lateShare);
    let earliest = -Infinity;
    for (let i = 0; i < known; i++) {
      const lead = this.#ring[i] ?? 0;
      if (lead > earliest) earliest = lead;
      if (lead >= (smallest[last] ?? 0)) continue;
      let at = last;
      for (; at > 0 && (smallest[at - 1] ?? 0) > lead; at--) smallest[at] = smallest[at - 1] ?? 0;
      smallest[at] = lead;
    }
    this.#latest = smallest[last] ?? 0;
    this.#earliest = earliest;
  }
}
