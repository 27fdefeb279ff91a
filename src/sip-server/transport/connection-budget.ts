import { networkOf } from '../source-rate.ts';
import { limits } from '../limits.ts';

/** How many connections of others there may be, on all ports together and of one address (IPv6: of one /64). */
export interface ConnectionBudget {
  /** Null where there is no room; else gives the place back, once. */
  take(address: string): (() => void) | null;
}

export function createConnectionBudget(): ConnectionBudget {
  const bySource = new Map<string, number>();
  let all = 0;
  return {
    take(address) {
      const source = networkOf(address);
      const same = bySource.get(source) ?? 0;
      if (all >= limits.connections || same >= limits.connectionsPerAddress) return null;
      all += 1;
      bySource.set(source, same + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        all -= 1;
        const left = (bySource.get(source) ?? 1) - 1;
        if (left > 0) bySource.set(source, left);
        else bySource.delete(source);
      };
    },
  };
}
