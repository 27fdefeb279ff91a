import { lengthPrefixed, utf8 } from '../../base/bytes.ts';
import { importSigningKey } from './keys.ts';
import { labels } from './labels.ts';

/** What a host signs so that the connector tells it the room PIN of its meeting, with a challenge of the connector in it. */
const asked = (meetingId: string, challenge: Uint8Array): Uint8Array<ArrayBuffer> =>
  lengthPrefixed(utf8(labels.pinAsk), utf8(meetingId), challenge);

interface Asker {
  sign(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/** An Ed25519 signature of 64 bytes (RFC 8032). */
export const signPinAsk = (
  host: Asker,
  meetingId: string,
  challenge: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> => host.sign(asked(meetingId, challenge));

/** Whether `key`, the raw public key of the meeting's host, has signed for this meeting and this challenge. */
export async function isPinAsk(
  key: Uint8Array<ArrayBuffer>,
  { meetingId, challenge, signature }: PinAsk,
): Promise<boolean> {
  const imported = await importSigningKey(key);
  if (imported === null || signature.length !== 64) return false;
  return crypto.subtle.verify('Ed25519', imported, signature, asked(meetingId, challenge));
}

export interface PinAsk {
  readonly meetingId: string;
  readonly challenge: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}
