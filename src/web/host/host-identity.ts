import { peekMessage } from '../../consent/messages/jws.ts';
import { isVoid } from './bridge-certificate.ts';
import type { Bridge } from './host-bridges.ts';
import type { HostEvents } from './host-inbox.ts';
import type { HostLockOut } from './host-lock-out.ts';
import { bridgeNames, type HostWork } from './host-work.ts';

type IdentityEvents = Pick<HostEvents, 'onRevoked' | 'onRevocations' | 'onCode'>;

/** What the host is told about who a bridge is, and what follows where its operator has declared it void. */
export function identityEvents(
  work: HostWork,
  lockOut: HostLockOut,
  remove: (bridges: readonly Bridge[]) => Promise<void>,
): IdentityEvents {
  const { state } = work;
  return {
    onCode(bridge, outcome) {
      if (outcome === 'mismatch') state.views.alarm('code-mismatch', bridgeNames(bridge));
      work.draw();
    },
    onRevoked(jws) {
      const peeked = peekMessage(jws);
      if (!peeked.ok || peeked.value.type !== 'certificate') return;
      const { operatorName: operator, connectorName: connector } = peeked.value.payload;
      state.views.alarm('certificate-revoked', { operator, connector });
    },
    onRevocations: () => work.later(() => dropRevoked(work, lockOut, remove)),
  };
}

/** A connector that is here turns out to be void: whatever it holds is locked out, and nothing of it is heard again. */
async function dropRevoked(
  work: HostWork,
  lockOut: HostLockOut,
  remove: (bridges: readonly Bridge[]) => Promise<void>,
): Promise<void> {
  const { state } = work;
  const revoked = [...state.bridges.values()].filter((bridge) => isVoid(state, bridge));
  for (const bridge of revoked) {
    state.views.alarm('certificate-revoked', bridgeNames(bridge));
    if (!bridge.holds) continue;
    await lockOut.revoke(bridge, 'revoked');
    await work.rotate();
  }
  await remove(revoked.filter((bridge) => bridge.lockingOut === null));
}

/** A name that people know with a key that this browser does not know. */
export function noteStanding({ views }: HostWork['state'], bridge: Bridge): void {
  const { state, previousOperator } = bridge.standing;
  if (state !== 'changed') return;
  views.alarm('bridge-changed', { ...bridgeNames(bridge), previousOperator: previousOperator ?? '' });
}
