import { lengthPrefixed, utf8 } from '../../base/bytes.ts';
import { importSigningKey } from './keys.ts';
import { labels } from './labels.ts';

/** What a host signs so that the connector tells it the room PIN of its meeting, with a challenge of the connector in it. */
const asked = (meetingId: string, challenge: Uint8Array): Uint8Array<ArrayBuffer> =>
  lengthPrefixed(utf8(labels.pinAsk), utf8(meetingId), challenge);

/** What he signs to have another one drawn: another label, so that no question can be used for it, and the PIN that it replaces, by its name. */
const drawn = (meetingId: string, challenge: Uint8Array, replaces: string): Uint8Array<ArrayBuffer> =>
  lengthPrefixed(utf8(labels.pinDraw), utf8(meetingId), challenge, utf8(replaces));

interface Asker {
  sign(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/** An Ed25519 signature of 64 bytes (RFC 8032). */
export const signPinAsk = (
  host: Asker,
  meetingId: string,
  challenge: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> => host.sign(asked(meetingId, challenge));

/** The same. `replaces`: the `pinId` of the room PIN that is in force. */
export const signPinDraw = (
  host: Asker,
  { meetingId, challenge, replaces }: Omit<PinDraw, 'signature'>,
): Promise<Uint8Array<ArrayBuffer>> => host.sign(drawn(meetingId, challenge, replaces));

/** Whether `key`, the raw public key of the meeting's host, has signed for this meeting and this challenge. */
export const isPinAsk = (
  key: Uint8Array<ArrayBuffer>,
  { meetingId, challenge, signature }: PinAsk,
): Promise<boolean> => verify(key, signature, asked(meetingId, challenge));

/** Whether it has signed to have this very PIN replaced. */
export const isPinDraw = (
  key: Uint8Array<ArrayBuffer>,
  { meetingId, challenge, replaces, signature }: PinDraw,
): Promise<boolean> => verify(key, signature, drawn(meetingId, challenge, replaces));

async function verify(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const imported = await importSigningKey(key);
  if (imported === null || signature.length !== 64) return false;
  return crypto.subtle.verify('Ed25519', imported, signature, bytes);
}

export interface PinAsk {
  readonly meetingId: string;
  readonly challenge: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

export interface PinDraw extends PinAsk {
  readonly replaces: string;
}
