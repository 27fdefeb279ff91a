import type {
  BridgeView,
  DialView,
  HistoryItem,
  KnockView,
  LegView,
  MemberView,
  Prompt,
  ScopeView,
} from '../host/session.ts';

/** Who and what the gallery's states are made of. The people, numbers and keys are made up. */

/** When the meeting of the gallery began; its clock stands still a little later. */
export const wallMs = Date.UTC(2026, 4, 18, 9, 30, 0);

export const person = (name: string, key: string, extra: Partial<MemberView> = {}): MemberView => ({
  identity: `p-${key}`,
  name,
  thumbprint: `${key}7hQ2vXc0rN4mTzKp1sWbYeUoLgA9dJfR3i6x8`.slice(0, 43),
  isHost: false,
  isMe: false,
  isCoHost: false,
  holdsKey: true,
  ...extra,
});

export const ada = person('Ada Osei', 'Zm9vQk1x', { isHost: true });
export const ben = person('Benedikt Lang', 'R2ludFhs');
export const chi = person('Chiara Rossi', 'TGF0Y2g5');
export const me = (member: MemberView): MemberView => ({ ...member, isMe: true });

export const caller: LegView = {
  legId: 'leg-1',
  display: '+49 30 ···· 417',
  verification: 'absent',
  transport: 'udp+rtp',
  state: 'waiting',
  muted: false,
};
export const second: LegView = {
  legId: 'leg-2',
  display: '+44 20 ···· 9902',
  verification: 'A',
  transport: 'tls+srtp',
  state: 'waiting',
  muted: false,
};
export const dial: DialView = {
  dialId: 'dial-1',
  bridge: 'p-bridge',
  number: '',
  mine: true,
  state: 'asked',
  reason: '',
  legId: '',
};
export const admitted = (leg: LegView): LegView => ({ ...leg, state: 'admitted' });

export const bridge = (state: BridgeView['state'], extra: Partial<BridgeView> = {}): BridgeView => ({
  identity: 'p-bridge',
  thumbprint: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  operator: 'Northgate Telecom',
  connector: 'bridge-01.northgate.example',
  state,
  legs: [caller],
  switchesLeft: 0,
  lockedOutAfterMs: null,
  scope: null,
  suite: 'X-Wing, HKDF-SHA256, AES-256-GCM',
  identityState: 'known',
  code: null,
  ledger: 'consistent',
  canDial: false,
  ...extra,
});

export const prompt: Prompt = {
  kind: 'key',
  bridgeThumbprint: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  scope: { audio: 'both' },
  canTalkOnly: true,
  reason: 'new',
  identityState: 'known',
  previousOperator: null,
  code: null,
  ledger: 'consistent',
  merged: 0,
  requestHash: 'c2lnbmVkLXJlcXVlc3QtaGFzaC1vZi10aGUtZ2FsbGVyeQ',
  bridge: 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM',
  operator: 'Northgate Telecom',
  connector: 'bridge-01.northgate.example',
  operatorThumbprint: 'T3BlcmF0b3JLZXlUaHVtYnByaW50MDEyMzQ1Njc4OWE',
  suite: 'X-Wing, HKDF-SHA256, AES-256-GCM',
  callers: [caller, second],
  liveFromMonoMs: 0,
};

export const event = (second_: number, what: string, detail: HistoryItem['detail'] = {}): HistoryItem => ({
  atWallMs: wallMs + second_ * 1000,
  what,
  detail,
});
const early = [event(0, 'started'), event(14, 'member-joined', { name: ben.name })];
export const later = [...early, event(31, 'member-joined', { name: chi.name })];
export const operator = { operator: 'Northgate Telecom' };
export const asked = [...later, event(64, 'bridge-joined', operator), event(70, 'bridge-request', operator)];
export const open = [...asked, event(76, 'granted', operator), event(77, 'receipt', operator)];

export const scope = (extra: Partial<ScopeView> = {}): ScopeView => ({
  audio: 'both',
  legs: 'each',
  next: 0,
  untilWallMs: 0,
  ...extra,
});

export const knocks: readonly KnockView[] = [
  {
    identity: 'p-RGFuaWVs',
    name: 'Daniel Weiß',
    thumbprint: person('', 'RGFuaWVs').thumbprint,
    why: 'locked',
  },
  {
    identity: 'p-RXZlbHlu',
    name: 'Evelyn Mbeki',
    thumbprint: person('', 'RXZlbHlu').thumbprint,
    why: 'no-invite',
  },
];
