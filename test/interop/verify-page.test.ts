import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';
import { latchkey } from '../support/cli.ts';
import { evidenceStory, type EvidenceStory } from '../support/evidence-story.ts';
import { launchPageBrowser } from '../support/page-browser.ts';
import { makeDir, removeDir } from '../support/vault.ts';
import { exportStory, type ExportedStory } from '../support/verify-export.ts';

/** The verifier as a file from disk, in a browser without a network: what a stranger gets. */

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let dir: string;
let html: string;
let story: ExportedStory;
let browser: Browser;
let asked: string[];
let server: Server;
let errors: string[];

beforeAll(async () => {
  dir = await makeDir();
  html = join(dir, 'verify.html');
  const made = await latchkey('ledger', 'page', '--out', html, '--json');
  expect(made).toMatchObject({ code: 0, stderr: '' });
  story = await exportStory(dir);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  browser = await launchPageBrowser();
});
afterAll(async () => {
  await browser.close();
  server.close();
  await removeDir(dir);
});

async function open(colorScheme: 'light' | 'dark' = 'light', width = 1280, locale = 'en-GB'): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 }, locale });
  const page = await context.newPage();
  errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(pathToFileURL(html).href);
  await page.waitForSelector('h1');
  return page;
}

async function check(page: Page, ...file: string[]): Promise<string> {
  await page.setInputFiles('input[type=file]', file);
  await page.waitForSelector('#verdict-title');
  return (await page.textContent('#verdict-title')) ?? '';
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html + n.failureSummary)))`,
  );
}

test('an honest export verifies, and the page says of every caller what the command line says', async () => {
  const page = await open();
  expect(await check(page, story.file)).toBe('The ledger verifies');
  expect(await page.textContent('.verdict')).toContain(`${story.leaves} events`);
  expect(await page.textContent('.verdict')).toContain('made it up as a whole');
  await page.fill('#trust', story.operator);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.verdict.look-calm');
  const source = openSource(story.file);
  const report = verifyLog({ primitives: nodePrimitives(), source });
  source.close();
  const first = report.intervals[0]!.meeting;
  const own = report.intervals.filter(({ meeting }) => meeting === first);
  const rows = await page.locator('section:has(#intervals-title) tbody tr').allTextContents();
  expect(own.length).toBe(4);
  expect(rows).toHaveLength(own.length);
  for (const [i, { leg, from, to, hear, speak }] of own.entries()) {
    expect(rows[i]).toContain(leg.slice(0, 8));
    expect(rows[i]).toContain(hear && speak ? 'hear and speak' : 'hear only');
    for (const { at, seq, why } of [from, to!]) {
      expect(rows[i]).toContain(new Date(at).toISOString().slice(11, 23));
      expect(rows[i]).toContain(`Event ${seq}: ${why}.`);
    }
  }
  const picture = page.locator('.timeline > svg');
  expect(await picture.getAttribute('aria-label')).toContain('Caller 3 could hear only for 6 min 50 s');
  const bars = await page.locator('.timeline > svg .bar title').allTextContents();
  expect(bars.filter((text) => text.startsWith('could'))).toHaveLength(own.length);
  expect(await page.locator('.timeline > svg .mark-revoked').count()).toBe(1);
  await page.selectOption('.meeting-choice select', { index: 1 });
  expect(await page.textContent('section:has(#intervals-title)')).toContain('No caller could hear');
  expect(await page.locator('.timeline > svg .mark-no').count()).toBe(2);
  expect(errors).toEqual([]);
  await page.context().close();
});

test.each([
  [
    'a changed byte',
    (lines: string[]) => lines.map((l) => l.replace('leg-joined', 'leg-jained')),
    'root-mismatch',
  ],
  [
    'an event gone',
    (lines: string[]) => lines.filter((l) => !l.includes('\\"type\\":\\"grant\\"')),
    'leaf-missing',
  ],
  ['its end cut off', (lines: string[]) => lines.filter((l) => !l.includes('\\"stop\\"')), 'log-cut-short'],
])('an export with %s does not verify, and the finding stands there by name', async (_, change, code) => {
  const lines = readFileSync(story.file, 'utf8').trimEnd().split('\n');
  const file = join(dir, 'changed.jsonl');
  writeFileSync(file, `${change(lines).join('\n')}\n`);
  const page = await open();
  expect(await check(page, file)).toBe('The ledger does not verify');
  expect(await page.textContent('.findings')).toContain(code);
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('a ledger of another operator than the trusted one does not verify', async () => {
  const page = await open();
  await check(page, story.file);
  await page.fill('#trust', 'somebody-else');
  await page.click('text=Check against it');
  await page.waitForSelector('.findings');
  expect(await page.textContent('#verdict-title')).toBe('The ledger does not verify');
  expect(await page.textContent('.findings')).toContain('key-untrusted');
  await page.context().close();
});

test.each([
  ['the ledger itself', () => readFileSync(join(dir, 'export.jsonl.sqlite')), 'ledger export'],
  ['something else', () => Buffer.from('hello\n'), 'neither a ledger export'],
  ['nothing', () => Buffer.alloc(0), 'the file is empty'],
])('a file that is %s is refused in words', async (_, bytes, words) => {
  const page = await open();
  const file = join(dir, 'odd');
  writeFileSync(file, bytes());
  await page.setInputFiles('input[type=file]', file);
  await page.waitForSelector('.error:not(:empty)');
  expect(await page.textContent('.error')).toContain(words);
  await page.context().close();
});

test.each([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'axe finds nothing, %s at %d pixels; no side-scrolling; by keyboard alone',
  async (scheme, width) => {
    const page = await open(scheme, width);
    expect(await violations(page)).toEqual([]);
    for (const type of ['select-one', 'file']) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.type')).toBe(type);
    }
    await check(page, story.file);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.activeElement.id')).toBe('verdict-title');
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    const reached: unknown[] = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate('document.activeElement.textContent.slice(0, 16) || document.activeElement.id'),
      );
    }
    expect(reached).toEqual(expect.arrayContaining(['Check another', 'trust', 'Check against it']));
    expect(errors).toEqual([]);
    await page.context().close();
  },
);

test.each([
  ['de-AT', 1280, 'Das Protokoll hält der Prüfung stand', 'Was hier nicht zu prüfen war'],
  ['fr-FR', 390, 'Le registre est vérifié', 'Ce qui n’a pas pu être vérifié'],
])(
  'in the language of a browser that asks for %s, and in another that is chosen',
  async (locale, width, verdict, unchecked) => {
    const page = await open('light', width, locale);
    expect(await page.evaluate('document.documentElement.lang')).toBe(locale.slice(0, 2));
    expect(await violations(page)).toEqual([]);
    expect(await check(page, story.file)).toBe(verdict);
    expect(await page.textContent('#unchecked-title')).toBe(unchecked);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    await page.selectOption('.language select', 'en');
    expect(await page.textContent('#verdict-title')).toBe('The ledger verifies');
    expect(await page.evaluate('document.title')).toBe('Check a consent ledger · Latchkey');
    expect(errors).toEqual([]);
    await page.context().close();
  },
);

describe('what somebody kept himself', () => {
  let kept: EvidenceStory;
  let other: EvidenceStory;
  let checkpoint: string;
  beforeAll(async () => {
    kept = await evidenceStory(dir, 'kept', { deputy: true });
    other = await evidenceStory(dir, 'other');
    const line = readFileSync(kept.exported, 'utf8')
      .split('\n')
      .find((text) => text.startsWith('{"kind":"checkpoint"'))!;
    checkpoint = join(dir, 'noted.txt');
    writeFileSync(checkpoint, (JSON.parse(line) as { note: string }).note);
  });

  test('evidence verifies alone, and says that the ledger itself was not seen', async () => {
    const page = await open();
    expect(await check(page, kept.evidence)).toBe('The evidence verifies');
    expect(await page.textContent('.unchecked')).toContain('its export was not given');
    expect(await page.textContent('section:has(#evidence-title)')).toContain('Decided by co-hosts4');
    await page.fill('#trust', 'somebody-else');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.findings');
    expect(await page.textContent('.findings')).toContain('evidence-untrusted');
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  test('the right ledger holds what was proven and noted; without them the page says what that leaves open', async () => {
    const page = await open();
    expect(await check(page, kept.exported)).toBe('The ledger verifies');
    expect(await page.textContent('.unchecked')).toContain('written anew');
    expect(await check(page, kept.evidence, checkpoint)).toBe('The ledger verifies');
    await page.waitForSelector('.kept li:nth-child(2)');
    expect(await page.locator('.kept-name').allTextContents()).toEqual(['kept.evidence.jsonl', 'noted.txt']);
    expect(await page.textContent('.unchecked')).not.toContain('written anew');
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('a ledger that was written anew lacks what was proven, and forks from what was noted', async () => {
    const page = await open();
    expect(await check(page, other.exported, kept.evidence)).toBe('The ledger does not verify');
    expect(await page.textContent('.findings')).toContain('evidence-missing');
    await page.click('[aria-label="Remove kept.evidence.jsonl"]');
    await page.waitForSelector('.verdict.look-wait');
    await page.setInputFiles('input[type=file]', checkpoint);
    await page.waitForSelector('.verdict.look-alert');
    expect(await page.textContent('.findings')).toContain('log-forked');
    await page.context().close();
  });

  test('a checkpoint alone is refused in words', async () => {
    const page = await open();
    await page.setInputFiles('input[type=file]', checkpoint);
    await page.waitForSelector('.error:not(:empty)');
    expect(await page.textContent('.error')).toContain('proves nothing');
    await page.context().close();
  });
});

test('the page can reach nobody, whatever runs in it', async () => {
  const page = await open();
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  await page.evaluate(
    `Promise.allSettled([fetch('${url}/fetch'), new Promise((done) => { const image = new Image(); image.onerror = image.onload = done; image.src = '${url}/image'; }), Promise.resolve(navigator.sendBeacon('${url}/beacon'))])`,
  );
  expect(asked).toEqual([]);
  expect(errors.join('\n')).toContain('Content Security Policy');
  await page.context().close();
});
