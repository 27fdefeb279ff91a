import type { MessageType } from '../consent/messages/labels.ts';
import type { LedgerEventType, NewEntry } from '../ledger/event.ts';

/**
 * Who may state what. Requests and answers are in neither list: the vault writes them itself, after its own checks. Control
 * parses SIP and HTTP and can therefore state nothing about keys; a worker speaks about its own meeting only.
 */
const control: readonly LedgerEventType[] = [
  'registration-seen',
  'meeting-taken',
  'pin-refused',
  'pin-replaced',
  'notice-answered',
  'call-ended',
  'refused',
  'drain',
  'operator-action',
  'admin-action',
];

const worker: readonly LedgerEventType[] = [
  'registration-seen',
  'instance-start',
  'instance-end',
  'decision',
  'expired',
  'leg-asked',
  'leg-admitted',
  'leg-refused',
  'leg-joined',
  'leg-left',
  'leg-muted',
  'key-opened',
  'rekeyed',
  'key-destroyed',
  'receipt',
  'revoked',
  'gate-closed',
  'heartbeat-lost',
  'roster',
  'switched',
  'witnessed',
  'dial-requested',
  'dial-ended',
  'refused',
];

/** What the connector may say under its identity key on a worker's word. A request goes its own way. */
const signable = [
  'bridge-hello',
  'code-reveal',
  'leg-request',
  'receipt',
  'nonce',
  'next-key',
  'ledger-state',
  'dial-offer',
  'dial-state',
] as const satisfies readonly MessageType[];

export type SignableType = (typeof signable)[number];

/** That something was removed from the ledger, or the ledger put back, is for its writer alone to say. */
const accountsForRemoval = ({ type, data }: NewEntry): boolean =>
  type === 'operator-action' && ['erase', 'forget', 'prune', 'restored'].includes(String(data?.['action']));

export const controlMayAppend = (entry: NewEntry): boolean =>
  control.includes(entry.type) && !accountsForRemoval(entry);

export const workerMayAppend = (entry: NewEntry, meeting: string): boolean =>
  worker.includes(entry.type) && entry.meeting === meeting;

/** What a grant may be recorded together with. */
export const workerMayFollow = (entry: NewEntry, meeting: string): boolean =>
  (entry.type === 'leg-admitted' || entry.type === 'key-opened') && entry.meeting === meeting;

export const isSignable = (type: MessageType): type is SignableType =>
  (signable as readonly MessageType[]).includes(type);
