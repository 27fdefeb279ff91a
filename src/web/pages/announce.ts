import type { BridgeView, LegView, MeetingView } from '../host/session.ts';
import { callerName, personName } from './names.ts';
import type { Texts } from './text/english.ts';
import { dialWords } from './dial-words.ts';
import { operatorOf } from './truth.ts';
import type { Words } from './words.ts';

/** What a screen reader is told when the meeting changes from `before` to `now`. Pure. */
export function announcements(
  before: MeetingView | null,
  now: MeetingView | null,
  words: Words,
): readonly string[] {
  const { t } = words;
  if (now === null) return [];
  const entered = now.phase === 'in-meeting' && before?.phase !== 'in-meeting' ? [t.say.inMeeting] : [];
  if (before === null) return entered;
  return [
    ...entered,
    ...ofHost(before, now, t),
    ...ofDoor(before, now, t),
    ...ofMembers(before, now, t),
    ...ofBridges(before, now, words),
    ...ofCallers(before, now, t),
    ...ofDials(before, now, t),
  ];
}

function ofHost(before: MeetingView, now: MeetingView, t: Texts): readonly string[] {
  if (before.role !== now.role && now.role === 'host') return [t.say.youHost];
  if (before.phase !== 'in-meeting' || before.hostPresent === now.hostPresent) return [];
  return [now.hostPresent ? t.say.hostBack : t.say.hostGone];
}

function ofDoor(before: MeetingView, now: MeetingView, t: Texts): readonly string[] {
  const known = new Set(before.knocking.map((knock) => knock.identity));
  const knocks = now.knocking
    .filter((knock) => !known.has(knock.identity))
    .map((knock) => t.say.knocks(personName(knock, t)));
  if (before.locked === now.locked) return knocks;
  return [now.locked ? t.say.locked : t.say.unlocked, ...knocks];
}

function ofMembers(before: MeetingView, now: MeetingView, t: Texts): readonly string[] {
  const names = (view: MeetingView): ReadonlyMap<string, string> =>
    new Map(view.members.filter((m) => !m.isMe).map((m) => [m.identity, personName(m, t)]));
  const [old, current] = [names(before), names(now)];
  const joined = [...current]
    .filter(([identity]) => !old.has(identity))
    .map(([, name]) => t.say.joined(name));
  const left = [...old].filter(([identity]) => !current.has(identity)).map(([, name]) => t.say.left(name));
  return [...joined, ...left];
}

function ofBridges(before: MeetingView, now: MeetingView, words: Words): readonly string[] {
  const states = new Map(before.bridges.map((bridge) => [bridge.identity, bridge.state]));
  const said = now.bridges
    .map((bridge) => ofBridge(states.get(bridge.identity), bridge, words))
    .filter((line) => line !== null);
  const gone = before.bridges.some((old) => !now.bridges.some((bridge) => bridge.identity === old.identity));
  return gone ? [...said, words.t.say.bridgeGone] : said;
}

function ofBridge(
  before: BridgeView['state'] | undefined,
  bridge: BridgeView,
  { t, format }: Words,
): string | null {
  if (before === bridge.state) return null;
  const operator = operatorOf(bridge, t);
  switch (bridge.state) {
    case 'waiting':
      return before === undefined && !bridge.canDial ? t.say.bridgeWaiting(operator) : null;
    case 'asking':
      return t.say.bridgeAsks(operator);
    case 'holds-key':
      return t.say.bridgeHolds(operator);
    case 'denied':
      return t.say.bridgeDenied(operator);
    case 'locking-out':
      return t.say.bridgeLocking;
    case 'locked-out':
      return bridge.lockedOutAfterMs === null
        ? t.say.bridgeLockedPlain
        : t.say.bridgeLocked(format.seconds(bridge.lockedOutAfterMs));
    case 'asked-to-rotate':
      return t.bridge.explain['asked-to-rotate'];
    case 'granted':
      return null;
  }
}

/** Calls that came in, hung up, or were muted by a host. Those that wait are the bridge's matter and the prompt's. */
function ofCallers(before: MeetingView, now: MeetingView, t: Texts): readonly string[] {
  const legsOf = (view: MeetingView): ReadonlyMap<string, LegView> =>
    new Map(view.bridges.flatMap((bridge) => bridge.legs.map((leg) => [leg.legId, leg] as const)));
  const [old, current] = [legsOf(before), legsOf(now)];
  return [...current].flatMap(([id, leg]) => {
    const was = old.get(id);
    const caller = callerName(leg, t);
    if (leg.state === 'admitted' && was?.state !== 'admitted') return [t.say.callerIn(caller)];
    if (leg.state === 'left' && was?.state === 'admitted') return [t.say.callerOut(caller)];
    if (leg.state !== 'admitted' || was?.muted === leg.muted) return [];
    return [leg.muted ? t.say.callerMuted(caller) : t.say.callerUnmuted(caller)];
  });
}

/** Phones that are being called: each step, for those who do not see the list. */
function ofDials(before: MeetingView, now: MeetingView, t: Texts): readonly string[] {
  const old = new Map(before.dials.map((dial) => [dial.dialId, dial.state]));
  return now.dials
    .filter((dial) => dial.state !== 'asked' && old.get(dial.dialId) !== dial.state)
    .map((dial) => t.say.dial(dial.number === '' ? t.dial.somebody : dial.number, dialWords(dial, t)));
}
