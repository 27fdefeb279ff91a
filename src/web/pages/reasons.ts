/** Names of what can stand in a person's way; the language tables have the words. */

/** Why there is nothing to start: names a text. */
export type Blocked =
  | 'no-claim'
  | 'claim-unknown'
  | 'already-claimed'
  | 'link-incomplete'
  | 'meeting-unknown'
  | 'meeting-changed'
  | 'meeting-full'
  | 'server-unreachable'
  | 'too-many-requests'
  | 'unexpected';

export type Ended =
  'you-left' | 'you-ended' | 'host-ended' | 'refused' | 'removed' | 'connection-lost' | 'other-tab';

/** A click that did not work out: names a text. */
export type Problem =
  | 'answer-failed'
  | 'revoke-failed'
  | 'talk-only-impossible'
  | 'ledger-inconsistent'
  | 'change-failed'
  | 'take-over-failed'
  | 'pin-failed';

export type Missing =
  'secure-context' | 'webrtc' | 'frame-encryption' | 'ed25519' | 'storage' | 'workers' | 'microphone';
