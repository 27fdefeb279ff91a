import type {
  Approval as Plain,
  Audio,
  Decisions as Basic,
  HostSession,
  MemberSession,
} from '../host/session.ts';

/**
 * What the session behind a page can do. A page offers nothing that its session would not carry out, so a part is switched
 * on here when the session has it.
 */
export interface Abilities {
  /** Listen-only and talk-only grants. */
  readonly audio: boolean;
  /** Later callers without asking, and a choice among the callers of a request. */
  readonly callers: boolean;
  /** Muting and ending one call. */
  readonly legs: boolean;
  /** Locking the meeting, letting in and removing members. */
  readonly door: boolean;
  readonly coHosts: boolean;
}

export const abilities: Abilities = {
  audio: false,
  callers: false,
  legs: false,
  door: false,
  coHosts: false,
};

export interface Approval extends Plain {
  readonly audio?: Audio;
  readonly legs?: 'each' | 'any';
  readonly next?: number;
}

export interface Decisions extends Basic {
  approve(requestHash: string, approval?: Approval): Promise<void>;
  endLeg(bridge: string, legId: string): Promise<void>;
  muteLeg(bridge: string, legId: string, muted: boolean): Promise<void>;
  setLocked(locked: boolean): Promise<void>;
  admitMember(identity: string): Promise<void>;
  refuseMember(identity: string): Promise<void>;
  removeMember(identity: string): Promise<void>;
}

export interface CoHostSession extends MemberSession, Decisions {
  takeOver(): Promise<HostSession>;
}
