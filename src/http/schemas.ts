import { Type, type Static } from 'typebox';

/** Closed schemas of what the API accepts. Lengths are bounds on memory, not on taste. */
const closed = { additionalProperties: false } as const;
const base64url = (min: number, max: number) =>
  Type.String({ minLength: min, maxLength: max, pattern: '^[A-Za-z0-9_-]+$' });

/** Shown to others and printed in records: no control characters, no text-direction overrides. */
const name = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+$',
});

export const claimBody = Type.Object(
  { claim: base64url(16, 128), registration: base64url(16, 8192), hostName: name },
  closed,
);
export type ClaimBody = Static<typeof claimBody>;

/** SHA-256, base64url. */
export const meetingParams = Type.Object({ id: base64url(43, 43) }, closed);
export type MeetingParams = Static<typeof meetingParams>;

/** 40 bytes of ours and an Ed25519 signature, base64url. */
export const pinBody = Type.Object({ challenge: base64url(54, 54), signature: base64url(86, 86) }, closed);
export type PinBody = Static<typeof pinBody>;

/** The same, and the name of the PIN that another one is to replace. */
export const newPinBody = Type.Object(
  { challenge: base64url(54, 54), signature: base64url(86, 86), replaces: base64url(1, 64) },
  closed,
);
export type NewPinBody = Static<typeof newPinBody>;

/** 16 bytes, base64url. */
export const tokenBody = Type.Object({ joinId: base64url(22, 22), name }, closed);
export type TokenBody = Static<typeof tokenBody>;
