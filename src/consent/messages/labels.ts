/**
 * Every string that separates one use of a hash, key or signature from another, in one table. A test says that no two
 * are equal and none is the beginning of another.
 */
export const labels = {
  objectHash: 'latchkey/1/object',
  hpkeKeyHash: 'latchkey/1/hpke-key',
  invite: 'latchkey/1/invite',
  senderKey: 'latchkey/1/sender-key',
  sharedKey: 'latchkey/1/shared-key',
  keyCheck: 'latchkey/1/kcv',
  rosterPrivate: 'latchkey/1/roster-private',
  sealInfo: 'latchkey/1/seal-info',
  sealAad: 'latchkey/1/seal-aad',
  nameInfo: 'latchkey/1/name-info',
  callersInfo: 'latchkey/1/callers-info',
  codeCommitment: 'latchkey/1/code-commitment',
  codeDigits: 'latchkey/1/code-digits',
  /** A ledger key's consent to be named beside an identity key in a certificate. */
  ledgerPossession: 'latchkey/1/ledger-possession',
  /** A host's word that it is he who asks for his meeting's room PIN. */
  pinAsk: 'latchkey/1/pin-ask',
  /** A host's word that he wants another room PIN in place of the one that he names. */
  pinDraw: 'latchkey/1/pin-draw',
  /** What seals a connector's or an operator's private key on disk. */
  keyAtRest: 'latchkey/1/key-at-rest',
  /** The ledger's, so that a commitment in a signed message is the one its side table is checked against. */
  personal: 'latchkey ledger personal v1',
} as const;

/** The `typ` of each signed message (RFC 7515 §4.1.9). It is also part of the message's hash. */
export const messageTypes = [
  'certificate',
  'certificate-request',
  'revocation-list',
  'operator-rotation',
  'instance-start',
  'instance-end',
  'hello',
  'welcome',
  'roster',
  'bridge-hello',
  'bridge-request',
  'code-challenge',
  'code-reveal',
  'grant',
  'denial',
  'leg-request',
  'leg-admission',
  'leg-refusal',
  'leg-revocation',
  'removal',
  'rekey',
  'revocation',
  'decision',
  'switched',
  'receipt',
  'heartbeat',
  'nonce',
  'next-key',
  'ledger-ask',
  'ledger-state',
  'witness',
  'dial-offer',
  'dial-request',
  'dial-cancel',
  'dial-state',
] as const;

export type MessageType = (typeof messageTypes)[number];

const typPrefix = 'latchkey/1/msg/';

export const typOf = (type: MessageType): string => typPrefix + type;

export function typeOfTyp(typ: string): MessageType | null {
  return messageTypes.find((type) => typPrefix + type === typ) ?? null;
}
