import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jcsText } from '../../src/base/jcs.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { latchkey } from '../support/cli.ts';
import { random } from '../support/consent-peers.ts';
import { handClock, openTestLedger, playCall, testConnector } from '../support/ledger-story.ts';
import { makeDir, removeDir } from '../support/vault.ts';

/** A call whose caller accepted the English notice, and one that never answered. */
let dir: string;
let leg: string;
let silent: string;
const table = new URL('../../config/prompts/texts.json', import.meta.url);
const { notice } = JSON.parse(readFileSync(table, 'utf8')) as { notice: { en: string } };
const textHash = createHash('sha256').update(notice.en).digest('base64url');

beforeAll(async () => {
  dir = await makeDir();
  const connector = await testConnector();
  const clock = handClock();
  const ledger = await openTestLedger(sqliteStore(join(dir, 'ledger.sqlite')), connector, clock);
  const call = await playCall(ledger, connector, clock);
  leg = call.leg;
  const { id: meetingId } = call.story.meeting;
  const answered = { type: 'notice-answered', meeting: meetingId } as const;
  await ledger.append([{ ...answered, leg, data: { textHash, language: 'en', accepted: true } }]);
  silent = random(16);
  const unknown = random(32);
  await ledger.append([
    { ...answered, leg: silent, data: { textHash: unknown, language: 'de', accepted: false } },
  ]);
  await ledger.close();
});

afterAll(() => removeDir(dir));

const exported = (...args: string[]) => latchkey('ledger', 'export', '--data', dir, ...args);

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await exported(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('the consent record of one leg', () => {
  test('has the words, the answer, the interval and the evidence, under the names of W3C DPV', async () => {
    const record = await json('--format', 'record', '--leg', leg.slice(0, 12), '--json');
    expect(record).toMatchObject({
      '@type': 'dpv:ConsentRecord',
      'dct:conformsTo': 'https://w3id.org/dpv/schema/dpv-27560#record',
      'dpv:hasDataSubject': { '@id': `urn:latchkey:leg:${leg}`, 'dpv:hasName': 'Caller on +49 30 ···· 123' },
      'dpv:hasProcess': {
        'dct:language': 'en',
        'dpv:hasNotice': [{ 'dct:description': notice.en, 'latchkey:textHash': textHash }],
      },
      'latchkey:couldHearAndSpeak': [{ 'latchkey:hear': true, 'latchkey:speak': true }],
      'latchkey:evidence': { 'latchkey:verified': true, 'latchkey:basis': 'self-consistent' },
    });
    const states = record['dpv:hasConsentStatus'] as Record<string, unknown>[];
    expect(states.map((state) => state['dpv:hasConsentStatus'])).toEqual([
      'dpv:ConsentGiven',
      'dpv:ConsentExpired',
    ]);
    expect(record['latchkey:notStated']).toEqual(['party address', 'party contact', 'jurisdiction']);
  });

  test('says what nobody stated, rather than making it up', async () => {
    const record = await json('--format', 'record', '--leg', silent, '--json', '--jurisdiction', 'EU');
    expect(record['latchkey:notStated']).toEqual([
      'party address',
      'party contact',
      'name of the PII principal (erased, or not exported)',
      'words of the privacy notice',
    ]);
    expect(record['dpv:hasConsentStatus']).toMatchObject([{ 'dpv:hasConsentStatus': 'dpv:ConsentRefused' }]);
  });

  test('is a page that runs nothing, loads nothing and escapes what it shows', async () => {
    const { code, stdout } = await exported('--format', 'record', '--leg', leg, '--contact', '<b>&"x"');
    expect(code).toBe(0);
    expect(stdout).toContain("default-src 'none'");
    expect(stdout).toContain(notice.en.replaceAll("'", '&#39;'));
    expect(stdout).toContain('&lt;b&gt;&amp;&quot;x&quot;');
    expect(stdout).not.toContain('<b>');
  });
});

test('a vCon names its drafts, has to be asked for by them, and its consent can be checked', async () => {
  const refused = await exported('--format', 'vcon', '--leg', leg);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('draft-ietf-vcon-vcon-core-04');
  const made = await json('--format', 'vcon', '--leg', leg, '--accept-draft');
  expect(made).toMatchObject({
    vcon: '0.4.0',
    uuid: expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ) as string,
    extensions: ['lawful_basis'],
    dialog: [
      { type: 'recording-set', recordings: [], party_history: [{ event: 'join' }, { event: 'drop' }] },
    ],
    attachments: [
      { purpose: 'lawful_basis', encoding: 'json', body: { purpose_grants: [{ granted: true }] } },
    ],
  });
  const [attachment] = made['attachments'] as { body: Record<string, unknown> }[];
  const { content_hash, ...body } = attachment!.body;
  const canonical = jcsText(body);
  const value = canonical.ok ? createHash('sha256').update(canonical.value).digest('hex') : '';
  expect(content_hash).toEqual({ algorithm: 'sha-256', canonicalization: 'jcs', value });
});

test('comma-separated values have a line an event, and nothing that a spreadsheet would run', async () => {
  const { stdout } = await exported('--format', 'csv', '--personal');
  const lines = stdout.trimEnd().split('\r\n');
  expect(lines[0]).toBe('seq,time,mono_ms,run,type,meeting,bridge,leg,data,message,personal');
  expect(lines.filter((line) => line.includes(',notice-answered,'))).toHaveLength(2);
  expect(stdout).toContain('Caller on +49 30');
  expect(lines.some((line) => /(^|,)[=+@-]/.test(line))).toBe(false);
  expect((await exported('--format', 'csv')).stdout).not.toContain('Caller on');
});

test.each([
  ['an unknown format', ['--format', 'xml'], '--format'],
  ['no leg', ['--format', 'record'], '--leg'],
  ['an unknown leg', ['--format', 'record', '--leg', '******'], '--leg'],
])('%s is a usage error that names the option', async (_, args, option) => {
  const { code, stderr } = await exported(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(option);
});

test('a ledger that does not verify makes a record that says so, and exit code 1', async () => {
  const file = join(dir, 'changed.jsonl');
  await exported('--out', file);
  const changed = readFileSync(file, 'utf8').replace('leg-joined', 'leg-jained');
  await writeFile(file, changed);
  const { code, stdout } = await latchkey(
    'ledger',
    'export',
    '--file',
    file,
    '--format',
    'record',
    '--leg',
    leg,
  );
  expect(code).toBe(1);
  expect(stdout).toContain('nothing on this page is proven');
});
