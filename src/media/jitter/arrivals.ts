/**
 * How early the latest packets came: each packet's timestamp against the listener's clock at its arrival, both in RTP
 * ticks. A larger number is an earlier packet; the spread of them is the network's jitter, and a slow change of them all
 * is the difference of two clocks.
 */
const places = 250;
/** So many packets are looked at together before the rest of the arithmetic is done again. */
const every = 10;
/** Of the packets, so many may come too late: one in a hundred. */
const lateShare = 0.01;
/** Before so many, there is nothing to be said. */
const enough = 25;

export class Arrivals {
  readonly #ring = new Float64Array(places);
  readonly #sorted = new Float64Array(places);
  #count = 0;
  #sinceSorted = 0;
  #latest: number | null = null;
  #earliest = -Infinity;

  reset(): void {
    this.#count = 0;
    this.#sinceSorted = 0;
    this.#latest = null;
    this.#earliest = -Infinity;
  }

  add(lead: number): void {
    this.#ring[this.#count % places] = lead;
    this.#count += 1;
    this.#sinceSorted += 1;
    // A packet that is later than any the figures know is looked at now: the next one may be too late.
    if (this.#sinceSorted >= every || (this.#latest !== null && lead < this.#latest)) this.#sort();
  }

  /** All but one in a hundred of the packets come at least this early; null while too few were seen. */
  get latest(): number | null {
    return this.#latest;
  }

  get earliest(): number {
    return this.#earliest;
  }

  #sort(): void {
    this.#sinceSorted = 0;
    if (this.#count < enough) return;
    const known = Math.min(this.#count, places);
    const sorted = this.#sorted.subarray(0, known);
    sorted.set(this.#ring.subarray(0, known));
    sorted.sort();
    this.#latest = sorted[Math.floor(known * lateShare)] ?? 0;
    this.#earliest = sorted[known - 1] ?? 0;
  }
}
