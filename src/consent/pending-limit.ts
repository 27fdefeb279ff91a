/** Packets that may wait for their turn, of one sender and in all: what a flood costs is bounded, and hits its sender first. */
const maxPerSender = 64;
const maxInAll = 512;

export class PendingLimit {
  readonly #pending = new Map<string, number>();
  #total = 0;

  /** False: the packet is dropped. Every `true` is followed by one `leave`. */
  enter(from: string): boolean {
    const waiting = this.#pending.get(from) ?? 0;
    if (waiting >= maxPerSender || this.#total >= maxInAll) return false;
    this.#pending.set(from, waiting + 1);
    this.#total += 1;
    return true;
  }

  leave(from: string): void {
    const left = (this.#pending.get(from) ?? 1) - 1;
    if (left <= 0) this.#pending.delete(from);
    else this.#pending.set(from, left);
    this.#total -= 1;
  }
}
