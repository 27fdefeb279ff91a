import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attempts } from '../../../src/call/attempts.ts';
import { MeetingBook } from '../../../src/call/meeting-book.ts';
import type { CreatedMeeting, NewMeeting } from '../../../src/call/meeting-entry.ts';
import { meetingFileStore } from '../../../src/call/meeting-store.ts';
import { PinDesk, pinRules, type PinPlace } from '../../../src/call/pin-desk.ts';
import { drawDigits } from '../../../src/call/pin.ts';
import type { MeetingId } from '../../../src/base/ids.ts';
import { failureContract, sameRules } from '../../support/failure-contract.ts';
import { manualClock } from '../../support/clock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-meetings-'));
  file = join(folder, 'meetings.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const clock = manualClock();
const onFault = (error: unknown): never => {
  throw error;
};
async function open(path: string | null = file): Promise<MeetingBook> {
  const book = new MeetingBook({ clock, store: path === null ? null : meetingFileStore(path), onFault });
  await book.load();
  return book;
}
const registration = new Uint8Array([1, 2, 3]);
const meetingId = 'A'.repeat(43) as MeetingId;

async function make(book: MeetingBook, wanted: NewMeeting = { kept: true }): Promise<CreatedMeeting> {
  const created = await book.create(wanted);
  if (!created.ok) throw new Error(created.reason);
  return created.value;
}

const claimOf = (name: string) => ({ name, meetingId, registration });
/** Any PIN but this one. */
const another = (pin: string): string => (pin === '000000' ? '000001' : '000000');

it('digits are drawn with leading zeros, and not all the same', () => {
  const drawn = new Set(Array.from({ length: 200 }, () => drawDigits(6)));
  for (const pin of drawn) expect(pin).toMatch(/^\d{6}$/);
  expect(drawn.size).toBeGreaterThan(190);
});

describe('the book of meetings', () => {
  it('opens a meeting by its own PINs only, and says whose a personal one is', async () => {
    const book = await open(null);
    const a = await make(book, { name: 'a', kept: false });
    const b = await make(book, { name: 'b', kept: false });
    const personal = await book.issuePin('a', 'Anna B.');
    if (!personal.ok) throw new Error(personal.reason);
    expect(await book.match('a', a.pin)).toEqual({ name: 'a', holder: null });
    expect(await book.match('a', personal.value.pin)).toEqual({ name: 'a', holder: 'Anna B.' });
    if (a.pin !== b.pin) expect(await book.match('a', b.pin)).toBeNull();
    expect(await book.match(null, a.pin)).toBeNull();
    for (const junk of ['', '12345', '1234567', '١٢٣٤٥٦', '12345\u0000'])
      expect(await book.match('a', junk)).toBeNull();
    expect(book.named(b.meeting.code)).toBe('b');
    expect(book.sole).toBeNull();
    await book.close('a');
    expect(book.sole).toBe('b');
  });

  it('takes a personal PIN back, and the room’s only by another', async () => {
    const book = await open(null);
    const { meeting, pin } = await make(book, { name: 'a', kept: false });
    const issued = await book.issuePin('a', 'Anna');
    if (!issued.ok) throw new Error(issued.reason);
    expect(await book.revokePin('a', issued.value.pinId)).toEqual({ ok: true, value: null });
    expect(await book.match('a', issued.value.pin)).toBeNull();
    expect(await book.revokePin('a', issued.value.pinId)).toMatchObject({ reason: 'pin-unknown' });
    expect(await book.revokePin('a', meeting.pins[0]!.pinId)).toMatchObject({ reason: 'room-pin' });
    const next = await book.rotatePins('a');
    if (!next.ok) throw new Error(next.reason);
    if (next.value.pin !== pin) expect(await book.match('a', pin)).toBeNull();
    expect(await book.match('a', next.value.pin)).toEqual({ name: 'a', holder: null });
  });

  it('refuses names and holders that could mislead, and meetings that are not there', async () => {
    const book = await open(null);
    await make(book, { name: 'a', kept: false });
    expect(await book.create({ name: 'a', kept: false })).toMatchObject({ reason: 'name-taken' });
    expect(await book.create({ name: '../a', kept: false })).toMatchObject({ reason: 'name-invalid' });
    for (const holder of ['', ' Anna', 'Anna\u202e', 'x'.repeat(25), 'A\nB', '+49 30 123'])
      expect(await book.issuePin('a', holder)).toMatchObject({ reason: 'holder-invalid' });
    expect(await book.issuePin('b', 'Anna')).toMatchObject({ reason: 'meeting-unknown' });
    expect(await book.close('b')).toMatchObject({ reason: 'meeting-unknown' });
  });

  it('keeps meetings across a restart, in a file that holds no PIN and no claim', async () => {
    const { claim, pin } = await make(await open(), { name: 'board', kept: true });
    const personal = await (await open()).issuePin('board', 'Anna');
    if (!personal.ok) throw new Error(personal.reason);
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const secret of [pin, personal.value.pin, claim]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64url'));
      expect(text).not.toContain(Buffer.from(secret).toString('hex'));
    }
    const later = await open();
    expect(await later.match('board', pin)).toEqual({ name: 'board', holder: null });
    expect(await later.match('board', personal.value.pin)).toEqual({ name: 'board', holder: 'Anna' });
    // The host who comes after the restart still gets the PIN that was given out, by the claim alone.
    expect(later.findClaim('x'.repeat(22))).toBeNull();
    expect(later.findClaim(claim)).toEqual({ name: 'board', claimed: false });
    expect(await later.claim(claim, claimOf('board'))).toMatchObject({ ok: true, value: { pin } });
    expect(await later.claim(claim, claimOf('board'))).toMatchObject({ reason: 'already-claimed' });
    expect((await open()).claimedBefore()).toEqual([claimOf('board')]);
    await (await open()).close('board');
    expect((await open()).list()).toEqual([]);
  });

  it('keeps nothing of a meeting that is for this start only', async () => {
    await make(await open(), { name: 'first', kept: false });
    expect((await open()).list()).toEqual([]);
    expect(() => statSync(file)).toThrow();
  });

  it('does not start on a file that is none of its own', async () => {
    for (const text of ['', '{}', '{"version":2,"meetings":[]}', '{"version":1,"meetings":[{"name":"a"}]}']) {
      writeFileSync(file, text);
      await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'meetings-invalid' }));
    }
  });

  it('has changed nothing where the disk did not take it', async () => {
    const book = await open();
    const { pin } = await make(book, { name: 'a', kept: true });
    rmSync(folder, { recursive: true });
    await expect(book.rotatePins('a')).rejects.toThrow(expect.objectContaining({ code: 'data-dir' }));
    await expect(book.create({ name: 'b', kept: true })).rejects.toThrow();
    expect(await book.match('a', pin)).not.toBeNull();
    expect(book.get('b')).toBeNull();
    expect(book.takeNewPin('a')).toBeNull();
    mkdtempSync(join(tmpdir(), 'latchkey-meetings-'));
    folder = mkdtempSync(join(tmpdir(), 'latchkey-meetings-'));
  });

  it('draws another room PIN by time and by the end of the meeting, and tells it once', async () => {
    const told: string[] = [];
    const book = new MeetingBook({
      ...{ clock, store: null, onFault: () => undefined },
      onRotated: (name) => told.push(name),
    });
    const rotation = { hours: 1, eachMeeting: true };
    const { pin } = await make(book, { name: 'a', kept: false, rotation });
    const personal = await book.issuePin('a', 'Anna');
    if (!personal.ok) throw new Error(personal.reason);
    book.start();
    clock.advance(59 * 60_000);
    expect(book.takeNewPin('a')).toBeNull();
    clock.advance(2 * 60_000);
    const second = await vi.waitFor(() => {
      const taken = book.takeNewPin('a');
      if (taken === null) throw new Error('not yet');
      return taken;
    }, 8_000);
    expect(book.takeNewPin('a')).toBeNull();
    if (second !== pin) expect(await book.match('a', pin)).toBeNull();
    expect(await book.match('a', second)).toEqual({ name: 'a', holder: null });
    expect(told).toEqual(['a']);
    await book.ended('a');
    expect(told).toEqual(['a', 'a']);
    const third = book.takeNewPin('a');
    expect(third).not.toBeNull();
    expect(await book.match('a', third!)).toEqual({ name: 'a', holder: null });
    expect(await book.match('a', personal.value.pin)).toEqual({ name: 'a', holder: 'Anna' });
    book.stop();
    clock.advance(100 * 3_600_000);
    expect(book.takeNewPin('a')).toBeNull();
  });
});

describe('failed attempts', () => {
  failureContract((failures) => {
    const time = manualClock();
    const counts = new Attempts(time, sameRules(failures));
    return Promise.resolve({ counts, advance: (ms) => time.advance(ms) });
  });
});

describe('the desk that checks PINs', () => {
  async function desk(failures: { readonly source: number; readonly meeting: number }) {
    const time = manualClock();
    const book = new MeetingBook({ clock: time, store: null, onFault });
    const { pin, meeting } = await make(book, { name: 'a', kept: false });
    const rules = pinRules(failures.source, failures.meeting, 300_000);
    const pins = new PinDesk({ clock: time, book, counts: new Attempts(time, rules) });
    /** The answer, with time moved on until it comes. */
    const check = async (user: string, digits: string, place: PinPlace = { kind: 'meeting', name: 'a' }) => {
      let answer: Awaited<ReturnType<PinDesk['check']>> | null = null;
      void pins.check({ address: '192.0.2.1', user }, place, digits).then((verdict) => (answer = verdict));
      return vi.waitFor(
        () => {
          time.advance(500);
          if (answer === null) throw new Error('no answer');
          return answer;
        },
        { interval: 5, timeout: 10_000 },
      );
    };
    return { check, pin, wrong: another(pin), code: meeting.code, time };
  }

  it('locks out one caller of a carrier, not the others, and not for good', async () => {
    const { check, pin, wrong, time } = await desk({ source: 3, meeting: 100 });
    expect(await check('anna', wrong)).toEqual({ kind: 'wrong' });
    expect(await check('anna', wrong)).toEqual({ kind: 'wrong' });
    expect(await check('anna', wrong)).toEqual({ kind: 'locked-out', by: 'source' });
    expect(await check('anna', pin)).toEqual({ kind: 'locked-out', by: 'source' });
    expect(await check('bob', pin)).toMatchObject({ kind: 'accepted', name: 'a' });
    time.advance(300_001);
    expect(await check('anna', pin)).toMatchObject({ kind: 'accepted' });
  });

  it('locks a meeting for everybody who guesses under many names, and an address in the end', async () => {
    const one = await desk({ source: 3, meeting: 5 });
    for (let i = 0; i < 4; i++) expect((await one.check(`user${i}`, one.wrong)).kind).toBe('wrong');
    expect(await one.check('user4', one.wrong)).toEqual({ kind: 'locked-out', by: 'meeting' });
    expect(await one.check('user5', one.pin)).toEqual({ kind: 'locked-out', by: 'meeting' });
    const other = await desk({ source: 1, meeting: 100 });
    for (let i = 0; i < 10; i++) await other.check(`user${i}`, other.wrong);
    expect(await other.check('user10', other.pin)).toEqual({ kind: 'locked-out', by: 'source' });
  });

  it('says the same of a wrong code and a wrong PIN', async () => {
    const { check, pin, wrong, code } = await desk({ source: 10, meeting: 10 });
    const unknown = code === '000000' ? '000001' : '000000';
    expect(await check('a', pin, { kind: 'code', code: unknown })).toEqual({ kind: 'wrong' });
    expect(await check('a', wrong, { kind: 'code', code })).toEqual({ kind: 'wrong' });
    expect(await check('a', pin, { kind: 'code', code })).toEqual({
      kind: 'accepted',
      name: 'a',
      holder: null,
    });
  });

  it('checks one caller’s PINs one after the other, however many calls he makes', async () => {
    const time = manualClock();
    let inside = 0;
    let most = 0;
    const book = {
      named: () => 'a',
      refresh: () => Promise.resolve(),
      match: async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        return null;
      },
    };
    const pins = new PinDesk({ clock: time, book, counts: new Attempts(time, pinRules(3, 100, 300_000)) });
    const checks = Array.from({ length: 8 }, () =>
      pins.check({ address: '192.0.2.1', user: 'a' }, { kind: 'meeting', name: 'a' }, '000000'),
    );
    let done = false;
    void Promise.all(checks).then(() => (done = true));
    await vi.waitFor(() => {
      time.advance(5_000);
      if (!done) throw new Error('not yet');
    }, 8_000);
    expect(most).toBe(1);
    const kinds = (await Promise.all(checks)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'wrong')).toHaveLength(2);
  });
});
