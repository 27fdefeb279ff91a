import type { MeetingRecord } from './meeting-file.ts';
import { readMeetings, writeMeetings } from './meeting-file.ts';

/** A kept meeting as its store has it; null: it is gone. */
export interface StoredMeeting {
  readonly name: string;
  readonly record: MeetingRecord | null;
}

export interface MeetingNews {
  /** Whether `changed` is everything there is; otherwise what is new since this was asked before. */
  readonly all: boolean;
  readonly changed: readonly StoredMeeting[];
}

export interface MeetingChange<T> {
  readonly value: T;
  /** Empty: nothing is written. */
  readonly puts: readonly StoredMeeting[];
}

/**
 * Where kept meetings are: a file in dataDir, or a database that several connectors share. What a change has put is durable when it
 * resolves; where it rejects it may have been kept all the same, and is then in the next news.
 */
export interface MeetingStore {
  /** Whether others write it too. */
  readonly shared: boolean;
  /** Everything at first, and again after a failure. */
  news(): Promise<MeetingNews>;
  /** Nobody else changes anything from the news that `job` is given to the end of it. */
  change<T>(job: (news: MeetingNews) => Promise<MeetingChange<T>>): Promise<T>;
}

/** `meetings.json` of one connector, which is its only writer. */
export function meetingFileStore(file: string): MeetingStore {
  let known: ReadonlyMap<string, MeetingRecord> | null = null;
  const news = (): MeetingNews => {
    if (known !== null) return { all: false, changed: [] };
    known = new Map(readMeetings(file).map((record) => [record.name, record]));
    return { all: true, changed: [...known].map(([name, record]) => ({ name, record })) };
  };
  return {
    shared: false,
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
    async news() {
      return news();
    },
    async change(job) {
      const { value, puts } = await job(news());
      if (puts.length === 0) return value;
      const next = new Map(known);
      for (const { name, record } of puts) {
        if (record === null) next.delete(name);
        else next.set(name, record);
      }
      writeMeetings(file, [...next.values()]);
      known = next;
      return value;
    },
  };
}
