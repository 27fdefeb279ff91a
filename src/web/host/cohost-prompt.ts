import { labelsMatch } from '../../consent/messages/commitment.ts';
import { bytesOfText } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { suiteName } from '../../consent/messages/seal.ts';
import type { Drawn } from './member-observer.ts';
import type { IdentityState, LegView, Prompt } from './session.ts';

/**
 * What the host is being asked, as a co-host's client has checked it by itself: the bridge's own signed question, found by the
 * hash in the host's list, with labels that it committed to. Null where there is none, or where something is missing.
 */
export async function coHostPrompt(
  drawn: Drawn,
  keysPerSender: boolean,
): Promise<Omit<Prompt, 'liveFromMonoMs'> | null> {
  const { roster, parts, book } = drawn;
  const bridge = roster.bridges.find((b) => b.ask !== '');
  const request = bridge === undefined ? null : book.request(bridge.ask);
  const certificate = bridge === undefined ? null : book.certificate(bridge.key);
  if (bridge === undefined || request === null || certificate === null) return null;
  const { payload } = request;
  if (payload.join !== bridge.join || payload.instance !== roster.instance) return null;
  const labels = payload.callers.flatMap(({ leg }) => parts.labels.filter((l) => l.leg === leg));
  if (!(await labelsMatch(payload.callers, labels))) return null;
  const bridgeThumbprint = await thumbprint(bytesOfText(bridge.key));
  const others = roster.bridges.filter((b) => b.key === bridge.key && b.join !== bridge.join && b.holds);
  const callers = labels.map(({ leg, display, verification, transport }): LegView => ({
    legId: leg,
    display,
    verification,
    transport,
    state: 'waiting',
    muted: false,
  }));
  const standing = book.standing(bridge.key);
  return {
    kind: request.type === 'bridge-request' ? 'key' : 'callers',
    requestHash: bridge.ask,
    bridge: bridgeThumbprint,
    bridgeThumbprint,
    operator: certificate.operatorName,
    connector: certificate.connectorName,
    operatorThumbprint: certificate.operatorThumbprint,
    suite: suiteName,
    callers,
    scope: { audio: 'scope' in payload ? payload.scope.audio : 'both' },
    canTalkOnly: keysPerSender && others.length === 0,
    reason: reasonOf(standing.state, bridge.state),
    identityState: standing.state,
    previousOperator: standing.previousOperator,
    code: null,
    ledger: drawn.ledger(bridge.join),
    merged: 0,
  };
}

function reasonOf(identity: IdentityState, state: string): Prompt['reason'] {
  if (identity === 'changed') return 'identity-changed';
  return state === 'denied' ? 'again' : 'new';
}
