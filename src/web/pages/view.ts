import type { Approval, MeetingView } from '../host/session.ts';
import type { HearingBook } from './hearing.ts';
import type { Blocked, Ended, Missing, Problem } from './reasons.ts';
import type { Language } from './text/languages.ts';
import type { Words } from './words.ts';

/** What the pages show and what a person can do on them. The live controller and the gallery's scripted one implement it. */

export type Role = 'host' | 'member';

export interface Operator {
  readonly name: string;
  readonly thumbprint: string;
  /** Where its key lies, by the connector's own word: with the connector, or away from it. */
  readonly kept: 'apart' | 'beside';
}

export type Stage =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unsupported'; readonly missing: readonly Missing[] }
  | { readonly kind: 'blocked'; readonly why: Blocked; readonly retry: boolean }
  | {
      readonly kind: 'start';
      readonly name: string;
      /** This browser has hosted this meeting before: it goes on as a new instance of it. */
      readonly resumes: boolean;
      readonly operators: readonly Operator[];
      /** Where co-hosts may still be named: the page where they find their code. Null: the meeting is made already. */
      readonly coHostPage: string | null;
      /** This device stands in the meeting's registration. */
      readonly coHost: boolean;
    }
  | { readonly kind: 'co-host-code'; readonly code: string }
  | { readonly kind: 'connecting'; readonly step: 'microphone' | 'keys' | 'server' }
  | { readonly kind: 'meeting' }
  | { readonly kind: 'ended'; readonly why: Ended };

export interface Device {
  readonly id: string;
  readonly label: string;
}

export interface MicrophoneView {
  readonly state: 'off' | 'asking' | 'on' | 'muted' | 'denied' | 'missing' | 'failed';
  readonly devices: readonly Device[];
  readonly deviceId: string | null;
}

export interface Invitation {
  readonly link: string;
  readonly number: string | null;
  readonly sip: string;
  /** Of the meeting, where callers may be asked for it. */
  readonly code: string | null;
  /** Only the host's browser has it. */
  readonly pin: string | null;
  /** What became of the PIN since this page was opened: another one is shown, or another one is in force that this page does not know. */
  readonly pinChange: 'none' | 'new' | 'replaced';
}

/** What the host decides before the meeting is made, and what stays as it is. */
export interface MeetingPlan {
  /** Device codes, see co-host-code.ts. */
  readonly coHosts: readonly string[];
  readonly onHostChange: 'ask-again' | 'drop';
}

export interface PageView {
  readonly role: Role;
  readonly stage: Stage;
  readonly meeting: MeetingView | null;
  /** Who can hear, and since when. */
  readonly hearing: HearingBook;
  readonly microphone: MicrophoneView;
  readonly connection: 'connected' | 'reconnecting';
  /** The browser wants a click before it plays sound. */
  readonly playbackBlocked: boolean;
  readonly invitation: Invitation | null;
  readonly operators: readonly Operator[];
  /** There is an evidence file to save. */
  readonly evidence: boolean;
  /** Cleared by the next click. */
  readonly problem: Problem | null;
  readonly words: Words;
}

export interface PageController {
  readonly view: PageView;
  subscribe(listener: (view: PageView) => void): () => void;
  /** Monotonic and wall time of the clock that the session runs on. */
  monoMs(): number;
  wallMs(): number;
  /** Calls `fn` once, also in a background tab. Returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** 0 to 1: how loud this participant is now, for meters. */
  level(identity: string): number;

  setLanguage(language: Language): void;
  start(name: string, plan?: MeetingPlan): void;
  retry(): void;
  leave(): void;
  toggleMute(): void;
  chooseMicrophone(deviceId: string): void;
  retryMicrophone(): void;
  allowPlayback(): void;
  /** Resolves to whether the text is on the clipboard. */
  copy(text: string): Promise<boolean>;

  approve(requestHash: string, approval: Approval): void;
  deny(requestHash: string): void;
  revoke(bridgeThumbprint: string): void;
  endLeg(bridgeThumbprint: string, legId: string): void;
  muteLeg(bridgeThumbprint: string, legId: string, muted: boolean): void;
  setLocked(locked: boolean): void;
  admitMember(identity: string): void;
  refuseMember(identity: string): void;
  removeMember(identity: string): void;
  /** As a person writes a number. */
  invitePhone(number: string): void;
  cancelInvite(dialId: string): void;
  /** Only the host's page: another room PIN, which voids the one in force. Resolves when it is shown, or was not drawn. */
  drawPin(): Promise<void>;
  /** Only a co-host's page: makes it the host. */
  takeOver(): void;
  saveEvidence(): void;
  endForAll(): void;
}
