import type { Family } from '../base/metrics.ts';
import type { LiveState } from './live.ts';

/** What the admin listener needs of the process; `admin-start.ts` implements it. */
export interface AdminPorts {
  readonly live: LiveState;
  /** Everything that `/metrics` shows, of this moment. */
  families(): Promise<readonly Family[]>;
  readiness(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }>;
}
