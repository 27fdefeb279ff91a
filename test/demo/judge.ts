import type { Party } from './chord.ts';
import { countBetween, firstAfter, lastBetween, type Hearing } from './listener.ts';
import type { TapAnswer } from './tap.ts';

/** Everything the verdict rests on: what was in the ears, what was on the wire, and when somebody clicked. */
export interface Evidence {
  readonly answeredAt: number;
  readonly pinRefused: boolean;
  readonly pinAccepted: boolean;
  readonly reasonSpoken: boolean;
  /** One participant, the bridge, asking and without a key, with the caller's label: as host and member saw it. */
  readonly bridgeSeenWaiting: boolean;
  readonly approvedAt: number;
  readonly revokedAt: number;
  readonly hungUpAt: number;
  readonly hearing: Readonly<Record<Party, Hearing>>;
  /** When the caller got frames that are neither silence nor in the lobby's own sound files. */
  readonly strange: readonly number[];
  /** RTP streams that the caller received: one, if moving between processes is not audible. */
  readonly rtpStreams: number;
  readonly tap: TapAnswer;
  readonly ledgerVerified: boolean;
  readonly ledgerEvents: number;
  /** Whether the ledger's interval of this leg covers all that the caller heard. */
  readonly ledgerCoversHearing: boolean;
  readonly connectorExit: number | null;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** The figures it was decided by. */
  readonly saw: string;
}

export interface Verdict {
  readonly checks: readonly Check[];
  readonly figures: Readonly<Record<string, number | boolean | null>>;
}

/** A second of listening is 50 frames: what counts as having heard somebody properly, or having listened at all. */
const second = 50;
/** How long after a click something may take before the demo calls it a failure. Typical figures are far below. */
const limits = { audioMs: 3_000, silenceMs: 1_500, switchMs: 2_000 } as const;
const everybody: readonly Party[] = ['host', 'member', 'caller'];
const room: readonly Party[] = ['host', 'member'];

const round = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

/** The largest, or null where one of them is missing. */
function worst(times: readonly (number | null)[]): number | null {
  return times.includes(null) ? null : Math.max(...times.map((time) => time ?? 0));
}

/** Frames in which `ear` heard any of `whom`, in [from, to). */
function heardFrames(ear: Hearing, whom: readonly Party[], from: number, to: number): number {
  return whom.reduce((sum, party) => sum + countBetween(ear.heard[party], from, to), 0);
}

export function judge(evidence: Evidence): Verdict {
  const { hearing, strange, answeredAt, approvedAt, revokedAt, hungUpAt, tap } = evidence;
  // Whatever is not the lobby's is the room's: chords that were recognised, and frames that nothing explains.
  const { host = [], member = [] } = hearing.caller.heard;
  const notLobby = [...new Set([...host, ...member, ...strange])].sort((a, b) => a - b);
  const onset = (ear: Party, whom: Party): number | null => {
    const at = firstAfter(hearing[ear].heard[whom], approvedAt);
    return at === null ? null : at - approvedAt;
  };
  const offset = (ear: Party, whom: Party): number | null => {
    const at = lastBetween(hearing[ear].heard[whom], revokedAt, hungUpAt);
    return at === null ? null : at - revokedAt;
  };
  const before = {
    listened: countBetween(hearing.caller.frames, answeredAt, approvedAt),
    heard: countBetween(notLobby, answeredAt, approvedAt),
    callerHeard: room.reduce((n, ear) => n + heardFrames(hearing[ear], ['caller'], 0, approvedAt), 0),
    roomHeardItself: Math.min(
      heardFrames(hearing.host, ['member'], answeredAt, approvedAt),
      heardFrames(hearing.member, ['host'], answeredAt, approvedAt),
    ),
  };
  const pairs = everybody.flatMap((ear) => everybody.filter((w) => w !== ear).map((whom) => ({ ear, whom })));
  const during = pairs.map(({ ear, whom }) => heardFrames(hearing[ear], [whom], approvedAt, revokedAt));
  const self = everybody.map((party) => heardFrames(hearing[party], [party], 0, Infinity));
  const clickToCallerMs = worst(room.map((party) => onset('caller', party)));
  const clickToRoomMs = worst(room.map((party) => onset(party, 'caller')));
  const callerSilenceMs = (lastBetween(notLobby, revokedAt, hungUpAt) ?? revokedAt) - revokedAt;
  const strangeDuring = countBetween(strange, approvedAt, revokedAt);
  const roomSilenceMs = Math.max(...room.map((party) => offset(party, 'caller') ?? 0));
  const quietFrom = revokedAt + limits.silenceMs;
  const after = {
    listened: countBetween(hearing.caller.frames, quietFrom, hungUpAt),
    heard: countBetween(notLobby, quietFrom, hungUpAt),
    callerHeard: room.reduce((n, ear) => n + heardFrames(hearing[ear], ['caller'], quietFrom, Infinity), 0),
    roomHeardItself: Math.min(
      heardFrames(hearing.host, ['member'], quietFrom, hungUpAt),
      heardFrames(hearing.member, ['host'], quietFrom, hungUpAt),
    ),
  };
  const checks: readonly Check[] = [
    { name: 'a wrong PIN is refused by voice', ok: evidence.pinRefused, saw: String(evidence.pinRefused) },
    {
      name: 'the right PIN leads to the notice',
      ok: evidence.pinAccepted,
      saw: String(evidence.pinAccepted),
    },
    {
      name: 'host and member see one bridge, asking, without a key, and the caller',
      ok: evidence.bridgeSeenWaiting,
      saw: String(evidence.bridgeSeenWaiting),
    },
    {
      name: 'silence before the grant: the caller hears nothing of the room',
      ok: before.heard === 0 && before.listened > 2 * second,
      saw: `${before.heard} of ${before.listened} frames`,
    },
    {
      name: 'silence before the grant: the room hears nothing of the caller',
      ok: before.callerHeard === 0,
      saw: `${before.callerHeard} frames`,
    },
    {
      name: 'control: host and member hear each other all that time',
      ok: before.roomHeardItself > 2 * second,
      saw: `${before.roomHeardItself} frames`,
    },
    {
      name: 'control: what is not the lobby’s is noticed, as under the grant',
      ok: strangeDuring > second,
      saw: `${strangeDuring} frames`,
    },
    {
      name: 'after the grant everybody hears everybody',
      ok: Math.min(...during) > second,
      saw: pairs.map(({ ear, whom }, i) => `${ear} hears ${whom} ${during[i] ?? 0}`).join(', '),
    },
    { name: 'nobody hears itself', ok: self.every((n) => n === 0), saw: `${self.join(', ')} frames` },
    {
      name: 'audio follows the click',
      ok: (worst([clickToCallerMs, clickToRoomMs]) ?? Infinity) < limits.audioMs,
      saw: `caller ${String(round(clickToCallerMs))} ms, room ${String(round(clickToRoomMs))} ms`,
    },
    {
      name: 'silence after the revoke: the caller hears nothing of the room',
      ok: after.heard === 0 && callerSilenceMs < limits.silenceMs && after.listened > second,
      saw: `last frame after ${Math.round(callerSilenceMs)} ms; ${after.heard} of ${after.listened} later`,
    },
    {
      name: 'silence after the revoke: the room hears nothing of the caller',
      ok: after.callerHeard === 0 && roomSilenceMs < limits.silenceMs,
      saw: `last frame after ${Math.round(roomSilenceMs)} ms; ${after.callerHeard} later`,
    },
    {
      name: 'control: host and member still hear each other under the new epoch',
      ok: after.roomHeardItself > second,
      saw: `${after.roomHeardItself} frames`,
    },
    { name: 'the caller is told why', ok: evidence.reasonSpoken, saw: String(evidence.reasonSpoken) },
    {
      name: 'one RTP stream, whichever process sent it',
      ok: evidence.rtpStreams === 1,
      saw: `${evidence.rtpStreams}`,
    },
    ...tapChecks(tap),
    {
      name: 'the ledger verifies against the operator key that the host pinned',
      ok: evidence.ledgerVerified && evidence.ledgerEvents > 10,
      saw: `${String(evidence.ledgerVerified)}, ${evidence.ledgerEvents} events`,
    },
    {
      name: 'the ledger’s interval covers what the caller heard',
      ok: evidence.ledgerCoversHearing,
      saw: String(evidence.ledgerCoversHearing),
    },
    {
      name: 'the connector ends cleanly',
      ok: evidence.connectorExit === 0,
      saw: `exit ${evidence.connectorExit ?? 'by signal'}`,
    },
  ];
  return {
    checks,
    figures: {
      heardBeforeGrantFrames: before.heard,
      listenedBeforeGrantFrames: before.listened,
      callerHeardBeforeGrantFrames: before.callerHeard,
      clickToAudioMs: round(worst([clickToCallerMs, clickToRoomMs])),
      clickToCallerHearsMs: round(clickToCallerMs),
      clickToRoomHearsMs: round(clickToRoomMs),
      framesHeardUnderGrant: Math.min(...during),
      revokeToSilenceMs: round(Math.max(callerSilenceMs, roomSilenceMs)),
      heardAfterRevokeFrames: after.heard + after.callerHeard,
      listenedAfterRevokeFrames: after.listened,
      membersHearEachOtherAfterRevokeFrames: after.roomHeardItself,
      revokeToNewKeyMs: round(tap.switchedAfterMs),
      grantedFramesDecryptable: tap.grantedFramesOpened,
      postRevokeFramesKept: tap.laterFrames,
      postRevokeFramesDecryptable: tap.laterFramesOpenedByOldKeys,
      postRevokeFramesOpenedByNewKey: tap.laterFramesOpened,
      keysTried: tap.keysTried,
      ledgerVerified: evidence.ledgerVerified,
      ledgerEvents: evidence.ledgerEvents,
      ledgerCoversHearing: evidence.ledgerCoversHearing,
    },
  };
}

/** What the wiretap's own decryptor says. Zeros count only beside what the same decryptor does open. */
function tapChecks(tap: TapAnswer): readonly Check[] {
  return [
    {
      name: 'control: an independent decryptor opens what members sent, with the granted key',
      ok: tap.grantedFramesOpened > second && tap.bridgeFramesOpened > second,
      saw: `${tap.grantedFramesOpened} of ${tap.grantedFrames}, and ${tap.bridgeFramesOpened} of the bridge's`,
    },
    {
      name: 'the granted key opens nothing that was sent before the grant',
      ok: tap.earlierFramesOpened === 0 && tap.earlierFrames > second,
      saw: `${tap.earlierFramesOpened} of ${tap.earlierFrames}`,
    },
    {
      name: 'members leave the granted key soon after the revoke',
      ok:
        tap.lockOutEpoch !== null &&
        (tap.lastFrameForBridgeMs ?? 0) < limits.switchMs &&
        (tap.switchedAfterMs ?? Infinity) < limits.switchMs,
      saw: `the last of them after ${String(round(tap.switchedAfterMs))} ms`,
    },
    {
      name: 'after the switch no key that the connector ever held opens anything kept',
      ok: tap.laterFramesOpenedByOldKeys === 0 && tap.laterFrames > second,
      saw: `${tap.laterFramesOpenedByOldKeys} of ${tap.laterFrames}, ${tap.keysTried} keys tried`,
    },
    {
      name: 'control: the new key opens all of it',
      ok: tap.laterFramesOpened === tap.laterFrames && tap.laterFrames > second,
      saw: `${tap.laterFramesOpened} of ${tap.laterFrames}`,
    },
  ];
}
