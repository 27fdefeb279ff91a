import { randomBytes, timingSafeEqual } from 'node:crypto';
import { every, type Clock, type Timer } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { serialQueue } from '../base/serial.ts';
import { readMeetings, writeMeetings, type MeetingRecord, type PinRecord } from './meeting-file.ts';
import { codeLength, drawDigits, hashPin, pinLength } from './pin.ts';
import { claimHash, openPin, sealPin } from './sealed-pin.ts';

/** When a room PIN is replaced by itself; both may hold. The new one is handed out by `takeNewPin`. */
export type Rotation = MeetingRecord['rotation'];

export interface PinView {
  readonly pinId: string;
  /** Whose personal PIN it is; null: the room's. */
  readonly holder: string | null;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
}

/** A meeting as operators see it: no PIN, no claim. */
export interface MeetingView {
  /** What trunks and the API call it. */
  readonly name: string;
  /** Six digits that callers type where there are several meetings. Not a secret. */
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Whether it outlives this process. */
  readonly kept: boolean;
  readonly rotation: Rotation;
  /** Of the host's registration; null until a host has claimed it. */
  readonly meetingId: MeetingId | null;
  readonly pins: readonly PinView[];
}

export interface NewMeeting {
  /** Lower-case letters, digits, dot, dash and underline, at most 64; left out: `m-` and the code. */
  readonly name?: string;
  /** False: gone with this process. */
  readonly kept: boolean;
  readonly rotation?: Rotation;
}

/** All three are told once, here: the book keeps hashes. */
export interface CreatedMeeting {
  readonly meeting: MeetingView;
  /** For the one-time host link. */
  readonly claim: string;
  readonly pin: string;
}

export interface IssuedPin {
  readonly pinId: string;
  readonly pin: string;
}

export interface ClaimedRecord {
  readonly name: string;
  readonly meetingId: MeetingId;
  readonly registration: Uint8Array<ArrayBuffer>;
}

export type PinMatch = { readonly name: string; readonly holder: string | null };

export interface MeetingBookOptions {
  readonly clock: Clock;
  /** `meetings.json`; null: nothing outlives this process. */
  readonly file: string | null;
  /** A PIN could not be replaced in time: the disk. The old one goes on opening, and the next minute tries again. */
  onFault(error: unknown): void;
  /** A room PIN was replaced by itself: `takeNewPin` has the new one. */
  onRotated?(name: string): void;
}

interface Entry {
  readonly kept: boolean;
  readonly record: MeetingRecord;
  /** The room PIN that nobody has been told yet, after a rotation. */
  readonly untold: string | null;
}

/** A small connector's; each has at most one worker process. */
const mostMeetings = 1_000;
const mostPins = 1_000;
const longestHolder = 24;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const rotationCheckMs = 60_000;
const hourMs = 3_600_000;
const never: Rotation = { hours: null, eachMeeting: false };
/** Hashed against where there is no such meeting, so that the time taken does not tell whether a code exists. */
const noSalt = randomBytes(16);

/**
 * The meetings that callers can dial into, with their codes, claims and PINs. Changes are made one after the other, and
 * are on disk before they are answered.
 */
export class MeetingBook {
  readonly #options: MeetingBookOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #queue = serialQueue();
  #timer: Timer | null = null;

  /** @throws LatchkeyError `meetings-invalid` where the file is there and is none of ours */
  constructor(options: MeetingBookOptions) {
    this.#options = options;
    if (options.file === null) return;
    for (const record of readMeetings(options.file))
      this.#entries.set(record.name, { kept: true, record, untold: null });
  }

  /** From here on PINs that are too old are replaced. */
  start(): void {
    this.#timer ??= every(this.#options.clock, rotationCheckMs, () => {
      this.#rotateOld().catch((error: unknown) => this.#options.onFault(error));
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  list(): readonly MeetingView[] {
    return [...this.#entries.values()].map(viewOf);
  }

  get(name: string): MeetingView | null {
    const entry = this.#entries.get(name);
    return entry === undefined ? null : viewOf(entry);
  }

  /** The only meeting there is: its callers need no code. */
  get sole(): string | null {
    const [first, second] = this.#entries.keys();
    return second === undefined ? (first ?? null) : null;
  }

  create(
    wanted: NewMeeting,
  ): Promise<Result<CreatedMeeting, 'name-invalid' | 'name-taken' | 'too-many-meetings'>> {
    return this.#queue.run(async () => {
      if (this.#entries.size >= mostMeetings) return refuse('too-many-meetings');
      const code = this.#freeCode();
      const name = wanted.name ?? `m-${code}`;
      if (!namePattern.test(name)) return refuse('name-invalid');
      if (this.#entries.has(name)) return refuse('name-taken');
      const createdAt = this.#options.clock.wallMs();
      const salt = randomBytes(16).toString('base64url');
      const claim = randomBytes(16).toString('base64url');
      const drawn = await drawFor({ salt, pins: [] }, null, createdAt);
      const record: MeetingRecord = {
        ...{ name, code, createdAt, salt, pins: [drawn.record] },
        rotation: wanted.rotation ?? never,
        claimHash: claimHash(claim),
        sealedPin: sealPin(claim, drawn.pin),
        ...{ registration: null, meetingId: null },
      };
      const entry: Entry = { kept: wanted.kept, record, untold: null };
      this.#put(name, entry);
      return ok({ meeting: viewOf(entry), claim, pin: drawn.pin });
    });
  }

  /** Forgets it with all its PINs. Whoever is in it is for the owner of the calls to tell. */
  close(name: string): Promise<Result<null, 'meeting-unknown'>> {
    return this.#change(name, () => {
      this.#put(name, null);
      return ok(null);
    });
  }

  /** A personal PIN: its caller is shown as “PIN of holder”. `holder`: plain text, at most 24 characters. */
  issuePin(
    name: string,
    holder: string,
  ): Promise<Result<IssuedPin, 'meeting-unknown' | 'holder-invalid' | 'too-many-pins'>> {
    return this.#change(name, async (entry) => {
      const { record } = entry;
      if (!isHolder(holder)) return refuse('holder-invalid');
      if (record.pins.length > mostPins) return refuse('too-many-pins');
      const drawn = await drawFor(record, holder, this.#options.clock.wallMs());
      this.#put(name, { ...entry, record: { ...record, pins: [...record.pins, drawn.record] } });
      return ok({ pinId: drawn.record.pinId, pin: drawn.pin });
    });
  }

  /** The room's PIN is replaced, never taken away. */
  revokePin(
    name: string,
    pinId: string,
  ): Promise<Result<null, 'meeting-unknown' | 'pin-unknown' | 'room-pin'>> {
    return this.#change(name, (entry) => {
      const { record } = entry;
      const pin = record.pins.find((each) => each.pinId === pinId);
      if (pin === undefined) return refuse('pin-unknown');
      if (pin.holder === null) return refuse('room-pin');
      this.#put(name, { ...entry, record: { ...record, pins: record.pins.filter((each) => each !== pin) } });
      return ok(null);
    });
  }

  /** A new room PIN in place of the old one, which opens nothing any more. Personal PINs stay. */
  rotatePins(name: string): Promise<Result<IssuedPin, 'meeting-unknown'>> {
    return this.#change(name, async (entry) => {
      const issued = await this.#rotate(entry);
      this.takeNewPin(name);
      return ok(issued);
    });
  }

  /** The room PIN that a rotation by time or by the meeting's end has drawn, once; null where there is none to tell. */
  takeNewPin(name: string): string | null {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    this.#entries.set(name, { ...entry, untold: null });
    return entry.untold;
  }

  /** The host has ended its meeting: where PINs are for one meeting only, the next one gets another. */
  async ended(name: string): Promise<void> {
    await this.#change(name, async (entry) => {
      if (entry.record.rotation.eachMeeting) await this.#rotateByItself(entry);
      return ok(null);
    });
  }

  /** Which meeting a claim is for. Every meeting is compared, in constant time each. */
  findClaim(claim: string): { readonly name: string; readonly claimed: boolean } | null {
    const wanted = Buffer.from(claimHash(claim));
    let found: MeetingRecord | null = null;
    for (const { record } of this.#entries.values())
      if (timingSafeEqual(Buffer.from(record.claimHash), wanted)) found = record;
    return found === null ? null : { name: found.name, claimed: found.meetingId !== null };
  }

  /** The room PIN for the host's invitation. The claim is used up. A PIN that is lost (a rotation before a restart) is drawn anew. */
  claim(
    claim: string,
    { name, meetingId, registration }: ClaimedRecord,
  ): Promise<Result<string, 'meeting-unknown' | 'already-claimed'>> {
    return this.#change(name, async (entry) => {
      if (entry.record.meetingId !== null) return refuse('already-claimed');
      const { sealedPin } = entry.record;
      const pin =
        entry.untold ??
        (sealedPin === null ? null : openPin(claim, sealedPin)) ??
        (await this.#rotate(entry)).pin;
      const text = Buffer.from(registration).toString('base64url');
      const { record } = this.#entries.get(name) ?? entry;
      this.#put(name, {
        ...{ kept: entry.kept, untold: null },
        record: { ...record, meetingId, registration: text, sealedPin: null },
      });
      return ok(pin);
    });
  }

  /** Meetings whose host was there before this process. */
  claimedBefore(): readonly ClaimedRecord[] {
    return [...this.#entries.values()].flatMap(({ record: { name, meetingId, registration } }) =>
      meetingId === null || registration === null
        ? []
        : [
            {
              name,
              meetingId: meetingId as MeetingId,
              registration: new Uint8Array(Buffer.from(registration, 'base64url')),
            },
          ],
    );
  }

  /** Null where no meeting has this code. */
  named(code: string): string | null {
    for (const { record } of this.#entries.values()) if (record.code === code) return record.name;
    return null;
  }

  /** Whose PIN of this meeting that is. One hash is computed whether there is such a meeting or not. `digits` is a secret. */
  async match(name: string | null, digits: string): Promise<PinMatch | null> {
    const record = name === null ? undefined : this.#entries.get(name)?.record;
    const salt = record === undefined ? noSalt : Buffer.from(record.salt, 'base64url');
    const hash = await hashPin(digits, salt);
    // As it is now: a PIN may have been revoked while the hash was computed.
    const now = name === null ? undefined : this.#entries.get(name)?.record;
    let found: PinRecord | null = null;
    for (const pin of now?.salt === record?.salt ? (now?.pins ?? []) : [])
      if (timingSafeEqual(Buffer.from(pin.hash, 'base64url'), hash)) found = pin;
    return found === null || now === undefined ? null : { name: now.name, holder: found.holder };
  }

  #change<T, R extends string>(
    name: string,
    job: (entry: Entry) => Promise<Result<T, R>> | Result<T, R>,
  ): Promise<Result<T, R | 'meeting-unknown'>> {
    return this.#queue.run(async () => {
      const entry = this.#entries.get(name);
      return entry === undefined ? refuse('meeting-unknown') : job(entry);
    });
  }

  async #rotate(entry: Entry): Promise<IssuedPin> {
    const { record } = entry;
    const personal = record.pins.filter(({ holder }) => holder !== null);
    const drawn = await drawFor({ salt: record.salt, pins: personal }, null, this.#options.clock.wallMs());
    this.#put(record.name, {
      kept: entry.kept,
      record: { ...record, pins: [drawn.record, ...personal], sealedPin: null },
      untold: drawn.pin,
    });
    return { pinId: drawn.record.pinId, pin: drawn.pin };
  }

  async #rotateByItself(entry: Entry): Promise<void> {
    await this.#rotate(entry);
    this.#options.onRotated?.(entry.record.name);
  }

  async #rotateOld(): Promise<void> {
    for (const name of [...this.#entries.keys()]) {
      await this.#change(name, async (entry) => {
        const { rotation, pins } = entry.record;
        const issuedAt = pins.find(({ holder }) => holder === null)?.issuedAt ?? 0;
        const age = this.#options.clock.wallMs() - issuedAt;
        if (rotation.hours !== null && age >= rotation.hours * hourMs) await this.#rotateByItself(entry);
        return ok(null);
      });
    }
  }

  #freeCode(): string {
    const taken = new Set([...this.#entries.values()].map(({ record }) => record.code));
    let code = drawDigits(codeLength);
    while (taken.has(code)) code = drawDigits(codeLength);
    return code;
  }

  /** On disk first: what is answered has been kept, and what was not kept has changed nothing. @throws LatchkeyError `data-dir` */
  #put(name: string, entry: Entry | null): void {
    const { file } = this.#options;
    const kept = entry?.kept ?? this.#entries.get(name)?.kept ?? false;
    const next = new Map(this.#entries);
    if (entry === null) next.delete(name);
    else next.set(name, entry);
    if (kept && file !== null)
      writeMeetings(
        file,
        [...next.values()].flatMap((each) => (each.kept ? [each.record] : [])),
      );
    if (entry === null) this.#entries.delete(name);
    else this.#entries.set(name, entry);
  }
}

/** A PIN that no other of the meeting equals. */
async function drawFor(
  { salt, pins }: Pick<MeetingRecord, 'salt' | 'pins'>,
  holder: string | null,
  issuedAt: number,
): Promise<{ readonly pin: string; readonly record: PinRecord }> {
  for (;;) {
    const pin = drawDigits(pinLength);
    const hash = (await hashPin(pin, Buffer.from(salt, 'base64url'))).toString('base64url');
    if (pins.some((other) => other.hash === hash)) continue;
    const pinId = randomBytes(16).toString('base64url');
    return { pin, record: { pinId, holder, hash, issuedAt } };
  }
}

/** Letters, digits and a few marks: it is shown beside a decision. */
function isHolder(holder: string): boolean {
  return (
    holder.length <= longestHolder &&
    /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}._' -]*[\p{L}\p{N}\p{M}.])?$/u.test(holder)
  );
}

function viewOf({ kept, record }: Entry): MeetingView {
  const { name, code, createdAt, rotation, pins, meetingId } = record;
  return {
    ...{ name, code, createdAt, kept, rotation },
    meetingId: meetingId as MeetingId | null,
    pins: pins.map(({ pinId, holder, issuedAt }) => ({ pinId, holder, issuedAt })),
  };
}
