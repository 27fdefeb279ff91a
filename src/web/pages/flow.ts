import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type {
  CoHostSession,
  Decisions,
  DeviceKey,
  HostSession,
  MemberSession,
  SessionOptions,
  Store,
} from '../host/session.ts';
import type { Blocked } from './reasons.ts';
import type { Invitation, MeetingPlan, Operator, Role } from './view.ts';

/** Where host and member differ: what there is to start, and how a meeting is entered. */
export interface Flow {
  readonly role: Role;
  /** Before anything is clicked. */
  prepare(): Promise<Result<Prepared | ShownCode, Blocked>>;
  /** After it: everything that a connection to the meeting needs. */
  enter(name: string, plan: MeetingPlan): Promise<Result<Entry, Blocked | 'other-tab'>>;
  /** The invitation as it changes while this page is in the meeting, until the returned function is called. */
  follow?(clock: Clock, onInvitation: (invitation: Invitation) => void): () => void;
  /** The host has another room PIN drawn; `onInvitation` has it then. Whether that was done. */
  drawPin?(onInvitation: (invitation: Invitation) => void): Promise<boolean>;
  /** The meeting is over for this browser: nothing of it is kept. */
  forget(): Promise<void>;
}

export interface FlowTools {
  readonly device: DeviceKey;
  /** The store of one meeting, or of the page itself. */
  store(owner: string): Store;
  random(length: number): Uint8Array<ArrayBuffer>;
}

export interface Prepared {
  readonly resumes: boolean;
  readonly operators: readonly Operator[];
  readonly coHostPage: string | null;
  readonly coHost: boolean;
}

/** There is nothing to start: the page shows the code of this device. */
export interface ShownCode {
  readonly code: string;
}

export interface Entry {
  readonly meetingId: string;
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
  readonly invitation: Invitation;
  readonly operators: readonly Operator[];
  readonly store: Store;
  createSession(options: SessionOptions): AnySession;
}

export type AnySession = MemberSession | HostSession | CoHostSession;

export function isHostSession(session: AnySession): session is HostSession {
  return 'end' in session;
}

export function isCoHostSession(session: AnySession): session is CoHostSession {
  return 'takeOver' in session;
}

export function isDecider(session: AnySession): session is AnySession & Decisions {
  return 'approve' in session;
}
