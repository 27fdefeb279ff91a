import { Type, type Static } from 'typebox';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';

const checkNames = [
  'runtime',
  'limits',
  'config-files',
  'ports',
  'addresses',
  'names',
  'clock',
  'tls',
  'keys',
  'operator',
  'ledger',
  'sharing',
  'disk',
  'sip-server',
  'meeting-server',
  'opus',
  'prompts',
  'trunks',
] as const;

export type CheckName = (typeof checkNames)[number];

const levelSchema = Type.Union(
  [Type.Literal('ok'), Type.Literal('note'), Type.Literal('warning'), Type.Literal('error')],
  {
    description:
      'ok; note: as it should be where it is meant so; warning: works now, and will not for ever or for everybody; error: would fail.',
  },
);

const findingSchema = Type.Object(
  {
    check: Type.Unsafe<CheckName>({
      type: 'string',
      enum: [...checkNames],
      description: 'What was looked at.',
    }),
    level: levelSchema,
    found: Type.String({ description: 'What is so.' }),
    why: Type.Union([Type.String(), Type.Null()], { description: 'Why it matters; null where all is well.' }),
    remedy: Type.Union([Type.String(), Type.Null()], {
      description: 'What to do; null where nothing is to do.',
    }),
  },
  { additionalProperties: false },
);

/** What `latchkey doctor --json` prints; docs/schemas/doctor.schema.json is this. */
export const reportSchema = Type.Object(
  {
    ok: Type.Boolean({ description: 'No finding is an error; the exit code is 0.' }),
    version: Type.String({ description: 'Of Latchkey.' }),
    config: Type.Union([Type.String(), Type.Null()], { description: 'The file; null: the defaults.' }),
    errors: Type.Integer({ minimum: 0 }),
    warnings: Type.Integer({ minimum: 0 }),
    findings: Type.Array(findingSchema),
  },
  { additionalProperties: false },
);

export type Finding = Static<typeof findingSchema>;
export type DoctorReport = Static<typeof reportSchema>;

/** What a check looks at. Nothing is started, nothing is written, and only what the configuration names is connected to. */
export interface Patient {
  readonly config: Config;
  /** Absolute; it may not be there yet. */
  readonly dataDir: string;
  readonly clock: Clock;
}

export type Check = (patient: Patient) => Promise<readonly Finding[]> | readonly Finding[];

interface Advice {
  readonly found: string;
  readonly why: string;
  readonly remedy: string;
}

/** Findings of one check. */
export function findingsOf(check: CheckName) {
  const with_ =
    (level: Finding['level']) =>
    (advice: Advice): Finding => ({ check, level, ...advice });
  return {
    ok: (found: string): Finding => ({ check, level: 'ok', found, why: null, remedy: null }),
    note: with_('note'),
    warning: with_('warning'),
    error: with_('error'),
  };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
