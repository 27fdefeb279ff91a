import { fromBase64url, toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import type { Store } from '../host/session.ts';
import type { DialIn } from './api.ts';
import type { Operator } from './view.ts';

/** The meeting that this browser hosts, kept so that a reload goes on with it. */
export interface KeptMeeting {
  /** The link it was claimed with: opening that link again means this meeting, not a new one. */
  readonly claim: string;
  readonly meetingId: string;
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
  readonly pin: string;
  /** Names the PIN without being it; null: kept by a page that did not ask. */
  readonly pinId: string | null;
  readonly dialIn: DialIn;
  readonly operators: readonly Operator[];
}

const name = 'meeting';

interface Stored extends Omit<KeptMeeting, 'registration' | 'inviteSecret'> {
  readonly registration: string;
  readonly inviteSecret: string;
}

export async function keepMeeting(store: Store, meeting: KeptMeeting): Promise<void> {
  const stored: Stored = {
    ...meeting,
    registration: toBase64url(meeting.registration),
    inviteSecret: toBase64url(meeting.inviteSecret),
  };
  await store.set(name, utf8(JSON.stringify(stored)));
}

export async function keptMeeting(store: Store): Promise<KeptMeeting | null> {
  const bytes = await store.get(name);
  const json = bytes === null ? null : utf8Text(bytes);
  if (json === null || json === '') return null;
  // Written by this page alone, into storage of this origin.
  const stored = JSON.parse(json) as Stored;
  const registration = fromBase64url(stored.registration);
  const inviteSecret = fromBase64url(stored.inviteSecret);
  if (registration === null || inviteSecret === null) return null;
  // An older page kept no name of the PIN.
  const { pinId = null } = stored as { readonly pinId?: string | null };
  return { ...stored, pinId, registration, inviteSecret };
}

export async function forgetMeeting(store: Store): Promise<void> {
  await store.set(name, new Uint8Array(0));
}
