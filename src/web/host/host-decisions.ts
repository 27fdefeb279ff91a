import type { Payload } from '../../consent/messages/catalog.ts';
import type { Verified } from '../../consent/messages/jws.ts';
import { toBase64url } from '../../base/bytes.ts';
import type { Bridge } from './host-bridges.ts';
import type { Approval } from './session.ts';

/** What the key host can be told to do. */
export interface Deciding {
  approveFor(request: string, approval: Approval, decision: string): Promise<void>;
  denyAny(request: string): Promise<void>;
  changeLeg(bridge: string, leg: string, reason: 'ended' | 'muted' | 'unmuted'): Promise<void>;
  setLocked(locked: boolean): Promise<void>;
  admitMember(join: string): Promise<void>;
  refuseMember(join: string): Promise<void>;
  removeMember(join: string): Promise<void>;
}

/**
 * What a co-host has decided, carried out by the key host as if it were its own, under the co-host's hash. What cannot be
 * done any more (the question is answered, the caller gone) is let fall: the co-host sees it in the host's list.
 */
export async function carryOut(meeting: Deciding, decision: Verified<'decision'>): Promise<boolean> {
  const { payload, hash } = decision;
  const act = actOf(meeting, payload, hash);
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Error && known.includes(error.message)) return false;
    throw error;
  }
}

const known = [
  'prompt-changed',
  'ledger-inconsistent',
  'talk-only-impossible',
  'unknown-leg',
  'unknown-member',
  'locked-by-registration',
];

function actOf(meeting: Deciding, payload: Payload<'decision'>, hash: string): () => Promise<void> {
  const { what, request, scope, legs, bridge, member } = payload;
  const [leg = ''] = legs;
  switch (what) {
    case 'approve': {
      const { audio, legs: rule, next, until } = scope;
      const approval = { audio, legs: rule, next, only: legs, untilMinutes: until / 60_000 };
      return () => meeting.approveFor(request, approval, hash);
    }
    case 'deny':
      return () => meeting.denyAny(request);
    case 'end-leg':
      return () => meeting.changeLeg(bridge, leg, 'ended');
    case 'mute-leg':
    case 'unmute-leg':
      return () => meeting.changeLeg(bridge, leg, what === 'mute-leg' ? 'muted' : 'unmuted');
    case 'lock':
    case 'unlock':
      return () => meeting.setLocked(what === 'lock');
    case 'admit':
      return () => meeting.admitMember(member);
    case 'refuse':
      return () => meeting.refuseMember(member);
    case 'remove':
      return () => meeting.removeMember(member);
  }
}

/** Whether a co-host's revocation is about this bridge's grant. */
export const isRevoked = (bridge: Bridge, key: string, grant: string): boolean =>
  bridge.holds && toBase64url(bridge.key) === key && (grant === '' || bridge.granted?.hash === grant);
