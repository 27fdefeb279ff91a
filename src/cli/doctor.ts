import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { examine } from '../doctor/examine.ts';
import type { DoctorReport, Finding } from '../doctor/finding.ts';
import { parseCommandLine } from './command-line.ts';
import { helpTail } from './table.ts';

const help = `latchkey doctor: would it work here, and what is in the way?

Usage: latchkey doctor [--config FILE] [--json]

  --config FILE   the configuration to look at; otherwise the defaults
  --json          one JSON object on standard output, by docs/schemas/doctor.schema.json
  -h, --help      this text

Looks at the Node that runs it, limits, files and their modes, ports (and who holds them), addresses, host names, the clock,
certificates, keys, the operator's certificate, the ledger, free disk, drachtio and LiveKit where they are configured,
Opus, prompts and trunks. Each finding says what is so, why it matters, and what to do. It starts nothing, writes
nothing, and connects only to servers that the configuration names. It may run beside a connector: run it as the same user.
${helpTail('doctor')}`;

export async function doctorCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(args, {
    config: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const file = values.config ?? null;
  const report = await examine({ config: loadConfig(file), file, clock: systemClock });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : reportText(report));
  // A check that was given up may still hold a socket.
  process.exitCode = report.ok ? 0 : 1;
  return process.exitCode;
}

const marks = { ok: 'ok', note: '- ', warning: '! ', error: 'X ' } as const;

function reportText({ findings, errors, warnings, config, version }: DoctorReport): string {
  const lines = findings.flatMap((finding) => findingLines(finding));
  const verdict =
    errors > 0
      ? `${errors} ${errors === 1 ? 'thing' : 'things'} would fail, ${warnings} to look at`
      : `nothing would fail, ${warnings} to look at`;
  return `Latchkey ${version}, ${config ?? 'the defaults'}\n\n${lines.join('\n')}\n\n${verdict}\n`;
}

function findingLines({ check, level, found, why, remedy }: Finding): string[] {
  const head = `${marks[level]}  ${check.padEnd(15)} ${found}`;
  const below = ' '.repeat(20);
  return why === null ? [head] : [head, `${below}why: ${why}`, `${below}do:  ${remedy ?? ''}`];
}
