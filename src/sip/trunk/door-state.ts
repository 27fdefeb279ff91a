import type { RefusalCause } from './decision.ts';

/** What the door has counted since the start of the process. */
export interface TrunkState {
  readonly name: string;
  readonly calls: number;
  readonly accepted: number;
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
}

export interface DoorState {
  readonly trunks: readonly TrunkState[];
  /** Requests from outside all trunks. */
  readonly unknownSource: number;
}
