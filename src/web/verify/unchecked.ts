import type { Checked, CheckedEvidence, CheckedLedger } from './read-log.ts';
import type { Texts } from './text/english.ts';
import { meetingsOf } from './picture.ts';

/** Everything that a verdict does not cover, in words: what was not given, what is gone, and what no signature can say. */
export function uncheckedOf(
  t: Texts['unchecked'],
  { ledger, evidence, checkpoints }: Checked,
): readonly string[] {
  return [
    ...(ledger === null ? [t.withoutExport] : ofLedger(t, ledger, evidence !== null || checkpoints > 0)),
    ...(evidence === null ? [] : ofEvidence(t, evidence)),
    ...(ledger === null || evidence === null ? [] : otherMeetings(t, ledger, evidence)),
    t.clock,
    t.people,
  ];
}

function ofLedger(t: Texts['unchecked'], ledger: CheckedLedger, remembered: boolean): readonly string[] {
  const { report, pruned, labels } = ledger;
  const [most] = report.witnesses;
  const erased = report.counts.get('personal-erased') ?? 0;
  const claimed = report.intervals.filter(({ to, endProven }) => to !== null && !endProven).length;
  const lasting = report.intervals.filter(({ to }) => to === null).length;
  return [
    ...(report.basis === 'trusted' ? [] : [t.untrusted]),
    ...(remembered ? [] : [t.unremembered]),
    ...(most === undefined ? [t.unwitnessed] : []),
    ...(most !== undefined && most.size < report.leaves ? [t.cosignedTo(most.size, report.leaves)] : []),
    ...(pruned > 0 ? [t.pruned(pruned)] : []),
    ...(erased > 0 ? [t.erased(erased)] : []),
    ...(labels === 0 && erased === 0 && report.intervals.length > 0 ? [t.noLabels] : []),
    ...(claimed > 0 ? [t.claimed(claimed)] : []),
    ...(lasting > 0 ? [t.lasting(lasting)] : []),
  ];
}

function ofEvidence(t: Texts['unchecked'], { report, findings }: CheckedEvidence): readonly string[] {
  return [
    ...(findings.some(({ code }) => code === 'evidence-cut') ? [t.cut] : []),
    ...(report.leftOut > 0 ? [t.leftOut(report.leftOut)] : []),
  ];
}

function otherMeetings(
  t: Texts['unchecked'],
  { report, events }: CheckedLedger,
  evidence: CheckedEvidence,
): readonly string[] {
  const meetings = meetingsOf({ intervals: report.intervals, held: report.held, events });
  const others = meetings.filter((meeting) => meeting !== evidence.report.meeting).length;
  return others > 0 ? [t.otherMeetings(others)] : [];
}
