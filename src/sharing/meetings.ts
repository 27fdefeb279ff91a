import { isMeetingRecord } from '../call/meeting-file.ts';
import type { MeetingNews, MeetingStore, StoredMeeting } from '../call/meeting-store.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { SharingDatabase, Transaction } from './database.ts';

/** So long it is remembered that a meeting is gone: whoever has not asked since then asks for everything. */
const goneFor = '1 day';

interface Row {
  readonly name: string;
  readonly record: unknown;
}

/** Meetings that several connectors serve. Changes go one after the other by the lock of the group's row. */
export function sharedMeetings(database: SharingDatabase): MeetingStore {
  const { group } = database;
  /** Everything up to this change is known; null: nothing is. */
  let known: number | null = null;

  const newsOf = (rows: readonly Row[], revision: number): MeetingNews => {
    const all = known === null;
    const changed = rows.map(({ name, record }) => {
      if (record === null) return { name, record: null };
      if (isMeetingRecord(record) && record.name === name) return { name, record };
      throw new LatchkeyError('meetings-invalid', 'the shared database holds a meeting that is none of ours');
    });
    known = revision;
    return { all, changed: all ? changed.filter(({ record }) => record !== null) : changed };
  };
  const read = async (tx: Transaction, lock: boolean): Promise<{ news: MeetingNews; revision: number }> => {
    const [head] = await tx.rows<{ revision: string }>(
      `SELECT revision FROM latchkey_sharing.groups WHERE grp = $1${lock ? ' FOR UPDATE' : ''}`,
      [group],
    );
    const revision = Number(head?.revision ?? NaN);
    if (!Number.isSafeInteger(revision))
      throw new LatchkeyError('sharing-unavailable', 'the group is not in the database any more');
    // Set back, for instance by a restored back-up: nothing that is known holds.
    if (known !== null && revision < known) known = null;
    const rows =
      revision === known
        ? []
        : await tx.rows<Row>(
            'SELECT name, record FROM latchkey_sharing.meetings WHERE grp = $1 AND revision > $2 AND revision <= $3 ORDER BY revision',
            [group, known ?? -1, revision],
          );
    return { news: newsOf(rows, revision), revision };
  };
  const forgetOnFailure = async <T>(job: () => Promise<T>): Promise<T> => {
    try {
      return await job();
    } catch (error) {
      known = null;
      throw error;
    }
  };
  return {
    shared: true,
    news: () => forgetOnFailure(() => database.transaction(async (tx) => (await read(tx, false)).news)),
    change: (job) =>
      forgetOnFailure(async () => {
        const done = await database.transaction(async (tx) => {
          const { news, revision } = await read(tx, true);
          const { value, puts } = await job(news);
          if (puts.length === 0) return { value, revision };
          await write(tx, puts, revision + 1);
          return { value, revision: revision + 1 };
        });
        // Of the others' changes everything was read under the lock.
        known = done.revision;
        return done.value;
      }),
  };

  async function write(tx: Transaction, puts: readonly StoredMeeting[], revision: number): Promise<void> {
    await tx.rows('UPDATE latchkey_sharing.groups SET revision = $2 WHERE grp = $1', [group, revision]);
    for (const { name, record } of puts) {
      await tx.rows(
        `INSERT INTO latchkey_sharing.meetings (grp, name, revision, record, at)
         VALUES ($1, $2, $3, $4, clock_timestamp())
         ON CONFLICT (grp, name) DO UPDATE
         SET revision = excluded.revision, record = excluded.record, at = excluded.at`,
        [group, name, revision, record === null ? null : JSON.stringify(record)],
      );
    }
    await tx.rows(
      `DELETE FROM latchkey_sharing.meetings
       WHERE grp = $1 AND record IS NULL AND at < clock_timestamp() - interval '${goneFor}'`,
      [group],
    );
  }
}
