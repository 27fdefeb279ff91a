import type { Caller, Payload } from '../../consent/messages/catalog.ts';
import type { Bridge } from './host-bridges.ts';
import { sendJws } from './host-state.ts';
import { bridgeNames, settleAsk, type HostWork } from './host-work.ts';

/** Further callers under a grant: let in by a click, by the grant's scope, or not; muted and ended one by one. */

interface Admission {
  readonly callers: readonly Caller[];
  readonly by: Payload<'leg-admission'>['by'];
  /** Hash of the co-host's decision; empty where this host decided. */
  readonly decision?: string;
}

export async function admitCallers(work: HostWork, bridge: Bridge, admission: Admission): Promise<void> {
  const { ask, granted } = bridge;
  if (ask === null || granted === null || !bridge.holds) throw new Error('prompt-changed');
  const { callers, by, decision = '' } = admission;
  if (by === 'next') granted.next -= callers.length;
  settleAsk(bridge);
  const { state } = work;
  const { jws } = await state.chain.issue('leg-admission', {
    request: ask.hash,
    grant: granted.hash,
    legs: callers.map((c) => c.leg),
    by,
    left: granted.next,
    decision,
  });
  for (const { leg, label } of callers) bridge.admitted.set(leg, label);
  sendJws(state, jws);
  state.views.history('callers-admitted', { ...bridgeNames(bridge), by, callers: callers.length });
  await work.publish();
}

export async function refuseCallers(
  work: HostWork,
  bridge: Bridge,
  reason: Payload<'leg-refusal'>['reason'],
): Promise<void> {
  const { ask, granted } = bridge;
  if (ask === null) throw new Error('prompt-changed');
  settleAsk(bridge);
  await turnAwayCallers(work, {
    request: ask.hash,
    grant: granted?.hash ?? '',
    callers: ask.callers,
    reason,
  });
}

export async function turnAwayCallers(
  { state }: HostWork,
  refusal: {
    readonly request: string;
    readonly grant: string;
    readonly callers: readonly Caller[];
    readonly reason: Payload<'leg-refusal'>['reason'];
  },
): Promise<void> {
  const { request, grant, callers, reason } = refusal;
  // Without a grant there is nobody to refuse by name: the bridge is being locked out.
  if (grant === '') return;
  const legs = callers.map((c) => c.leg);
  const { jws } = await state.chain.issue('leg-refusal', { request, grant, legs, reason });
  sendJws(state, jws);
}

/** What the scope says of these callers, or null where somebody has to decide. */
export function admittedByScope({ ask, granted }: Bridge): 'any' | 'next' | null {
  if (ask?.kind !== 'legs' || granted === null) return null;
  if (granted.scope.legs === 'any') return 'any';
  return granted.next >= ask.callers.length ? 'next' : null;
}

export async function changeLeg(
  work: HostWork,
  bridge: Bridge,
  leg: string,
  reason: Payload<'leg-revocation'>['reason'],
): Promise<void> {
  const { granted } = bridge;
  if (granted === null || !bridge.admitted.has(leg)) throw new Error('unknown-leg');
  if (reason === 'ended') bridge.admitted.delete(leg);
  if (reason === 'muted') bridge.muted.add(leg);
  else bridge.muted.delete(leg);
  const { state } = work;
  const { jws } = await state.chain.issue('leg-revocation', { grant: granted.hash, legs: [leg], reason });
  sendJws(state, jws);
  state.views.history(`caller-${reason}`, bridgeNames(bridge));
  await work.publish();
}
