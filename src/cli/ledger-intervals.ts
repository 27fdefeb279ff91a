import type { Interval } from '../ledger/verify/hearing.ts';
import type { WitnessedInterval } from '../ledger/verify/witnesses.ts';
import type { Report } from '../ledger/verify/verify.ts';
import {
  commonHelp,
  durationText,
  fileOf,
  parseOptions,
  print,
  shortId,
  timeText,
} from './ledger-options.ts';
import { basisText, count, findingLines, reportJson } from './ledger-report.ts';
import { readAndVerify, verifyOptions } from './ledger-verify.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger intervals: when could each caller hear the meeting, and why

Usage: latchkey ledger intervals [--meeting ID] [--leg ID] [options]

  --meeting ID        only this meeting; the beginning of the id is enough
  --leg ID            only this leg; the beginning of the id is enough
  --file FILE         a ledger file or an export of one; otherwise the ledger in the data folder
  --trust THUMBPRINT, --checkpoint FILE   as for "latchkey ledger verify", which this command runs first
${commonHelp}
Computed from what hosts and members signed. The connector's own word can make an interval longer, never shorter; times
are those of the connector's clock. 
${helpTail('ledger intervals')}`;

export async function intervalsCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    ...verifyOptions,
    meeting: { type: 'string', default: '' },
    leg: { type: 'string', default: '' },
  });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  const file = await fileOf(options);
  const report = readAndVerify(file, options.trust, options.checkpoint);
  const intervals = report.intervals.filter(
    ({ meeting, leg }) => meeting.startsWith(options.meeting) && leg.startsWith(options.leg),
  );
  print(
    options.json
      ? JSON.stringify({ ...reportJson(report), intervals })
      : intervalsText(file, report, intervals),
  );
  return report.verified ? 0 : 1;
}

function intervalsText(file: string, report: Report, intervals: readonly WitnessedInterval[]): string {
  const head = report.verified
    ? [`From ${file}, verified (${basisText(report)}).`]
    : [
        'THE LEDGER DOES NOT VERIFY. What follows is what it says, not what is proven.',
        ...findingLines(report),
      ];
  const pruned = report.findings.filter(({ code }) => code === 'leaves-pruned').map(({ text }) => text);
  const none =
    pruned.length === 0 ? 'No leg could hear or speak.' : 'No leg could hear or speak, says what is left.';
  const body = intervals.length === 0 ? [none] : intervals.flatMap(intervalLines);
  const gone = pruned.flatMap((text) => [
    '',
    `${text} Who could hear by them is not in this ledger any more.`,
  ]);
  return [...head, '', ...body, ...gone].join('\n');
}

function intervalLines(interval: WitnessedInterval): string[] {
  const { leg, meeting, from, to, endProven } = interval;
  const until = to === null ? 'and still can' : `to ${timeText(to.at)} (${durationText(to.at - from.at)})`;
  return [
    `leg ${shortId(leg)} of meeting ${shortId(meeting)} could ${verbs(interval)} from ${timeText(from.at)} ${until}`,
    `  from   event ${from.seq}: ${from.why}`,
    to === null
      ? '  until  no end is recorded yet'
      : `  until  event ${to.seq}: ${to.why}${endProven ? '' : ' (the connector’s word only)'}`,
    ...connectorLine(interval),
    `  seen   ${coverageText(interval)}`,
    `  under  grant ${shortId(interval.grant)}, signed by host key ${shortId(interval.host)}, registered for this meeting`,
  ];
}

function coverageText({ witnesses: { begin, end }, to }: WitnessedInterval): string {
  const begun = `${count(begin, 'independent key')} cosigned the log with its beginning`;
  return to === null ? begun : `${begun}, ${end} with its end`;
}

function verbs({ hear, speak }: Interval): string {
  if (hear && speak) return 'hear and speak';
  return hear ? 'hear' : 'speak, but not hear,';
}

function connectorLine({ joinedAt, leftAt }: Interval): string[] {
  if (joinedAt === null && leftAt === null) return [];
  const joined = joinedAt === null ? 'never joined' : `joined ${timeText(joinedAt)}`;
  const left = leftAt === null ? 'did not leave' : `left ${timeText(leftAt)}`;
  return [`  says   the connector: the leg ${joined}, ${left}`];
}
