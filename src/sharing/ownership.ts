import { every, type Clock, type Milliseconds, type Timer } from '../base/clock.ts';
import { isWithheld } from '../call/label.ts';
import { serialQueue } from '../base/serial.ts';
import type { Elsewhere, Lease, LeaseEnd, Ownership, OwnershipFigures, Taken } from '../call/ownership.ts';
import type { SharingDatabase } from './database.ts';
import type { HiddenName } from './names.ts';

export interface SharedOwnershipOptions {
  readonly clock: Clock;
  readonly database: SharingDatabase;
  readonly hide: HiddenName;
  /** Name of this connector's log: no other process has it. */
  readonly owner: string;
  /** Of this start: 16 random bytes, base64url. */
  readonly run: string;
  /** By which the calls of others reach this connector; null: they are refused instead. */
  readonly contact: string | null;
  readonly leaseMs: Milliseconds;
  /** Whether anything of this meeting is here: a caller, a bridge. What is not needed is given back. */
  readonly inUse: (meeting: string) => boolean;
  readonly onRenewed: (meeting: string, until: LeaseEnd) => void;
  /** Its lease is over, or is about to be: whoever serves the meeting has to leave it now. */
  readonly onLost: (meeting: string) => void;
  readonly onFault: (error: unknown) => void;
}

/** A bridge has left by so long before another connector may take its meeting; it is told so long before that. */
export const leaveMs = 1_000;
const noticeMs = 500;
/** So many renewals in the time of a lease. */
const renewals = 4;
/** How long a caller who was sent away is known again. */
const sentAwayMs = 180_000;

interface Held {
  readonly number: number;
  readonly after: string | null;
  readonly until: LeaseEnd;
  readonly timer: Timer;
}

interface OwnerRow {
  readonly number: string;
  readonly owner: string;
  readonly run: string;
  readonly contact: string | null;
  /** Milliseconds until it expires, by the database's clock; 0 and less: it has. */
  readonly left: number;
}

const leftSql = '(extract(epoch FROM expires - clock_timestamp()) * 1000)::double precision AS left';

/**
 * Leases of meetings as rows of a database. Expiry is by the database's clock; this connector counts from before each question, so
 * that it ends first. What cannot be renewed in time is lost, whatever the reason: database, network, a process that stood still.
 */
export class SharedOwnership implements Ownership {
  readonly #options: SharedOwnershipOptions;
  readonly #held = new Map<string, Held>();
  /** What changes rows: in order, so that nothing is given back that was taken since. */
  readonly #queue = serialQueue();
  #renewing: Timer | null = null;
  #lost = 0;
  #takenOver = 0;
  #reachable = true;

  constructor(options: SharedOwnershipOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, leaseMs, onFault } = this.#options;
    let busy = false;
    this.#renewing = every(clock, leaseMs / renewals, () => {
      if (busy) return;
      busy = true;
      void this.#queue
        .run(() => this.#renew())
        .then(
          () => (this.#reachable = true),
          (error: unknown) => {
            this.#reachable = false;
            onFault(error);
          },
        )
        .finally(() => (busy = false));
    });
  }

  /** Gives back what it has: others need not wait for the leases to run out. Bridges are gone before. */
  async stop(): Promise<void> {
    this.#renewing?.cancel();
    const { database, run, onFault } = this.#options;
    await this.#queue
      .run(async () => {
        if (this.#held.size === 0) return;
        for (const { timer } of this.#held.values()) timer.cancel();
        this.#held.clear();
        await database.rows(
          `UPDATE latchkey_sharing.owners SET run = '', expires = 'epoch' WHERE grp = $1 AND run = $2`,
          [database.group, run],
        );
      })
      .catch(onFault);
  }

  get figures(): OwnershipFigures {
    return {
      ...{ owned: this.#held.size, lost: this.#lost },
      ...{ takenOver: this.#takenOver, reachable: this.#reachable },
    };
  }

  take(meeting: string): Promise<Taken> {
    const known = this.#current(meeting);
    return known === null
      ? this.#queue.run(() => this.#take(meeting))
      : Promise.resolve({ kind: 'here', lease: known });
  }

  async #take(meeting: string): Promise<Taken> {
    const { database, owner, run, contact, leaseMs } = this.#options;
    const known = this.#current(meeting);
    if (known !== null) return { kind: 'here', lease: known };
    const asked = this.#now();
    const about = [database.group, meeting] as const;
    const answer = await database.transaction(
      async (tx): Promise<Elsewhere | { number: number; after: string | null }> => {
        await tx.rows(
          `INSERT INTO latchkey_sharing.owners (grp, meeting, number, owner, run, contact, expires)
         VALUES ($1, $2, 0, '', '', NULL, 'epoch') ON CONFLICT DO NOTHING`,
          about,
        );
        const [row] = await tx.rows<OwnerRow>(
          `SELECT number, owner, run, contact, ${leftSql}
         FROM latchkey_sharing.owners WHERE grp = $1 AND meeting = $2 FOR UPDATE`,
          about,
        );
        const other = row === undefined ? null : this.#elsewhere(row);
        if (other !== null) return other;
        const number = Number(row?.number ?? 0);
        const mine = row?.run === run && row.left > 0;
        await tx.rows(
          `UPDATE latchkey_sharing.owners SET number = $3, owner = $4, run = $5, contact = $6,
         since = CASE WHEN $8 THEN since ELSE clock_timestamp() END,
         expires = clock_timestamp() + $7 * interval '1 millisecond' WHERE grp = $1 AND meeting = $2`,
          [...about, mine ? number : number + 1, owner, run, contact, leaseMs, mine],
        );
        // Given back, or never had: nobody's lease ran out.
        const after = mine || row === undefined || row.run === '' ? null : row.owner;
        return { number: mine ? number : number + 1, after };
      },
    );
    if ('kind' in answer) return answer;
    if (answer.after !== null) this.#takenOver += 1;
    this.#hold(meeting, asked, answer);
    const lease = this.#current(meeting);
    // The answer took as long as the lease lasts: it is none.
    return lease === null ? { kind: 'elsewhere', contact: null, retryMs: leaseMs } : { kind: 'here', lease };
  }

  async look(meeting: string): Promise<Elsewhere | null> {
    if (this.#current(meeting) !== null) return null;
    const { database } = this.#options;
    const [row] = await database.rows<OwnerRow>(
      `SELECT number, owner, run, contact, ${leftSql}
       FROM latchkey_sharing.owners WHERE grp = $1 AND meeting = $2`,
      [database.group, meeting],
    );
    return row === undefined ? null : this.#elsewhere(row);
  }

  async sentAway(user: string, meeting: string): Promise<void> {
    if (isWithheld(user)) return;
    const { database, hide } = this.#options;
    const { group } = database;
    await database.transaction(async (tx) => {
      await tx.rows(
        `DELETE FROM latchkey_sharing.sent_away WHERE (grp, caller) IN (
           SELECT grp, caller FROM latchkey_sharing.sent_away
           WHERE grp = $1 AND expires < clock_timestamp() LIMIT 200 FOR UPDATE SKIP LOCKED)`,
        [group],
      );
      await tx.rows(
        `INSERT INTO latchkey_sharing.sent_away (grp, caller, meeting, expires)
         VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
         ON CONFLICT (grp, caller) DO UPDATE SET meeting = excluded.meeting, expires = excluded.expires`,
        [group, hide(user), meeting, sentAwayMs],
      );
    });
  }

  async sentFrom(user: string): Promise<string | null> {
    if (isWithheld(user)) return null;
    const { database, hide } = this.#options;
    const [row] = await database.rows<{ meeting: string }>(
      `SELECT meeting FROM latchkey_sharing.sent_away
       WHERE grp = $1 AND caller = $2 AND expires > clock_timestamp()`,
      [database.group, hide(user)],
    );
    return row?.meeting ?? null;
  }

  /** Null where nobody else has it. A start of this connector that is no more is waited for, and nobody is sent to it. */
  #elsewhere({ owner, run, contact, left }: OwnerRow): Elsewhere | null {
    if (run === '' || run === this.#options.run || left <= 0) return null;
    return { kind: 'elsewhere', contact: owner === this.#options.owner ? null : contact, retryMs: left };
  }

  async #renew(): Promise<void> {
    const { database, run, leaseMs, inUse, onRenewed } = this.#options;
    const unused = [...this.#held.keys()].filter((meeting) => !inUse(meeting));
    for (const meeting of unused) await this.#giveBack(meeting);
    const held = [...this.#held];
    const asked = this.#now();
    const rows = await database.rows<{ meeting: string; number: string }>(
      `UPDATE latchkey_sharing.owners SET expires = clock_timestamp() + $3 * interval '1 millisecond'
       WHERE grp = $1 AND run = $2 AND expires > clock_timestamp()
         AND (meeting, number) IN (SELECT * FROM unnest($4::text[], $5::bigint[]))
       RETURNING meeting, number`,
      [
        ...[database.group, run, leaseMs],
        held.map(([meeting]) => meeting),
        held.map(([, { number }]) => number),
      ],
    );
    const renewed = new Set(rows.map(({ meeting }) => meeting));
    for (const [meeting, lease] of held) {
      // Lost meanwhile, or taken anew.
      if (this.#held.get(meeting) !== lease) continue;
      if (!renewed.has(meeting)) {
        this.#lose(meeting);
        continue;
      }
      this.#hold(meeting, asked, lease);
      const now = this.#current(meeting);
      if (now === null) this.#lose(meeting);
      else onRenewed(meeting, now.until);
    }
  }

  #now(): { readonly mono: Milliseconds; readonly wall: Milliseconds } {
    const { clock } = this.#options;
    return { mono: clock.monoMs(), wall: clock.wallMs() };
  }

  /** `asked`: before the database was; its own end is later by all that the answer took. */
  #hold(
    meeting: string,
    asked: { readonly mono: Milliseconds; readonly wall: Milliseconds },
    { number, after }: Pick<Held, 'number' | 'after'>,
  ): void {
    const { clock, leaseMs } = this.#options;
    this.#held.get(meeting)?.timer.cancel();
    const until = { monoMs: asked.mono + leaseMs - leaveMs, wallMs: asked.wall + leaseMs - leaveMs };
    const timer = clock.after(Math.max(0, until.monoMs - noticeMs - clock.monoMs()), () =>
      this.#lose(meeting),
    );
    this.#held.set(meeting, { number, after, until, timer });
  }

  #current(meeting: string): Lease | null {
    const held = this.#held.get(meeting);
    if (held === undefined) return null;
    const { mono, wall } = this.#now();
    const { number, after, until } = held;
    const left = Math.min(until.monoMs - mono, until.wallMs - wall) - noticeMs;
    return left > 0 ? { number, after, until } : null;
  }

  #lose(meeting: string): void {
    const held = this.#held.get(meeting);
    if (held === undefined) return;
    held.timer.cancel();
    this.#held.delete(meeting);
    this.#lost += 1;
    this.#options.onLost(meeting);
  }

  async #giveBack(meeting: string): Promise<void> {
    const held = this.#held.get(meeting);
    if (held === undefined) return;
    held.timer.cancel();
    this.#held.delete(meeting);
    const { database, run } = this.#options;
    await database.rows(
      `UPDATE latchkey_sharing.owners SET run = '', expires = 'epoch'
       WHERE grp = $1 AND meeting = $2 AND run = $3 AND number = $4`,
      [database.group, meeting, run, held.number],
    );
  }
}
