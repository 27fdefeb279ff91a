import { randomBytes, timingSafeEqual } from 'node:crypto';
import { every, type Clock, type Timer } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { serialQueue } from '../base/serial.ts';
import {
  drawFor,
  isHolder,
  isOld,
  roomHash,
  roomPinId,
  viewOf,
  withNewRoomPin,
  type ClaimedRecord,
  type CreatedMeeting,
  type IssuedPin,
  type MeetingEntry,
  type MeetingView,
  type NewMeeting,
  type PinMatch,
  type Rotation,
} from './meeting-entry.ts';
import type { MeetingRecord, PinRecord } from './meeting-file.ts';
import type { MeetingNews, MeetingStore, StoredMeeting } from './meeting-store.ts';
import { codeLength, drawDigits, hashPin } from './pin.ts';
import { claimHash, openPin, sealPin } from './sealed-pin.ts';

export interface MeetingBookOptions {
  readonly clock: Clock;
  /** Null: nothing outlives this process. */
  readonly store: MeetingStore | null;
  /** A PIN could not be replaced in time, or the shared store not be read. The old one goes on opening, and it is tried again. */
  readonly onFault: (error: unknown) => void;
  /** Others have changed meetings: from now on `get`, `list` and `claimedBefore` say what they are. */
  onNews?(): void;
  /** A room PIN was replaced by itself: `takeNewPin` has the new one. */
  onRotated?(name: string): void;
}

/** A small connector's; each has at most one worker process. */
const mostMeetings = 1_000;
const mostPins = 1_000;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const rotationCheckMs = 60_000;
/** A shared store is asked so often what others have changed, beside the times when it is asked before an answer. */
const newsMs = 1_000;
const never: Rotation = { hours: null, eachMeeting: false };
const told = { untold: null, forHost: null } as const;
/** Hashed against where there is no such meeting, so that the time taken does not tell whether a code exists. */
const noSalt = randomBytes(16);

interface Draft {
  /** The entries as they are to be; null: gone. */
  put(name: string, entry: MeetingEntry | null): void;
}

/**
 * The meetings that callers can dial into, with their codes, claims and PINs. Changes are made one after the other, and
 * are durable before they are answered. Where the store is shared this is a copy of it, and each change sees those of others first.
 */
export class MeetingBook {
  readonly #options: MeetingBookOptions;
  readonly #entries = new Map<string, MeetingEntry>();
  readonly #queue = serialQueue();
  readonly #timers: Timer[] = [];

  constructor(options: MeetingBookOptions) {
    this.#options = options;
  }

  /** Reads what is kept. @throws LatchkeyError `meetings-invalid`, `sharing-unavailable` */
  async load(): Promise<void> {
    await this.#readNews();
  }

  /** Whether other connectors have the same meetings. */
  get shared(): boolean {
    return this.#options.store?.shared === true;
  }

  /** From here on PINs that are too old are replaced, and changes by others are looked for. */
  start(): void {
    if (this.#timers.length > 0) return;
    const { clock, onFault } = this.#options;
    this.#timers.push(every(clock, rotationCheckMs, () => void this.#rotateOld().catch(onFault)));
    if (!this.shared) return;
    let asking = false;
    let faulty = false;
    const ask = (): void => {
      if (asking) return;
      asking = true;
      void this.refresh()
        .then(
          () => (faulty = false),
          (error: unknown) => {
            // Once for each outage.
            if (!faulty) onFault(error);
            faulty = true;
          },
        )
        .finally(() => (asking = false));
    };
    this.#timers.push(every(clock, newsMs, ask));
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }

  /** What others have changed until now is known afterwards. @throws LatchkeyError `sharing-unavailable` */
  async refresh(): Promise<void> {
    if (this.shared) await this.#queue.run(() => this.#readNews());
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
    return this.#alter(async (draft) => {
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
      const entry: MeetingEntry = { kept: wanted.kept || this.shared, record, ...told };
      draft.put(name, entry);
      return ok({ meeting: viewOf(entry), claim, pin: drawn.pin });
    });
  }

  /** Forgets it with all its PINs. Whoever is in it is for the owner of the calls to tell. */
  close(name: string): Promise<Result<null, 'meeting-unknown'>> {
    return this.#change(name, (_entry, draft) => {
      draft.put(name, null);
      return ok(null);
    });
  }

  /** A personal PIN: its caller is shown as “PIN of holder”. `holder`: plain text, at most 24 characters. */
  issuePin(
    name: string,
    holder: string,
  ): Promise<Result<IssuedPin, 'meeting-unknown' | 'holder-invalid' | 'too-many-pins'>> {
    return this.#change(name, async (entry, draft) => {
      const { record } = entry;
      if (!isHolder(holder)) return refuse('holder-invalid');
      if (record.pins.length > mostPins) return refuse('too-many-pins');
      const drawn = await drawFor(record, holder, this.#options.clock.wallMs());
      draft.put(name, { ...entry, record: { ...record, pins: [...record.pins, drawn.record] } });
      return ok({ pinId: drawn.record.pinId, pin: drawn.pin });
    });
  }

  /** The room's PIN is replaced, never taken away. */
  revokePin(
    name: string,
    pinId: string,
  ): Promise<Result<null, 'meeting-unknown' | 'pin-unknown' | 'room-pin'>> {
    return this.#change(name, (entry, draft) => {
      const { record } = entry;
      const pin = record.pins.find((each) => each.pinId === pinId);
      if (pin === undefined) return refuse('pin-unknown');
      if (pin.holder === null) return refuse('room-pin');
      draft.put(name, { ...entry, record: { ...record, pins: record.pins.filter((each) => each !== pin) } });
      return ok(null);
    });
  }

  /** A new room PIN in place of the old one, which opens nothing any more. Personal PINs stay. */
  rotatePins(name: string): Promise<Result<IssuedPin, 'meeting-unknown'>> {
    return this.#change(name, async (entry, draft) => {
      const { rotated, issued } = await withNewRoomPin(entry, this.#options.clock.wallMs());
      draft.put(name, { ...rotated, untold: null });
      return ok(issued);
    });
  }

  /** A new room PIN for whoever has proven to be the host, in place of the one that he names; it is told again by `roomPin`, here alone. */
  replacePin(name: string, pinId: string): Promise<Result<IssuedPin, 'meeting-unknown' | 'pin-unknown'>> {
    return this.#change(name, async (entry, draft) => {
      if (roomPinId(entry.record) !== pinId) return refuse('pin-unknown');
      const { rotated, issued } = await withNewRoomPin(entry, this.#options.clock.wallMs());
      draft.put(name, { ...rotated, untold: null });
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

  /** Which room PIN is in force, for whoever has proven to be the host; null where there is no such meeting. */
  roomPin(name: string): { readonly pinId: string; readonly pin: string | null } | null {
    const entry = this.#entries.get(name);
    return entry === undefined ? null : { pinId: roomPinId(entry.record), pin: entry.forHost };
  }

  /** The host has ended its meeting: where PINs are for one meeting only, the next one gets another. */
  async ended(name: string): Promise<void> {
    await this.#rotateWhere(name, ({ record }) => record.rotation.eachMeeting);
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
  ): Promise<Result<IssuedPin, 'meeting-unknown' | 'already-claimed'>> {
    return this.#change(name, async (entry, draft) => {
      if (entry.record.meetingId !== null) return refuse('already-claimed');
      const { sealedPin } = entry.record;
      const given = entry.untold ?? (sealedPin === null ? null : openPin(claim, sealedPin));
      const fresh = given === null ? await withNewRoomPin(entry, this.#options.clock.wallMs()) : null;
      const { record, kept } = fresh?.rotated ?? entry;
      draft.put(name, {
        ...{ kept, ...told },
        record: {
          ...record,
          ...{ meetingId, registration: Buffer.from(registration).toString('base64url'), sealedPin: null },
        },
      });
      return ok({ pin: given ?? fresh?.issued.pin ?? '', pinId: roomPinId(record) });
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
    job: (entry: MeetingEntry, draft: Draft) => Promise<Result<T, R>> | Result<T, R>,
  ): Promise<Result<T, R | 'meeting-unknown'>> {
    return this.#alter<T, R | 'meeting-unknown'>(async (draft) => {
      const entry = this.#entries.get(name);
      return entry === undefined ? refuse('meeting-unknown') : job(entry, draft);
    });
  }

  /** What is answered has been kept, and what was not kept has changed nothing. @throws LatchkeyError `data-dir`, `sharing-unavailable` */
  #alter<T, R extends string>(job: (draft: Draft) => Promise<Result<T, R>>): Promise<Result<T, R>> {
    return this.#queue.run(async () => {
      const wanted = new Map<string, MeetingEntry | null>();
      const work = (): Promise<Result<T, R>> => job({ put: (name, entry) => wanted.set(name, entry) });
      const kept = (): StoredMeeting[] =>
        [...wanted]
          .filter(([name, entry]) => entry?.kept ?? this.#entries.get(name)?.kept ?? false)
          .map(([name, entry]) => ({ name, record: entry?.record ?? null }));
      const { store } = this.#options;
      const value =
        store === null
          ? await work()
          : await store.change(async (news) => {
              this.#take(news);
              return { value: await work(), puts: kept() };
            });
      for (const [name, entry] of wanted) {
        if (entry === null) this.#entries.delete(name);
        else this.#entries.set(name, entry);
      }
      return value;
    });
  }

  async #readNews(): Promise<void> {
    const { store } = this.#options;
    if (store !== null) this.#take(await store.news());
  }

  #take({ all, changed }: MeetingNews): void {
    const named = new Set(changed.map(({ name }) => name));
    const gone = all ? [...this.#entries].filter(([name, { kept }]) => kept && !named.has(name)) : [];
    for (const [name] of gone) this.#entries.delete(name);
    for (const { name, record } of changed) {
      const before = this.#entries.get(name);
      // A PIN that this connector has drawn and not told yet is the room's as long as nobody has drawn another one.
      const same = before !== undefined && record !== null && roomHash(before.record) === roomHash(record);
      if (record === null) this.#entries.delete(name);
      else
        this.#entries.set(name, {
          kept: true,
          record,
          ...(same ? { untold: before.untold, forHost: before.forHost } : told),
        });
    }
    if (gone.length > 0 || changed.length > 0) this.#options.onNews?.();
  }

  async #rotateWhere(name: string, due: (entry: MeetingEntry) => boolean): Promise<void> {
    const done = await this.#change(name, async (entry, draft) => {
      // Another connector may have been first.
      if (!due(entry)) return ok(false);
      draft.put(name, (await withNewRoomPin(entry, this.#options.clock.wallMs())).rotated);
      return ok(true);
    });
    if (done.ok && done.value) this.#options.onRotated?.(name);
  }

  async #rotateOld(): Promise<void> {
    const old = (entry: MeetingEntry | undefined): boolean => isOld(entry, this.#options.clock.wallMs());
    for (const name of [...this.#entries.keys()]) {
      if (old(this.#entries.get(name))) await this.#rotateWhere(name, old);
    }
  }

  #freeCode(): string {
    const taken = new Set([...this.#entries.values()].map(({ record }) => record.code));
    let code = drawDigits(codeLength);
    while (taken.has(code)) code = drawDigits(codeLength);
    return code;
  }
}
