import { closeSync, openSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { consentPage } from '../ledger/export/consent-page.ts';
import { consentRecord } from '../ledger/export/consent-record.ts';
import { csvLines } from '../ledger/export/csv.ts';
import { jsonLines } from '../ledger/export/json-lines.ts';
import { legStory, type LegStory } from '../ledger/export/leg-story.ts';
import { vcon, vconDrafts } from '../ledger/export/vcon.ts';
import { sqliteRecords } from '../ledger/records.ts';
import { nodePrimitives, openSource } from '../ledger/verify/node.ts';
import { UnreadableLog } from '../ledger/verify/source.ts';
import { commonHelp, fileOf, parseOptions, print, writeAll } from './ledger-options.ts';
import { noticeWords } from './notice-words.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger export: write the ledger in a form that other programs and people read

Usage: latchkey ledger export [--format FORMAT] [--out FILE] [options]

Formats:
  jsonl     (default) JSON lines: all that "latchkey ledger verify --file" needs, offline. The one that proves something
  csv       one line an event, for a spreadsheet; a view, no proof
  record    the consent record of one leg, as a page to print, with the fields of ISO/IEC TS 27560 as W3C DPV names
            them inside; with --json as JSON-LD alone. Needs --leg
  vcon      one leg as a vCon without audio, with its consent as an attachment. Needs --leg and --accept-draft

Options:
  --out FILE        write there; otherwise to standard output
  --personal        jsonl, csv: with the personal values beside the log; without it their commitments alone
  --leg ID          record, vcon: which leg; the beginning of the id is enough ("latchkey ledger intervals" lists legs)
  --notice FILE     record, vcon: words of a notice that this installation does not have any more; may be repeated
  --address TEXT, --contact TEXT, --jurisdiction TEXT   record: what the operator states and no ledger knows
  --trust THUMBPRINT   record, vcon: as for "latchkey ledger verify"
  --accept-draft    vcon: agree that the format follows Internet-Drafts that may change
                    (${vconDrafts})
  --file FILE       a ledger file, or for all formats but jsonl an export of one; otherwise the ledger in the data folder
${commonHelp}
Works while the connector runs.
${helpTail('ledger export')}`;

const formats = ['jsonl', 'csv', 'record', 'vcon'] as const;

const ownOptions = {
  format: { type: 'string', default: 'jsonl' },
  out: { type: 'string' },
  personal: { type: 'boolean', default: false },
  leg: { type: 'string' },
  notice: { type: 'string', multiple: true },
  address: { type: 'string' },
  contact: { type: 'string' },
  jurisdiction: { type: 'string' },
  trust: { type: 'string', multiple: true },
  'accept-draft': { type: 'boolean', default: false },
} as const;

const parse = (args: readonly string[]) => parseOptions(args, ownOptions);
type Options = ReturnType<typeof parse>;

export async function exportCommand(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  const format = formats.find((name) => name === options.format);
  if (format === undefined) {
    throw new LatchkeyError('usage', `--format: ${formats.join(', ')}, not “${options.format}”`);
  }
  try {
    return format === 'jsonl' || format === 'csv'
      ? await exportLog(format, options)
      : await exportLeg(format, options);
  } catch (error) {
    if (error instanceof UnreadableLog) throw new LatchkeyError('usage', error.message, { cause: error });
    throw error;
  }
}

/** The whole log, line by line. */
async function exportLog(format: 'jsonl' | 'csv', options: Options): Promise<number> {
  if (options.json && options.out === undefined) {
    throw new LatchkeyError('usage', '--json needs --out: standard output is the export itself');
  }
  const personal = options.personal ? 'with' : 'without';
  const file = await fileOf(options);
  const source = format === 'csv' ? openSource(file) : null;
  try {
    const lines =
      source === null
        ? jsonLines(sqliteRecords(file, { signed: true }), personal)
        : csvLines(source, personal);
    // RFC 4180 §2 ends lines with CR LF.
    const written = writeLines(options.out ?? null, lines, format === 'csv' ? '\r\n' : '\n');
    if (options.json) print(JSON.stringify({ file: options.out, lines: written }));
    return 0;
  } finally {
    source?.close();
  }
}

/** One leg, and the verdict over the whole ledger. Exit code 1 where the ledger does not verify. */
async function exportLeg(format: 'record' | 'vcon', options: Options): Promise<number> {
  if (format === 'vcon' && !options['accept-draft']) {
    throw new LatchkeyError(
      'usage',
      `--format vcon follows Internet-Drafts that may change (${vconDrafts}): say --accept-draft`,
    );
  }
  const story = await readStory(options);
  const text = format === 'vcon' ? JSON.stringify(vcon(story), null, 2) : recordText(story, options);
  writeLines(options.out ?? null, [text.trimEnd()], '\n');
  return story.report.verified ? 0 : 1;
}

function recordText(story: LegStory, options: Options): string {
  const stated = {
    address: options.address ?? null,
    contact: options.contact ?? null,
    jurisdiction: options.jurisdiction ?? null,
  };
  return options.json ? JSON.stringify(consentRecord(story, stated), null, 2) : consentPage(story, stated);
}

async function readStory(options: Options): Promise<LegStory> {
  const { leg = '' } = options;
  if (leg === '') throw new LatchkeyError('usage', '--leg: name one leg; the beginning of its id is enough');
  const promptsDir = loadConfig(options.config ?? null).media.promptsDir;
  const source = openSource(await fileOf(options));
  try {
    const result = legStory({
      source,
      primitives: nodePrimitives(),
      leg,
      words: noticeWords(promptsDir, options.notice ?? []),
      trust: options.trust ?? [],
    });
    if (result.kind === 'story') return result.story;
    throw new LatchkeyError(
      'usage',
      result.kind === 'unknown-leg'
        ? `--leg: the ledger says nothing of a leg “${leg}”`
        : `--leg: “${leg}” is the beginning of ${String(result.legs.length)} legs: ${result.legs.slice(0, 8).join(', ')}`,
    );
  } finally {
    source.close();
  }
}

/** Line by line, so that a large ledger takes no memory. Returns how many. */
function writeLines(file: string | null, lines: Iterable<string>, end: string): number {
  const out = file === null ? 1 : openSync(file, 'w', 0o600);
  let count = 0;
  try {
    for (const line of lines) {
      if (!writeAll(out, `${line}${end}`)) break;
      count += 1;
    }
  } finally {
    if (file !== null) closeSync(out);
  }
  return count;
}
