import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LegId, MeetingId } from '../../src/base/ids.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { ok } from '../../src/base/result.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import type { LedgerWriter } from '../../src/ledger/writer.ts';
import { adminStage, type AdminStage } from '../support/admin-stage.ts';
import { handClock, openTestLedger, testConnector } from '../support/ledger-story.ts';
import { launchPageBrowser, untilTrue } from '../support/page-browser.ts';

/** The operator page of a real admin listener over a real ledger, in Chromium. SHOTS=folder keeps the pictures. */

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const meeting = 'Zk3'.padEnd(43, 'x') as MeetingId;

let dir: string;
let writer: LedgerWriter;
let stage: AdminStage;
let browser: Browser;
let forged = false;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-admin-page-'));
  const connector = await testConnector();
  writer = await openTestLedger(sqliteStore(join(dir, 'ledger.sqlite')), connector, handClock());
  await writer.append([{ type: 'drain', data: { legs: 1 } }]);
  const atMs = Date.now();
  const lease = { since: atMs - 754_000, expiresAt: atMs + 8_400, leftMs: 8_400 };
  stage = await adminStage({
    holders: () =>
      Promise.resolve(
        new Map([
          ['board', { log: 'bridge-1', here: true, ...lease }],
          ['works-council', { log: 'bridge-2', here: false, ...lease }],
        ]),
      ),
    ledgerKey: toBase64url(connector.ledger.publicKey),
    async tail(query) {
      const tail = await writer.tail(query);
      if (!forged) return ok(tail);
      return ok({ ...tail, leaves: tail.leaves.map((leaf) => ({ ...leaf, path: [] })) });
    },
  });
  populate();
  const operator = stage.key('operator');
  for (const name of ['choir', 'works-council', 'board'])
    await stage.ask('/v1/meetings', {
      ...{ key: operator, method: 'POST', body: JSON.stringify({ name, kept: true }) },
    });
  browser = await launchPageBrowser();
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
  await writer.close();
  rmSync(dir, { recursive: true });
});

function populate(): void {
  const { live } = stage;
  const counts = {
    packetsReceived: 1,
    packetsSent: 1,
    packetsLost: 0,
    concealedFrames: 0,
    invalidPackets: 0,
  };
  for (const [i, display] of ['+49 30 ···· 123', '+44 20 ···· 77', 'withheld'].entries()) {
    const leg = `leg${i}` as LegId;
    const label = { display, verification: 'absent', transport: 'udp+rtp' } as const;
    live.onEvent({
      ...{
        kind: 'call-answered',
        direction: 'in',
        leg,
        call: `call${i}`,
        trunk: 'carrier',
        transport: i === 1 ? 'tls' : 'udp',
      },
      ...{ srtp: i === 1, codec: i === 1 ? 'G722' : 'PCMU', label, setupMs: 12 },
    });
    live.onEvent({ kind: 'leg-placed', leg, meeting });
    live.onEvent({ kind: 'leg-phase', leg, phase: ['talking', 'talking', 'waiting'][i]! });
    for (let n = 0; n < 40; n += 1) {
      const mos = 4.3 - (i === 0 ? Math.max(0, n - 25) * 0.08 : 0.1 * Math.sin(n));
      const quality = {
        mos,
        lossIn: i === 0 ? 0.046 : 0,
        lossOut: 0.01,
        jitterMs: 12,
        roundTripMs: 84,
        echoDb: null,
      };
      live.onEvent({ kind: 'leg-quality', leg, quality, counts });
    }
    if (i < 2) live.onEvent({ kind: 'leg-moved', leg, to: 'meeting' });
  }
  live.onEvent({ kind: 'bridge-fact', meeting, fact: { kind: 'host-present', present: true } });
  live.onEvent({ kind: 'bridge-fact', meeting, fact: { kind: 'legs-admitted', legIds: ['leg0' as LegId] } });
  const frames = { opened: 9, sealed: 9, noKey: 0, badTag: 2, replayed: 0, plaintext: 0, notSealed: 0 };
  live.onEvent({ kind: 'meeting-report', meetingId: meeting, keysHeld: 5, frames });
}

interface Visit {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
}

async function visit({ width = 1280, colorScheme = 'light', locale = 'en-GB' }: Visit = {}): Promise<{
  readonly page: Page;
  readonly errors: string[];
}> {
  const context = await browser.newContext({
    viewport: { width, height: 844 },
    colorScheme,
    locale,
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(stage.url);
  await page.waitForSelector('h1');
  return { page, errors };
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.fill('#key', key);
  await page.click('button[type=submit]');
}

async function keep(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS !== undefined)
    await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
}

async function violations(page: Page): Promise<string[]> {
  // Not by a script element: the page's policy permits none.
  await page.evaluate(axeSource);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html + n.failureSummary)))`,
  );
}

const verified = `document.querySelector('#ledger')?.parentElement.textContent.includes('Verified in this browser')`;

test('shows calls, bridges, trunks and a verified ledger to a key, live, and keeps nothing beyond the tab', async () => {
  const { page, errors } = await visit();
  await keep(page, 'operator-sign-in-desktop');
  expect(await violations(page)).toEqual([]);
  await signIn(page, 'lk.wrong');
  await untilTrue(page, `document.querySelector('[role=alert]').textContent.includes('not taken')`);
  await signIn(page, stage.key('operator'));
  await untilTrue(page, verified, 40_000);
  await untilTrue(page, `document.querySelectorAll('.sparkline').length === 3`);
  const text = (await page.textContent('main')) ?? '';
  for (const part of ['+49 30 ···· 123', 'Gate open', 'Host there', 'Answers', '4.6%', 'in the meeting'])
    expect(text).toContain(part);
  await untilTrue(page, `document.querySelector('#meetings')?.textContent === 'Meetings 3'`);
  const list = (await page.textContent('section[aria-labelledby=meetings]')) ?? '';
  for (const part of [
    'Served here (bridge-1)',
    'Served by bridge-2',
    'Served by nobody now',
    'lease ends in 8 s',
  ])
    expect(list).toContain(part);
  // Those that somebody serves come first.
  expect(list.indexOf('choir')).toBeGreaterThan(list.indexOf('works-council'));
  await keep(page, 'operator-desktop');
  expect(await violations(page)).toEqual([]);
  stage.live.onEvent({ kind: 'leg-ended', leg: 'leg2' as LegId, reason: 'hangup' });
  await untilTrue(page, `!document.querySelector('main').textContent.includes('withheld')`);
  expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
  await page.click('text=Sign out');
  await page.waitForSelector('#key');
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  // The wrong key's 401 is the browser's own line.
  expect(errors.filter((line) => !line.includes('401'))).toEqual([]);
  await page.context().close();
});

test('works at the width of a phone, in four languages, without a sideways scroll', async () => {
  const key = stage.key('auditor');
  for (const [locale, heading] of [
    ['en-GB', 'Ledger'],
    ['de-DE', 'Protokollbuch'],
    ['fr-FR', 'Registre'],
    ['es-ES', 'Registro'],
  ] as const) {
    const { page } = await visit({ width: 390, locale, colorScheme: locale === 'de-DE' ? 'dark' : 'light' });
    await signIn(page, key);
    await untilTrue(
      page,
      `document.querySelector('.tag-good') !== null && document.querySelector('.scroll') !== null`,
    );
    expect(await page.textContent('#ledger')).toBe(heading);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await violations(page)).toEqual([]);
    // An auditor has no button that changes anything.
    expect(await page.$('#drain')).toBeNull();
    await keep(page, `operator-phone-${locale.slice(0, 2)}`);
    await page.context().close();
  }
});

test('ends a call after a question that can be answered no, by keyboard, and says where it was not done', async () => {
  const { page, errors } = await visit();
  await signIn(page, stage.key('operator'));
  await untilTrue(page, `document.querySelectorAll('.leg-end button').length >= 2`);
  const button = page.getByRole('button', { name: 'End call… (+44 20 ···· 77)' });
  await button.press('Enter');
  await untilTrue(page, `document.activeElement?.textContent.startsWith('Really end the call of +44')`);
  await keep(page, 'operator-end-call-desktop');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await untilTrue(page, `document.activeElement?.getAttribute('aria-label')?.includes('+44 20 ···· 77')`);
  expect(stage.ended).toEqual([]);
  stage.ledgerFault = 'full';
  await button.press('Enter');
  await page.click('text=Yes, end it');
  await untilTrue(page, `document.querySelector('.leg-end [role=alert]')?.textContent.includes('not done')`);
  stage.ledgerFault = null;
  await button.press('Enter');
  await page.click('text=Yes, end it');
  await expect.poll(() => stage.ended).toEqual(['leg1']);
  expect(stage.recorded.at(-1)).toMatchObject({ data: { action: 'leg-end', target: 'leg1' } });
  stage.live.onEvent({ kind: 'leg-phase', leg: 'leg1' as LegId, phase: 'ending' });
  await untilTrue(page, `document.querySelector('main').textContent.includes('hangs up')`);
  expect(await button.count()).toBe(0);
  await page.context().close();
  const { page: phone } = await visit({ width: 390 });
  await signIn(phone, stage.key('operator'));
  await phone.click('.leg-end button');
  for (const language of ['en', 'de', 'fr', 'es']) {
    await phone.selectOption('.language select', language);
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await keep(phone, `operator-end-call-phone-${language}`);
  }
  await phone.context().close();
  expect(errors.filter((line) => !line.includes('503'))).toEqual([]);
});

test('drains after a question, and says so; a ledger that does not verify is named', async () => {
  const { page } = await visit();
  await signIn(page, stage.key('operator'));
  await untilTrue(page, verified, 40_000);
  await page.click('text=Drain this connector');
  await keep(page, 'operator-drain-desktop');
  expect(await violations(page)).toEqual([]);
  expect(stage.drains).toEqual([]);
  await page.fill('input[type=number]', '30');
  await page.click('text=Yes, drain now');
  await untilTrue(
    page,
    `document.querySelector('#drain').parentElement.textContent.includes('This connector drains.')`,
  );
  expect(stage.drains).toEqual([30_000]);
  expect(stage.recorded.at(-1)).toMatchObject({ type: 'admin-action', data: { action: 'drain' } });
  forged = true;
  await page.reload();
  await untilTrue(
    page,
    `document.querySelector('#ledger')?.parentElement.textContent.includes('Does not verify')`,
  );
  await page.context().close();
});
