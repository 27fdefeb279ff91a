import type { Instance } from '../../consent/host-watch.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import type { Verified } from '../../consent/messages/jws.ts';
import type { GrantBook } from './grant-book.ts';
import type { PrivatePart } from './private-part.ts';
import type { LedgerState, MeetingView } from './session.ts';

/** What a member knows when it draws, for a client that shows more of it. */
export interface Drawn {
  readonly roster: Payload<'roster'>;
  readonly parts: PrivatePart;
  readonly book: GrantBook;
  readonly instance: Instance;
  readonly meetingId: string;
  ledger(join: string): LedgerState;
}

/** What a half of the bridge code is of. */
export interface RevealedOf {
  readonly request: Verified<'bridge-request'>;
  /** Thumbprint. */
  readonly host: string;
}

/** A co-host's client looks on; what it says itself goes out beside the member's words. */
export interface MemberObserver {
  drawn(drawn: Drawn): Promise<Partial<MeetingView>>;
  revoked(): Promise<void>;
  /** Halves of the bridge code, each as its sender signed it; true where there is more to show. */
  challenged(challenge: Verified<'code-challenge'>): void;
  revealed(jws: string, claimed: Payload<'code-reveal'>, about: RevealedOf): Promise<boolean>;
  begun(): void;
}
