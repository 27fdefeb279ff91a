import type { Srv } from './dns-client.ts';

/**
 * RFC 2782: lower priorities first; among equal ones, each next is drawn with a chance in proportion to its weight.
 * `random`: from 0 to below 1.
 */
export function orderSrv(records: readonly Srv[], random: () => number): readonly Srv[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return priorities.flatMap((priority) =>
    drawn(
      records.filter((record) => record.priority === priority),
      random,
    ),
  );
}

function drawn(records: readonly Srv[], random: () => number): readonly Srv[] {
  // "all of those with weight 0 are placed at the beginning of the list": so they are drawn now and then.
  const left = records.toSorted((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const order: Srv[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    // A whole number from 0 to the sum, both included.
    const mark = Math.floor(random() * (sum + 1));
    let running = 0;
    const at = left.findIndex(({ weight }) => {
      running += weight;
      return running >= mark;
    });
    order.push(...left.splice(Math.max(0, at), 1));
  }
  return order;
}
