import type { BridgeView, LegView, MeetingView, MemberView } from '../host/session.ts';
import { shownName } from './format.ts';
import type { Texts } from './text/english.ts';

/** The one sentence on top of the meeting, and who stands behind it. Pure, so that tests can hold it to the truth. */

export type Tone = 'sealed' | 'waiting' | 'ask' | 'open' | 'locking' | 'stopped' | 'alarm';

export interface Truth {
  readonly tone: Tone;
  readonly title: string;
  readonly body: string;
  /** Bridges whose key one click takes back. */
  readonly revocable: readonly BridgeView[];
}

/** A bridge that may be able to hear: from the grant until the lock-out is complete, whatever it says itself. */
export function mayHear(bridge: BridgeView): boolean {
  return ['granted', 'holds-key', 'locking-out', 'asked-to-rotate'].includes(bridge.state);
}

export function admittedLegs(bridge: BridgeView): readonly LegView[] {
  return mayHear(bridge) ? bridge.legs.filter((leg) => leg.state === 'admitted') : [];
}

export function hearingMembers(meeting: MeetingView): readonly MemberView[] {
  return meeting.members.filter((member) => member.holdsKey);
}

export function operatorOf(bridge: BridgeView, t: Texts): string {
  return shownName(bridge.operator) || shownName(bridge.connector) || t.bridge.unknownOperator;
}

function bridgeTruth(meeting: MeetingView, t: Texts): Truth | null {
  const people = hearingMembers(meeting).length;
  const inState = (state: BridgeView['state']): BridgeView | undefined =>
    meeting.bridges.find((bridge) => bridge.state === state);
  const revocable = meeting.bridges.filter((b) => b.state === 'granted' || b.state === 'holds-key');
  const holder = inState('holds-key');
  if (holder !== undefined) {
    const phones = meeting.bridges.flatMap(admittedLegs).length;
    return {
      tone: 'open',
      title: phones === 0 ? t.truth.openBridge(people) : t.truth.open(people, phones),
      body: t.truth.openBody(operatorOf(holder, t)),
      revocable,
    };
  }
  const granted = inState('granted');
  if (granted !== undefined) {
    const operator = operatorOf(granted, t);
    return { tone: 'open', title: t.truth.opening(operator), body: t.truth.openBody(operator), revocable };
  }
  const locking = inState('locking-out');
  if (locking !== undefined) {
    const title = t.truth.locking(locking.switchesLeft);
    return { tone: 'locking', title, body: t.truth.lockingBody, revocable: [] };
  }
  if (inState('asked-to-rotate') !== undefined) {
    const [title, body] = [t.bridge.state['asked-to-rotate'], t.bridge.explain['asked-to-rotate']];
    return { tone: 'locking', title, body, revocable: [] };
  }
  if (inState('asking') !== undefined) {
    return { tone: 'ask', title: t.truth.asks, body: t.truth.asksBody, revocable: [] };
  }
  if (inState('waiting') !== undefined || inState('denied') !== undefined) {
    return { tone: 'waiting', title: t.truth.waiting(people), body: t.truth.waitingBody, revocable: [] };
  }
  return null;
}

export function truthOf(meeting: MeetingView, t: Texts): Truth {
  const none: readonly BridgeView[] = [];
  if (meeting.phase === 'joining') {
    return { tone: 'waiting', title: t.truth.joining, body: t.truth.joiningBody, revocable: none };
  }
  if (meeting.phase === 'waiting-for-host') {
    return {
      tone: 'waiting',
      title: t.truth.waitingForHost,
      body: t.truth.waitingForHostBody,
      revocable: none,
    };
  }
  if (!meeting.hostPresent) {
    return { tone: 'stopped', title: t.truth.noHost, body: t.truth.noHostBody, revocable: none };
  }
  const byBridge = bridgeTruth(meeting, t);
  if (byBridge !== null) return byBridge;
  const people = hearingMembers(meeting).length;
  const title = people <= 1 ? t.truth.sealedAlone : t.truth.sealed(people);
  // Nothing looks sealed beside a warning.
  if (meeting.alarms.length > 0) return { tone: 'alarm', title, body: t.truth.alarmBody, revocable: none };
  return { tone: 'sealed', title, body: t.truth.sealedBody, revocable: none };
}
