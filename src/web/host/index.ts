import { toBase64url } from '../../base/bytes.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';

/**
 * `latchkey/host`: the host's and the members' side of consent, for our own pages, for the demo and for other meeting apps.
 * It runs in browsers and in Node and knows neither LiveKit nor a page: a channel, a key sink and a store are handed in.
 */
export { createCoHostSession } from './cohost-session.ts';
export { createHostSession } from './host-session.ts';
export { createMemberSession } from './member-session.ts';
export {
  buildRegistration,
  meetingIdOf,
  parseRegistration,
  rankOf,
} from '../../consent/messages/registration.ts';
/** How the meeting server must name whoever joins with this join id: what the app's token says. */
export function platformIdentity(joinId: Uint8Array): string {
  return identityOf(toBase64url(joinId));
}
/** So that the connector tells the host, and nobody else, which PIN its meeting has now, or draws another one for him. */
export { signPinAsk, signPinDraw } from '../../consent/messages/pin-ask.ts';
export type { KeyMode, NewRegistration } from '../../consent/messages/registration.ts';
export type * from './session.ts';
