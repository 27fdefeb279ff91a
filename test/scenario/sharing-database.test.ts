import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MeetingId } from '../../src/base/ids.ts';
import { MeetingBook } from '../../src/call/meeting-book.ts';
import { openSharing, type SharingDatabase } from '../../src/sharing/database.ts';
import { sharedFailures } from '../../src/sharing/failures.ts';
import { announceConnector, groupConnectors } from '../../src/sharing/connectors.ts';
import { sharedHolders } from '../../src/sharing/holders.ts';
import { sharedMeetings } from '../../src/sharing/meetings.ts';
import { hiddenNames } from '../../src/sharing/names.ts';
import { SharedOwnership } from '../../src/sharing/ownership.ts';
import { migrateSharing } from '../../src/sharing/schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { checkSharing } from '../../src/doctor/sharing.ts';
import { systemClock } from '../../src/base/clock.ts';
import { manualClock } from '../support/clock.ts';
import { failureContract, sameRules } from '../support/failure-contract.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { meetingStoreContract } from '../support/meeting-store-contract.ts';

/** What connectors share, against a real PostgreSQL. */
let server: TestPostgres;
let place: { readonly url: string; readonly passwordFile: string | null };
const open: SharingDatabase[] = [];
beforeAll(async () => {
  server = await startPostgres();
  place = await server.place();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});
afterAll(() => server.remove());

const newGroup = (): string => `g${randomBytes(6).toString('hex')}`;
async function join(group: string): Promise<SharingDatabase> {
  const database = openSharing({ ...place, group });
  open.push(database);
  await migrateSharing(database);
  return database;
}
const hide = hiddenNames('secret of the meeting server');
const number = '+4930555019901';

describe('wrong PINs that connectors count together', () => {
  failureContract(async (failures) => {
    const database = await join(newGroup());
    const time = manualClock();
    const counts = sharedFailures({
      ...{ database, hide, rules: sameRules(failures) },
      now: () => Promise.resolve(time.monoMs()),
    });
    return { counts, advance: (ms) => time.advance(ms) };
  });

  it('are counted by all of them, however many come at once, and hold no number', async () => {
    const group = newGroup();
    const databases = [await join(group), await join(group)];
    const desks = databases.map((database) =>
      sharedFailures({ database, hide, rules: sameRules(41), now: () => Promise.resolve(1_000) }),
    );
    const names = [
      { kind: 'caller', id: number },
      { kind: 'meeting', id: 'board' },
    ] as const;
    const orders = [names, names.toReversed()];
    const all = Array.from({ length: 40 }, (_, i) => desks[i % 2]!.failed(orders[(i >> 1) % 2]!));
    await Promise.all(all);
    expect(await desks[0]!.lockedOut(names)).toEqual([false, false]);
    await desks[0]!.failed(names);
    expect(await desks[1]!.lockedOut(names)).toEqual([true, true]);
    const rows = await databases[0]!.rows('SELECT * FROM latchkey_sharing.failures WHERE grp = $1', [group]);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(number.slice(-6));
    // Another group in the same database knows nothing of it.
    const others = sharedFailures({
      ...{ database: await join(newGroup()), hide, rules: sameRules(41) },
      now: () => Promise.resolve(1_000),
    });
    expect(await others.lockedOut(names)).toEqual([false, false]);
  });
});

describe('meetings in a database', () => {
  meetingStoreContract(() => {
    const group = newGroup();
    return Promise.resolve(async () => sharedMeetings(await join(group)));
  });
});

describe('meetings that connectors share', () => {
  const bookOf = async (group: string) => {
    const news: string[] = [];
    const book: MeetingBook = new MeetingBook({
      ...{ clock: systemClock, store: sharedMeetings(await join(group)) },
      onFault: (error) => {
        throw error;
      },
      onNews: () => void news.push('news'),
    });
    await book.load();
    return { book, news };
  };

  it('are known to all, with their PINs, and nowhere in clear', async () => {
    const group = newGroup();
    const [{ book: a }, { book: b, news }] = [await bookOf(group), await bookOf(group)];
    const created = await a.create({ name: 'board', kept: false });
    if (!created.ok) throw new Error(created.reason);
    const { pin, claim, meeting } = created.value;
    expect(meeting.kept).toBe(true);
    expect(b.get('board')).toBeNull();
    await b.refresh();
    expect(news).not.toEqual([]);
    expect(b.named(meeting.code)).toBe('board');
    expect(b.sole).toBe('board');
    expect(await b.match('board', pin)).toEqual({ name: 'board', holder: null });
    const personal = await b.issuePin('board', 'Anna');
    if (!personal.ok) throw new Error(personal.reason);
    await a.refresh();
    expect(await a.match('board', personal.value.pin)).toEqual({ name: 'board', holder: 'Anna' });
    expect(await a.revokePin('board', personal.value.pinId)).toMatchObject({ ok: true });
    await b.refresh();
    expect(await b.match('board', personal.value.pin)).toBeNull();
    const rows = JSON.stringify(await open[0]!.rows('SELECT * FROM latchkey_sharing.meetings'));
    for (const secret of [pin, personal.value.pin, claim]) expect(rows).not.toContain(secret);
  });

  it('are claimed by one host, whoever asks at the same moment', async () => {
    const group = newGroup();
    const [{ book: a }, { book: b }] = [await bookOf(group), await bookOf(group)];
    const created = await a.create({ name: 'board', kept: true });
    if (!created.ok) throw new Error(created.reason);
    const { claim, pin } = created.value;
    const claimed = await Promise.all(
      [a, b].map((book, i) =>
        book.claim(claim, {
          name: 'board',
          meetingId: String(i).repeat(43) as MeetingId,
          registration: new Uint8Array([i]),
        }),
      ),
    );
    expect(claimed.filter(({ ok }) => ok)).toMatchObject([{ ok: true, value: { pin } }]);
    expect(claimed.filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: 'already-claimed' }]);
    await Promise.all([a.refresh(), b.refresh()]);
    expect(a.claimedBefore()).toEqual(b.claimedBefore());
  });

  it('keep their names apart, and are closed for all', async () => {
    const group = newGroup();
    const [{ book: a }, { book: b }] = [await bookOf(group), await bookOf(group)];
    const made = await Promise.all([a, b, a, b].map((book) => book.create({ name: 'board', kept: true })));
    expect(made.filter(({ ok }) => ok)).toHaveLength(1);
    await a.refresh();
    expect(await a.close('board')).toMatchObject({ ok: true });
    await b.refresh();
    expect(b.list()).toEqual([]);
    expect(await b.create({ name: 'board', kept: true })).toMatchObject({ ok: true });
  });

  it('have a PIN of one connector’s drawing replaced once, not by each', async () => {
    const group = newGroup();
    const clocks = [manualClock(), manualClock()];
    const books = await Promise.all(
      clocks.map(async (clock) => {
        const store = sharedMeetings(await join(group));
        const book = new MeetingBook({ clock, store, onFault: (error) => expect(error).toBeNull() });
        await book.load();
        book.start();
        return book;
      }),
    );
    const created = await books[0]!.create({
      ...{ name: 'board', kept: true, rotation: { hours: 1, eachMeeting: false } },
    });
    if (!created.ok) throw new Error(created.reason);
    await books[1]!.refresh();
    for (const clock of clocks) clock.advance(3_660_000);
    await expect
      .poll(() => books.map((book) => book.takeNewPin('board')).filter((pin) => pin !== null))
      .toHaveLength(1);
    for (const book of books) book.stop();
    await Promise.all(books.map((book) => book.refresh()));
    expect(books[0]!.get('board')?.pins).toEqual(books[1]!.get('board')?.pins);
  });

  it('are what the database says again after it was away, or was set back', async () => {
    const group = newGroup();
    const { book } = await bookOf(group);
    await book.create({ name: 'kept', kept: true });
    await book.create({ name: 'lost', kept: true });
    const database = await join(group);
    await database.rows(`DELETE FROM latchkey_sharing.meetings WHERE grp = $1 AND name = 'lost'`, [group]);
    await database.rows('UPDATE latchkey_sharing.groups SET revision = 1 WHERE grp = $1', [group]);
    await book.refresh();
    expect(book.list().map(({ name }) => name)).toEqual(['kept']);
    await database.rows(`UPDATE latchkey_sharing.meetings SET record = '{}', revision = 5 WHERE grp = $1`, [
      group,
    ]);
    await database.rows('UPDATE latchkey_sharing.groups SET revision = 5 WHERE grp = $1', [group]);
    await expect(book.refresh()).rejects.toMatchObject({ code: 'meetings-invalid' });
  });
});

describe('leases of meetings', () => {
  const leaseMs = 900;
  const connectorOf = async (
    group: string,
    owner: string,
    contact: string | null = `${owner}.example:5060`,
  ) => {
    const told: string[] = [];
    let used = true;
    const ownership = new SharedOwnership({
      ...{ clock: systemClock, database: await join(group), hide, owner, contact, leaseMs: leaseMs + 1_500 },
      run: randomBytes(16).toString('base64url'),
      inUse: () => used,
      onRenewed: (meeting) => void told.push(`renewed ${meeting}`),
      onLost: (meeting) => void told.push(`lost ${meeting}`),
      onFault: () => void told.push('fault'),
    });
    return {
      ownership,
      told,
      letGo() {
        used = false;
      },
    };
  };

  it('are held by one, renewed, and given back where nothing needs them', async () => {
    const group = newGroup();
    const [a, b] = [await connectorOf(group, 'a'), await connectorOf(group, 'b')];
    a.ownership.start();
    const both = await Promise.all([a.ownership.take('board'), b.ownership.take('board')]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['elsewhere', 'here']);
    const [first, second] = both[0].kind === 'here' ? [a, b] : [b, a];
    first.ownership.start();
    expect(await first.ownership.look('board')).toBeNull();
    const other = await second.ownership.look('board');
    expect(other).toMatchObject({
      kind: 'elsewhere',
      contact: first === a ? 'a.example:5060' : 'b.example:5060',
    });
    // Longer than a lease without renewal.
    await expect.poll(() => first.told.length, { timeout: 10_000 }).toBeGreaterThan(5);
    expect(new Set(first.told)).toEqual(new Set(['renewed board']));
    expect((await second.ownership.take('board')).kind).toBe('elsewhere');
    first.letGo();
    await expect.poll(() => first.ownership.figures.owned).toBe(0);
    const taken = await second.ownership.take('board');
    expect(taken).toMatchObject({ kind: 'here', lease: { number: 2, after: null } });
    await Promise.all([a.ownership.stop(), b.ownership.stop()]);
    expect(await first.ownership.take('board')).toMatchObject({ lease: { number: 3, after: null } });
    await first.ownership.stop();
  });

  it('are seen by all: whose they are, since when and how long they last, and nothing where nobody has them', async () => {
    const group = newGroup();
    const a = await connectorOf(group, 'a');
    const [first, second] = open;
    const seen = sharedHolders(second ?? first!, 'another run');
    expect(await seen(['board', 'choir'])).toEqual(new Map());
    const before = Date.now();
    await a.ownership.take('board');
    const holder = (await seen(['board', 'choir'])).get('board');
    expect(holder).toMatchObject({ log: 'a', here: false });
    expect(Math.abs((holder?.since ?? 0) - before)).toBeLessThan(2_000);
    expect(holder?.leftMs).toBeGreaterThan(0);
    expect(holder?.leftMs).toBeLessThanOrEqual(leaseMs + 1_500);
    // Renewed: its end moves, its beginning does not.
    a.ownership.start();
    await expect.poll(() => a.told.length).toBeGreaterThan(0);
    const later = (await seen(['board'])).get('board');
    expect(later?.since).toBe(holder?.since);
    expect(later?.expiresAt).toBeGreaterThan(holder?.expiresAt ?? Infinity);
    await a.ownership.stop();
    expect(await seen(['board'])).toEqual(new Map());
  });

  it('run out where their connector does not answer, who has lost them before that', async () => {
    const group = newGroup();
    const [a, b] = [await connectorOf(group, 'a'), await connectorOf(group, 'b')];
    // Never started: it renews nothing, as one that stands still.
    const taken = await a.ownership.take('board');
    if (taken.kind !== 'here') throw new Error('not taken');
    await expect.poll(() => a.told, { timeout: 5_000 }).toEqual(['lost board']);
    expect((await b.ownership.take('board')).kind).toBe('elsewhere');
    await expect.poll(async () => (await b.ownership.take('board')).kind, { timeout: 5_000 }).toBe('here');
    expect(await b.ownership.take('board')).toMatchObject({ lease: { number: 2, after: 'a' } });
    expect([a.ownership.figures.takenOver, b.ownership.figures.takenOver]).toEqual([0, 1]);
    expect(a.ownership.figures).toMatchObject({ owned: 0, lost: 1 });
    // Another start of a: calls are not sent to the one before it.
    await b.ownership.stop();
    const again = await connectorOf(group, 'a');
    await a.ownership.take('board');
    expect(await again.ownership.look('board')).toMatchObject({ kind: 'elsewhere', contact: null });
    await a.ownership.stop();
  });

  it('are lost where somebody else has written the row', async () => {
    const group = newGroup();
    const a = await connectorOf(group, 'a');
    await a.ownership.take('board');
    a.ownership.start();
    await open[0]!.rows('UPDATE latchkey_sharing.owners SET number = number + 1 WHERE grp = $1', [group]);
    await expect.poll(() => a.told).toEqual(['lost board']);
    await a.ownership.stop();
  });

  it('tell a caller who was sent away from others, by no number', async () => {
    const group = newGroup();
    const [a, b] = [await connectorOf(group, 'a'), await connectorOf(group, 'b')];
    await a.ownership.sentAway(number, 'board');
    await a.ownership.sentAway('anonymous', 'board');
    expect(await b.ownership.sentFrom(number)).toBe('board');
    expect(await b.ownership.sentFrom(`${number}1`)).toBeNull();
    expect(await b.ownership.sentFrom('anonymous')).toBeNull();
    const rows = await open[0]!.rows('SELECT * FROM latchkey_sharing.sent_away WHERE grp = $1', [group]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(number.slice(-6));
  });
});

it('knows the connectors of a group and their operators for a day', async () => {
  const group = newGroup();
  const database = await join(group);
  await announceConnector(database, { log: 'a', operator: 'T1' });
  const a = { log: 'a', operator: 'T2' };
  expect(await announceConnector(database, a)).toEqual([a]);
  const b = { log: 'b', operator: 'T1' };
  expect(await announceConnector(database, b)).toEqual([a, b]);
  await announceConnector(await join(newGroup()), { log: 'c', operator: 'T3' });
  await database.rows(
    `UPDATE latchkey_sharing.connectors SET seen = seen - interval '25 hours' WHERE grp = $1 AND log = 'a'`,
    [group],
  );
  expect(await groupConnectors(database)).toEqual([b]);
});

it('is looked at by the doctor, who warns of a role that could write a ledger', async () => {
  await server.query('postgres', 'CREATE DATABASE looked');
  const look = async () => {
    const database = {
      url: `postgres://latchkey@127.0.0.1:${server.port}/looked`,
      passwordFile: place.passwordFile,
    };
    const settings = { ...database, group: 'g', contact: null, redirect: false, leaseSeconds: 10 };
    const config = { ...loadConfig(null), sharing: settings };
    return checkSharing({ config, dataDir: '/nowhere', clock: systemClock });
  };
  expect((await look()).map(({ level }) => level)).toEqual(['ok', 'ok']);
  await server.query('looked', 'CREATE SCHEMA latchkey');
  await server.query('looked', 'CREATE TABLE latchkey.leaves (seq BIGINT)');
  const [, , warned] = await look();
  expect(warned).toMatchObject({ check: 'sharing', level: 'warning' });
  const { url } = await server.place('unused', 'looked');
  const database = openSharing({ url, passwordFile: place.passwordFile, group: 'g' });
  open.push(database);
  await migrateSharing(database);
  await announceConnector(database, { log: 'a', operator: 'T1' });
  await announceConnector(database, { log: 'b', operator: 'T2' });
  const [, , named] = await look();
  expect(named).toMatchObject({ check: 'sharing', level: 'error' });
  expect(named?.found).toContain('a: T1; b: T2');
});

it('says what is wrong with a database, and nothing of the password', async () => {
  const database = openSharing({ ...place, url: place.url.replace(/:\d+\//, ':1/'), group: 'x' });
  await expect(migrateSharing(database)).rejects.toMatchObject({ code: 'sharing-unavailable' });
  await database.close();
});
