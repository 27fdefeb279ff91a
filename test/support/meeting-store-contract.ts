import { expect, it } from 'vitest';
import type { MeetingRecord } from '../../src/call/meeting-file.ts';
import type { MeetingStore } from '../../src/call/meeting-store.ts';

/** A meeting that nobody has claimed. */
const recordOf = (name: string, code = '207446'): MeetingRecord => ({
  ...{ name, code, createdAt: 1_700_000_000_000, salt: 's'.repeat(22) },
  pins: [{ pinId: 'p'.repeat(22), holder: null, hash: 'h'.repeat(43), issuedAt: 1_700_000_000_000 }],
  rotation: { hours: null, eachMeeting: false },
  ...{ claimHash: 'c'.repeat(43), sealedPin: 'x'.repeat(46), registration: null, meetingId: null },
});
const stored = (name: string, code?: string) => ({ name, record: recordOf(name, code) });

/** What every place that keeps meetings does. `open`: the same place each time within a test, as a process finds it that starts. */
export function meetingStoreContract(place: () => Promise<() => Promise<MeetingStore>>): void {
  const put = (store: MeetingStore, ...puts: Parameters<typeof stored>[]): Promise<string> =>
    store.change(() => Promise.resolve({ value: 'done', puts: puts.map((one) => stored(...one)) }));

  it('knows nothing at first, and says so as everything there is', async () => {
    const open = await place();
    expect(await (await open()).news()).toEqual({ all: true, changed: [] });
  });

  it('keeps what a change has put once it resolves, and tells its own process nothing of it', async () => {
    const open = await place();
    const store = await open();
    await store.news();
    expect(await put(store, ['board'], ['choir', '111222'])).toBe('done');
    expect(await store.news()).toEqual({ all: false, changed: [] });
    const { all, changed } = await (await open()).news();
    expect(all).toBe(true);
    expect(changed.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      stored('board'),
      stored('choir', '111222'),
    ]);
  });

  it('gives a change the news that nobody has read before', async () => {
    const open = await place();
    await put(await open(), ['board']);
    const seen = await (
      await open()
    ).change((news) => Promise.resolve({ value: news, puts: [stored('choir', '111222')] }));
    expect(seen).toEqual({ all: true, changed: [stored('board')] });
    expect((await (await open()).news()).changed).toHaveLength(2);
  });

  it('replaces a record by its name, and forgets one that is put as gone', async () => {
    const open = await place();
    const store = await open();
    await put(store, ['board'], ['choir', '111222']);
    await put(store, ['board', '333444']);
    await store.change(() => Promise.resolve({ value: null, puts: [{ name: 'choir', record: null }] }));
    expect(await (await open()).news()).toEqual({ all: true, changed: [stored('board', '333444')] });
  });

  it('keeps nothing of a change whose job fails, and nothing where nothing is put', async () => {
    const open = await place();
    const store = await open();
    await put(store, ['board']);
    await expect(store.change(() => Promise.reject(new Error('no')))).rejects.toThrow();
    expect(await store.change(() => Promise.resolve({ value: 7, puts: [] }))).toBe(7);
    expect(await (await open()).news()).toEqual({ all: true, changed: [stored('board')] });
    expect(await put(store, ['choir', '111222'])).toBe('done');
    expect((await (await open()).news()).changed).toHaveLength(2);
  });
}
