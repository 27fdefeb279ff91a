import { readFileSync } from 'node:fs';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { LatchkeyError } from '../base/errors.ts';
import { writeDurably } from '../keys/durable-file.ts';

/**
 * Meetings that outlive this process, in `meetings.json` of the data folder, mode 0600, or as rows of a database. A record holds no PIN and no claim in
 * clear: of PINs a salted scrypt hash, of the claim a SHA-256 (it has 128 bits), and until the claim the room PIN sealed
 * under a key that only the claim itself gives.
 */
const closed = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const hash = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' });

const pinRecord = closed({
  pinId: id,
  /** Null: the room's. Otherwise whose it is. */
  holder: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 24 })]),
  hash,
  issuedAt: Type.Integer({ minimum: 0 }),
});

const meetingRecord = closed({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
  code: Type.String({ pattern: '^[0-9]{6}$' }),
  createdAt: Type.Integer({ minimum: 0 }),
  salt: id,
  pins: Type.Array(pinRecord, { minItems: 1, maxItems: 1_001 }),
  rotation: closed({
    hours: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 8_760 })]),
    eachMeeting: Type.Boolean(),
  }),
  claimHash: hash,
  sealedPin: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9_-]{46}$' })]),
  /** Of the host's registration, once claimed. */
  registration: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9_-]{1,32768}$' })]),
  meetingId: Type.Union([Type.Null(), hash]),
});

const meetingFile = closed({ version: Type.Literal(1), meetings: Type.Array(meetingRecord) });

export type PinRecord = Static<typeof pinRecord>;
export type MeetingRecord = Static<typeof meetingRecord>;

export const isMeetingRecord = (value: unknown): value is MeetingRecord => Value.Check(meetingRecord, value);

/** Empty where there is no file yet. @throws LatchkeyError `meetings-invalid` */
export function readMeetings(file: string): MeetingRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new LatchkeyError('meetings-invalid', `cannot read ${file}`, { cause: error });
  }
  const parsed = parse(text);
  if (parsed !== null) return parsed;
  throw new LatchkeyError('meetings-invalid', `${file} is not a file of meetings`);
}

function parse(text: string): MeetingRecord[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(meetingFile, value) ? value.meetings : null;
  } catch {
    return null;
  }
}

/** @throws LatchkeyError `data-dir` */
export function writeMeetings(file: string, meetings: readonly MeetingRecord[]): void {
  writeDurably(file, `${JSON.stringify({ version: 1, meetings }, null, 2)}\n`);
}
