import { randomBytes } from 'node:crypto';
import type { MeetingId } from '../base/ids.ts';
import type { MeetingRecord, PinRecord } from './meeting-file.ts';
import { drawDigits, hashPin, pinLength } from './pin.ts';

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
  /** False: gone with this process, where the store is not shared: what several connectors serve is kept. */
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

/** A meeting as the book has it. */
export interface MeetingEntry {
  readonly kept: boolean;
  readonly record: MeetingRecord;
  /** The room PIN that nobody has been told yet, after a rotation. */
  readonly untold: string | null;
  /** The room PIN for its host's page, where this process has drawn it in place of the claim's; until the next one, and never kept. */
  readonly forHost: string | null;
}

const longestHolder = 24;
const hourMs = 3_600_000;

export const roomPinId = ({ pins }: MeetingRecord): string =>
  pins.find(({ holder }) => holder === null)?.pinId ?? '';

export const roomHash = ({ pins }: MeetingRecord): string | undefined =>
  pins.find(({ holder }) => holder === null)?.hash;

/** A PIN that no other of the meeting equals. */
export async function drawFor(
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
export function isHolder(holder: string): boolean {
  return (
    holder.length <= longestHolder &&
    /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}._' -]*[\p{L}\p{N}\p{M}.])?$/u.test(holder)
  );
}

export function viewOf({ kept, record }: MeetingEntry): MeetingView {
  const { name, code, createdAt, rotation, pins, meetingId } = record;
  return {
    ...{ name, code, createdAt, kept, rotation },
    meetingId: meetingId as MeetingId | null,
    pins: pins.map(({ pinId, holder, issuedAt }) => ({ pinId, holder, issuedAt })),
  };
}

/** Another room PIN, not told to anybody yet; personal ones stay. `nowMs`: wall clock. */
export async function withNewRoomPin(
  { kept, record }: MeetingEntry,
  nowMs: number,
): Promise<{ readonly rotated: MeetingEntry; readonly issued: IssuedPin }> {
  const personal = record.pins.filter(({ holder }) => holder !== null);
  const drawn = await drawFor({ salt: record.salt, pins: personal }, null, nowMs);
  return {
    rotated: {
      kept,
      record: { ...record, pins: [drawn.record, ...personal], sealedPin: null },
      ...{ untold: drawn.pin, forHost: drawn.pin },
    },
    issued: { pinId: drawn.record.pinId, pin: drawn.pin },
  };
}

/** Whether its room PIN is to be replaced by time. `nowMs`: wall clock. */
export function isOld(entry: MeetingEntry | undefined, nowMs: number): boolean {
  if (entry === undefined) return false;
  const { rotation, pins } = entry.record;
  const issuedAt = pins.find(({ holder }) => holder === null)?.issuedAt ?? 0;
  return rotation.hours !== null && nowMs - issuedAt >= rotation.hours * hourMs;
}
