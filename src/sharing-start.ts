import { randomBytes } from 'node:crypto';
import type { Clock } from './base/clock.ts';
import { LatchkeyError } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { Attempts } from './call/attempts.ts';
import type { FailureCounts, RulesByKind } from './call/failures.ts';
import { meetingFileStore, type MeetingStore } from './call/meeting-store.ts';
import { soleOwnership, type LeaseEnd, type Ownership, type OwnershipFigures } from './call/ownership.ts';
import { pinRules } from './call/pin-desk.ts';
import type { Config } from './config/schema.ts';
import { openSharing } from './sharing/database.ts';
import { databaseNow, sharedFailures } from './sharing/failures.ts';
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
  readonly clock: Clock;
  readonly log: Log;
  /** Of a connector that is alone. */
  readonly meetingsFile: string;
  /** Of the meeting server. */
  readonly apiSecret: string;
}

/** @throws LatchkeyError `sharing-unavailable`, `config-invalid` */
export async function openSharingOf(parts: SharingParts): Promise<Sharing> {
  return parts.config.sharing === null ? alone(parts) : together(parts, parts.config.sharing);
}

/** How many wrong PINs are heard. */
const lockoutRules = ({ lobby }: Config): RulesByKind =>
  pinRules(lobby.lockoutFailures, lobby.meetingLockoutFailures, lobby.lockoutSeconds * 1_000);

function alone({ config, clock, meetingsFile }: SharingParts): Sharing {
  return {
    store: meetingFileStore(meetingsFile),
    counts: new Attempts(clock, lockoutRules(config)),
    ownership: soleOwnership,
    redirects: false,
    figures: null,
    start: () => undefined,
    stop: () => Promise.resolve(),
  };
}

async function together(
  { config, clock, log, apiSecret }: SharingParts,
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
  let events: SharingEvents | null = null;
  let faulty = false;
  const hide = hiddenNames(apiSecret);
  const ownership = new SharedOwnership({
    ...{ clock, database, hide, owner: postgres.log, contact: settings.contact },
    run: randomBytes(16).toString('base64url'),
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
    counts: sharedFailures({ database, rules: lockoutRules(config), hide, now: databaseNow }),
    ownership,
    redirects: settings.redirect,
    figures: () => ownership.figures,
    start(given) {
      events = given;
      ownership.start();
    },
    async stop() {
      await ownership.stop();
      await database.close();
    },
  };
}
