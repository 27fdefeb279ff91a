import { contactPattern } from '../config/sharing-schema.ts';
import type { InboundCall } from '../sip/gateway.ts';
import type { Elsewhere, Ownership } from './ownership.ts';
import type { WayIn } from './way-in.ts';

/**
 * The connector that a call has to reach instead, where its meeting is known before it is answered: by its number, because there
 * is one meeting only, or because this caller was just sent away. Null: it is answered here. A call that needs no PIN takes the
 * meeting; one that does has to prove it first. @throws LatchkeyError `sharing-unavailable`
 */
export async function elsewhereOf(
  { destination, from }: InboundCall,
  { place, room }: WayIn,
  ownership: Ownership,
): Promise<Elsewhere | null> {
  if (room !== null) {
    const taken = await ownership.take(room.name);
    return taken.kind === 'elsewhere' ? taken : null;
  }
  const meeting =
    place?.kind === 'meeting'
      ? place.name
      : destination.kind === 'ivr'
        ? await ownership.sentFrom(from.user)
        : null;
  return meeting === null ? null : ownership.look(meeting);
}

/**
 * Before the answer: 302 to the connector that serves the meeting (RFC 3261 §21.3.3), where calls may be sent on and it has said its
 * address; otherwise 503 with Retry-After, after which an SBC or a dispatcher tries the next one (§21.5.4).
 */
export function sendElsewhere(call: InboundCall, { contact, retryMs }: Elsewhere, redirects: boolean): void {
  const retryAfter = String(Math.max(1, Math.ceil(retryMs / 1_000)));
  // The row is another connector's word, and a header is written with it.
  if (!redirects || contact === null || !isContact.test(contact)) {
    call.reject(503, 'Service Unavailable', { 'Retry-After': retryAfter });
    return;
  }
  call.reject(302, 'Moved Temporarily', { Contact: `<sip:${userPart(call.to.user)}${contact}>` });
}

const isContact = new RegExp(contactPattern);

/** Of the number that was called. One that would have to be escaped is left out: the other connector decides by its trunk alone. */
const userPart = (user: string): string => (/^[A-Za-z0-9+._~-]{1,64}$/.test(user) ? `${user}@` : '');
