import type { NewGrant } from './host-epochs.ts';
import type { Bridge } from './host-bridges.ts';
import type { HostState } from './host-state.ts';

/** What the parts of a host's meeting ask of it; each runs in the session's queue. */
export interface HostWork {
  readonly state: HostState;
  rotate(grant?: NewGrant): Promise<void>;
  publish(): Promise<void>;
  draw(): void;
  later(job: () => Promise<void>): void;
}

/** For histories and alarms. */
export const bridgeNames = (bridge: Bridge): Record<'operator' | 'connector', string> => ({
  operator: bridge.certificate.operatorName,
  connector: bridge.certificate.connectorName,
});

export function settleAsk(bridge: Bridge): void {
  bridge.ask?.timer.cancel();
  bridge.ask = null;
  bridge.merged = 0;
}

export function forgetTimers(bridge: Bridge): void {
  for (const { timer } of bridge.due.values()) timer.cancel();
  bridge.due.clear();
  bridge.granted?.until?.cancel();
}
