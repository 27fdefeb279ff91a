import type { BridgeView, LegView, MeetingView } from '../host/session.ts';
import { shownName } from './format.ts';
import { hearingCount, mayHear, type Hearer } from './hearing.ts';
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

/** Calls that are in the meeting, whether they hear it or only speak to it. */
export function admittedLegs(bridge: BridgeView): readonly LegView[] {
  return isOpen(bridge) || ['locking-out', 'asked-to-rotate'].includes(bridge.state)
    ? bridge.legs.filter((leg) => leg.state === 'admitted')
    : [];
}

/** Whether somebody said yes to this bridge, and nobody took it back. */
export function isOpen(bridge: BridgeView): boolean {
  return bridge.state === 'granted' || bridge.state === 'holds-key';
}

export function operatorOf(bridge: BridgeView, t: Texts): string {
  return shownName(bridge.operator) || shownName(bridge.connector) || t.bridge.unknownOperator;
}

const nothing: readonly BridgeView[] = [];

function openTruth(meeting: MeetingView, hearers: readonly Hearer[], t: Texts): Truth | null {
  const revocable = meeting.bridges.filter(isOpen);
  const { people, phones } = hearingCount(hearers);
  const holder = revocable.find((bridge) => bridge.state === 'holds-key' && mayHear(bridge));
  if (holder !== undefined) {
    const title = phones === 0 ? t.truth.openBridge(people) : t.truth.open(people, phones);
    return { tone: 'open', title, body: t.truth.openBody(operatorOf(holder, t)), revocable };
  }
  const granted = revocable.find(mayHear);
  if (granted !== undefined) {
    const operator = operatorOf(granted, t);
    return { tone: 'open', title: t.truth.opening(operator), body: t.truth.openBody(operator), revocable };
  }
  return null;
}

function bridgeTruth(meeting: MeetingView, hearers: readonly Hearer[], t: Texts): Truth | null {
  const open = openTruth(meeting, hearers, t);
  if (open !== null) return open;
  const inState = (state: BridgeView['state']): BridgeView | undefined =>
    meeting.bridges.find((bridge) => bridge.state === state);
  const revocable = meeting.bridges.filter(isOpen);
  const { people } = hearingCount(hearers);
  const locking = inState('locking-out');
  if (locking !== undefined) {
    const title = t.truth.locking(locking.switchesLeft);
    return { tone: 'locking', title, body: t.truth.lockingBody, revocable };
  }
  if (inState('asked-to-rotate') !== undefined) {
    const [title, body] = [t.bridge.state['asked-to-rotate'], t.bridge.explain['asked-to-rotate']];
    return { tone: 'locking', title, body, revocable };
  }
  // A bridge that left with its key can hear until the keys have changed, though the view no longer shows it.
  if (hearers.some((hearer) => hearer.kind === 'bridge')) {
    return { tone: 'locking', title: t.truth.locking(0), body: t.truth.lockingBody, revocable };
  }
  const speaker = revocable[0];
  if (speaker !== undefined) {
    const title = t.truth.speaks(people, revocable.flatMap(admittedLegs).length);
    return { tone: 'waiting', title, body: t.truth.speaksBody(operatorOf(speaker, t)), revocable };
  }
  if (inState('asking') !== undefined) {
    return { tone: 'ask', title: t.truth.asks, body: t.truth.asksBody, revocable };
  }
  if (meeting.bridges.some((bridge) => someoneWaits(bridge))) {
    return { tone: 'waiting', title: t.truth.waiting(people), body: t.truth.waitingBody, revocable };
  }
  return null;
}

/** A bridge that calls phones is there before anybody has called, and then there is nobody outside. */
const someoneWaits = ({ state, canDial, legs }: BridgeView): boolean =>
  state === 'denied' || (state === 'waiting' && !(canDial && legs.length === 0));

export function truthOf(meeting: MeetingView, hearers: readonly Hearer[], t: Texts): Truth {
  const plain = (tone: Tone, title: string, body: string): Truth => ({
    tone,
    title,
    body,
    revocable: nothing,
  });
  if (meeting.phase === 'joining') return plain('waiting', t.truth.joining, t.truth.joiningBody);
  const coHost = meeting.role === 'co-host';
  // Whether the host said goodbye or was lost is the same to a co-host: he may take over.
  if (meeting.phase === 'waiting-for-host' && !coHost) {
    return plain('waiting', t.truth.waitingForHost, t.truth.waitingForHostBody);
  }
  if (!meeting.hostPresent) {
    return plain('stopped', t.truth.noHost, coHost ? t.truth.noHostCoHost : t.truth.noHostBody);
  }
  const byBridge = bridgeTruth(meeting, hearers, t);
  if (byBridge !== null) return byBridge;
  const { people } = hearingCount(hearers);
  const title = people <= 1 ? t.truth.sealedAlone : t.truth.sealed(people);
  // Nothing looks sealed beside a warning.
  if (meeting.alarms.length > 0) return plain('alarm', title, t.truth.alarmBody);
  return plain('sealed', title, t.truth.sealedBody);
}
