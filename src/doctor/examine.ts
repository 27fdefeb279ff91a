import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { version } from '../base/version.ts';
import type { Config } from '../config/schema.ts';
import { checkAddresses } from './addresses.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import {
  findingsOf,
  messageOf,
  type Check,
  type CheckName,
  type DoctorReport,
  type Finding,
} from './finding.ts';
import { checkKeys } from './keys.ts';
import { checkLedger } from './ledger.ts';
import { checkNames } from './names.ts';
import { checkPorts } from './ports.ts';
import { checkPrompts } from './prompts.ts';
import { checkConfigFiles, checkLimits, checkOpus, checkRuntime } from './runtime.ts';
import { checkMeetingServer, checkSipServer } from './servers.ts';
import { checkSharing } from './sharing.ts';
import { checkTls } from './tls.ts';
import { checkTrunks } from './trunks.ts';

const checks: readonly (readonly [CheckName, Check])[] = [
  ['runtime', checkRuntime],
  ['limits', checkLimits],
  ['config-files', checkConfigFiles],
  ['ports', checkPorts],
  ['addresses', checkAddresses],
  ['names', checkNames],
  ['clock', checkClock],
  ['tls', checkTls],
  ['keys', checkKeys],
  ['ledger', checkLedger],
  ['sharing', checkSharing],
  ['disk', checkDisk],
  ['sip-server', checkSipServer],
  ['meeting-server', checkMeetingServer],
  ['opus', checkOpus],
  ['prompts', checkPrompts],
  ['trunks', checkTrunks],
];

/** No check may hold up the others: a resolver or a server may take its time. */
const patienceMs = 15_000;

interface Options {
  readonly config: Config;
  readonly file: string | null;
  readonly clock: Clock;
}

/** Looks at everything, one check after the other, because some of them measure time. */
export async function examine({ config, file, clock }: Options): Promise<DoctorReport> {
  const patient = { config, clock, dataDir: resolve(config.dataDir) };
  const findings: Finding[] = [];
  for (const [name, check] of checks) {
    const failed = (found: string): Finding[] => [
      findingsOf(name).error({
        found,
        why: 'this could not be looked at',
        remedy: 'see what it names; if nothing there explains it, it is a bug of latchkey doctor',
      }),
    ];
    const late = delay(clock, patienceMs).then(() => failed('no result in time'));
    const done = (async () => check(patient))().catch((cause: unknown) => failed(messageOf(cause)));
    findings.push(...(await Promise.race([done, late])));
  }
  const count = (level: Finding['level']): number => findings.filter((f) => f.level === level).length;
  return {
    ok: count('error') === 0,
    version,
    config: file,
    errors: count('error'),
    warnings: count('warning'),
    findings,
  };
}
