/**
 * `latchkey/host`: the host's and the members' side of consent, for our own pages, for the demo and for other meeting apps.
 * It runs in browsers and in Node and knows neither LiveKit nor a page: a channel, a key sink and a store are handed in.
 */
export { createCoHostSession } from './cohost-session.ts';
export { createHostSession } from './host-session.ts';
export { createMemberSession } from './member-session.ts';
export { buildRegistration, meetingIdOf } from '../../consent/messages/registration.ts';
export type {
  Approval,
  Audio,
  BridgeView,
  Channel,
  CoHostSession,
  Decisions,
  DeviceKey,
  HistoryItem,
  HostSession,
  IdentityState,
  KeySink,
  KnockView,
  LedgerState,
  LegView,
  MeetingView,
  MemberSession,
  MemberView,
  Prompt,
  ScopeView,
  SessionOptions,
  Store,
} from './session.ts';
