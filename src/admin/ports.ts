import type { Family } from '../base/metrics.ts';
import type { Result } from '../base/result.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerTail, TailQuery } from '../ledger/log-tail.ts';
import type { TrunkState } from '../sip/trunk/door-state.ts';
import type { RegistrationStatus, TrunkLinkState } from '../sip/trunk/link-state.ts';
import type { MeetingDesk } from './api/meeting-operations.ts';
import type { ConfigChanges } from '../config/reload.ts';
import type { LiveState } from './live.ts';

/** What the admin listener needs of the process; `admin-start.ts` implements it. */
export interface AdminPorts {
  readonly live: LiveState;
  /** Everything that `/metrics` shows, of this moment. */
  families(): Promise<readonly Family[]>;
  readiness(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }>;
  state(): { readonly startedAt: number; readonly draining: boolean };
  trunks(): readonly TrunkView[];
  tail(query: TailQuery): Promise<Result<LedgerTail>>;
  /** base64url of the raw key that signs the ledger's checkpoints. */
  readonly ledgerKey: string;
  /** Rejects where the ledger does not take it: then nothing is done. */
  append(entry: NewEntry): Promise<void>;
  readonly meetings: MeetingDesk;
  /** In force now, secrets masked. */
  config(): Readonly<Record<string, unknown>>;
  /** Takes up a changed configuration file, all of it that may change or nothing. */
  reload(): Result<ConfigChanges, 'config-invalid'> & { readonly detail?: string };
  /** The caller is told and hung up, or a phone rings no more: returns at once. Whether there is such a leg. */
  endLeg(leg: string): boolean;
  /** Returns at once; the drain goes on. */
  drain(deadlineMs: number): void;
}

export interface TrunkView extends TrunkState {
  readonly health: TrunkLinkState['health'];
  readonly registrations: readonly RegistrationStatus[];
}
