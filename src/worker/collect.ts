import type { Clock } from '../base/clock.ts';
import { collectGarbage } from '../base/garbage.ts';

/** After the revoke's own work, which must not wait for this. */
const afterMs = 1_000;

/**
 * Runs the garbage collector a second after keys were destroyed. Our own copies are overwritten at once; what the platform made of
 * a key that it took in (KeyObjects, cipher contexts) is unreachable then, and is wiped by OpenSSL when it is freed, which
 * without this may take until the next major collection. It costs a worker some 15 ms, once a revoke.
 */
export function keyCollector(clock: Clock): () => void {
  return () => void clock.after(afterMs, () => collectGarbage());
}
