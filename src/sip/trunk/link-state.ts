import type { Health } from './health.ts';
import type { RegistrationFailure } from './registration.ts';

export interface RegistrationStatus {
  readonly registered: boolean;
  readonly failure: RegistrationFailure | null;
}

export interface TrunkLinkState {
  readonly trunk: string;
  /** Null: not asked. */
  readonly health: Health | null;
  /** In the order of the configuration. */
  readonly registrations: readonly RegistrationStatus[];
}
