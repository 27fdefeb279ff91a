import { randomBytes } from 'node:crypto';
import { every, type Clock, type Timer } from './base/clock.ts';
import { LatchkeyError } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { Attempts } from './call/attempts.ts';
import type { FailureCounts, RulesByKind } from './call/failures.ts';
import { meetingFileStore, type MeetingStore } from './call/meeting-store.ts';
import {
  soleOwnership,
  type HoldersOf,
  type LeaseEnd,
  type Ownership,
  type OwnershipFigures,
} from './call/ownership.ts';
import { pinRules } from './call/pin-desk.ts';
import type { LiveConfig } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import { announceConnector, byOperator, type GroupConnector } from './sharing/connectors.ts';
import { openSharing, type SharingDatabase } from './sharing/database.ts';
import { databaseNow, sharedFailures } from './sharing/failures.ts';
import { sharedHolders } from './sharing/holders.ts';
import { sharedMeetings } from './sharing/meetings.ts';
import { hiddenNames } from './sharing/names.ts';
import { SharedOwnership } from './sharing/ownership.ts';
import { migrateSharing } from './sharing/schema.ts';

/** What a connector has alone or together with others. */
export interface Sharing {
  readonly store: MeetingStore;
  readonly counts: FailureCounts;
  readonly ownership: Ownership;
  readonly redirects: boolean;
  /** Null: this connector shares nothing. */
  readonly figures: (() => OwnershipFigures) | null;
  /** Null: this connector shares nothing. */
  readonly holders: HoldersOf | null;
  /** From here on leases are kept, and meetings left where they cannot be. */
  start(events: SharingEvents): void;
  stop(): Promise<void>;
}

/** All by a meeting's name. */
export interface SharingEvents {
  readonly inUse: (meeting: string) => boolean;
  readonly onRenewed: (meeting: string, until: LeaseEnd) => void;
  readonly onLost: (meeting: string) => void;
}

export interface SharingParts {
  readonly config: Config;
  /** How many wrong PINs are heard is read from here. */
  readonly live: Pick<LiveConfig, 'now'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of a connector that is alone. */
  readonly meetingsFile: string;
  /** Of the meeting server. */
  readonly apiSecret: string;
  /** Thumbprint of the key of this connector's operator. */
  readonly operator: string;
}

/** @throws LatchkeyError `sharing-unavailable`, `config-invalid` */
export async function openSharingOf(parts: SharingParts): Promise<Sharing> {
  return parts.config.sharing === null ? alone(parts) : together(parts, parts.config.sharing);
}

/** How many wrong PINs are heard, as the configuration has it at that moment. */
function lockoutRules(live: Pick<LiveConfig, 'now'>): RulesByKind {
  const now = (): RulesByKind => {
    const { lockoutFailures, meetingLockoutFailures, lockoutSeconds } = live.now.lobby;
    return pinRules(lockoutFailures, meetingLockoutFailures, lockoutSeconds * 1_000);
  };
  return {
    get caller() {
      return now().caller;
    },
    get address() {
      return now().address;
    },
    get meeting() {
      return now().meeting;
    },
  };
}

function alone({ live, clock, meetingsFile }: SharingParts): Sharing {
  return {
    store: meetingFileStore(meetingsFile),
    counts: new Attempts(clock, lockoutRules(live)),
    ownership: soleOwnership,
    redirects: false,
    figures: null,
    holders: null,
    start: () => undefined,
    stop: () => Promise.resolve(),
  };
}

async function together(
  { config, live, clock, log, apiSecret, operator }: SharingParts,
  settings: NonNullable<Config['sharing']>,
): Promise<Sharing> {
  const { postgres } = config.ledger;
  if (postgres === null) throw new LatchkeyError('config-invalid', 'sharing: needs ledger.postgres');
  const database = openSharing(settings);
  try {
    await migrateSharing(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const membership = announcing({ database, clock, log, self: { log: postgres.log, operator } });
  const run = randomBytes(16).toString('base64url');
  let events: SharingEvents | null = null;
  let faulty = false;
  const hide = hiddenNames(apiSecret);
  const ownership = new SharedOwnership({
    ...{ clock, database, hide, run, owner: postgres.log, contact: settings.contact },
    leaseMs: settings.leaseSeconds * 1_000,
    inUse: (meeting) => events?.inUse(meeting) ?? true,
    onRenewed: (meeting, until) => {
      faulty = false;
      events?.onRenewed(meeting, until);
    },
    onLost: (meeting) => {
      log.error({ room: meeting }, 'lease of a meeting lost: leaving it');
      events?.onLost(meeting);
    },
    // Once for each outage: it is tried again every few seconds.
    onFault: (error) => {
      if (!faulty) log.error({ reason: error instanceof Error ? error.message : '' }, 'leases not renewed');
      faulty = true;
    },
  });
  return {
    store: sharedMeetings(database),
    counts: sharedFailures({ database, rules: lockoutRules(live), hide, now: databaseNow }),
    ownership,
    redirects: settings.redirect,
    figures: () => ownership.figures,
    holders: sharedHolders(database, run),
    start(given) {
      events = given;
      ownership.start();
      membership.start();
    },
    async stop() {
      membership.stop();
      await ownership.stop();
      await database.close();
    },
  };
}

const announceMs = 3_600_000;

interface Announcing {
  readonly database: SharingDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly self: GroupConnector;
}

/**
 * Keeps this connector's row in the group, and says in the log where the group has connectors of another operator. It serves all the same:
 * hosts refuse such a bridge by its certificate, an operator's key is replaced at one connector after the other, and a row that
 * any connector's role may write must not keep the others from starting.
 */
function announcing({ database, clock, log, self }: Announcing): { start(): void; stop(): void } {
  let timer: Timer | null = null;
  const announce = async (): Promise<void> => {
    const groups = byOperator(await announceConnector(database, self));
    if (groups.length > 1)
      log.error(
        { operators: groups },
        'connectors of this group have different operators: hosts refuse those of another one',
      );
  };
  const attempt = (): void =>
    void announce().catch((error: unknown) => {
      log.warn({ reason: error instanceof Error ? error.message : '' }, 'group of connectors not looked at');
    });
  return {
    start() {
      attempt();
      timer = every(clock, announceMs, attempt);
    },
    stop() {
      timer?.cancel();
    },
  };
}
