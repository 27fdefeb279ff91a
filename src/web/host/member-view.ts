import type { Certificate } from '../../consent/messages/certificate.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import { suiteName } from '../../consent/messages/seal.ts';
import type { PrivatePart } from './private-part.ts';
import type { BridgeView, IdentityState, LedgerState, LegView, MemberView, ScopeView } from './session.ts';

/** What a member knows when it draws its page. */
export interface MemberKnows {
  readonly roster: Payload<'roster'>;
  readonly parts: PrivatePart;
  readonly hostKey: string;
  /** Of the registration, in order. */
  readonly hosts: readonly string[];
  readonly ownJoin: string;
  /** Whether this page sends under the roster's epoch. */
  readonly switched: boolean;
  thumbprint(key: string): Promise<string>;
  certificate(key: string): Certificate | null;
  lockedOutMs(join: string): number | null;
  ledger(join: string): LedgerState;
  canDial(bridge: { readonly join: string; readonly key: string }): boolean;
  identityState(key: string): IdentityState;
  /** Of a grant that was verified here. */
  scope(grant: string): ScopeView | null;
}

export function memberPeople(knows: MemberKnows): Promise<readonly MemberView[]> {
  const names = new Map(knows.parts.names.map((n) => [n.join, n.name]));
  return Promise.all(
    knows.roster.members.map(async ({ key, join }) => ({
      identity: identityOf(join),
      name: names.get(join) ?? '',
      thumbprint: await knows.thumbprint(key),
      isHost: key === knows.hostKey,
      isMe: join === knows.ownJoin,
      isCoHost: key !== knows.hostKey && knows.hosts.includes(key),
      holdsKey: join !== knows.ownJoin || knows.switched,
    })),
  );
}

export function memberBridges(knows: MemberKnows): Promise<readonly BridgeView[]> {
  const labels = new Map(knows.parts.labels.map((l) => [l.leg, l]));
  return Promise.all(
    knows.roster.bridges.map(async (bridge) => {
      const certificate = knows.certificate(bridge.key);
      const legs = bridge.legs.map(({ leg, state }): LegView => {
        const label = labels.get(leg);
        return {
          legId: leg,
          display: label?.display ?? '',
          verification: label?.verification ?? 'absent',
          transport: label?.transport ?? '',
          state: state === 'muted' ? 'admitted' : state,
          muted: state === 'muted',
        };
      });
      return {
        identity: identityOf(bridge.join),
        thumbprint: await knows.thumbprint(bridge.key),
        operator: certificate?.operatorName ?? '',
        connector: certificate?.connectorName ?? '',
        state: bridge.state,
        legs,
        switchesLeft: 0,
        lockedOutAfterMs: bridge.state === 'locked-out' ? knows.lockedOutMs(bridge.join) : null,
        scope: knows.scope(bridge.grant),
        suite: bridge.request === '' ? '' : suiteName,
        identityState: knows.identityState(bridge.key),
        code: null,
        ledger: knows.ledger(bridge.join),
        canDial: knows.canDial(bridge),
      };
    }),
  );
}
