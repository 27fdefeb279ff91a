import type { Case } from './case.ts';
import { swappingKeys } from './cases/keys.ts';
import { dropping } from './cases/kinds.ts';
import { lying } from './cases/lies.ts';
import { media } from './cases/media.ts';
import { ordering } from './cases/order.ts';
import { withholding } from './cases/withhold.ts';

export interface Group {
  readonly title: string;
  readonly cases: readonly Case[];
}

export const groups: readonly Group[] = [
  { title: 'Packets that never come', cases: withholding },
  { title: 'One kind of message never comes', cases: dropping },
  { title: 'Late, in another order, again', cases: ordering },
  { title: 'Keys of the server’s own', cases: swappingKeys },
  { title: 'Split meetings, false names', cases: lying },
  { title: 'Tracks and frames', cases: media },
];
