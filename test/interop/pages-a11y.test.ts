import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchPageBrowser, untilTrue } from '../support/page-browser.ts';
import { serveGallery, type GalleryServer } from '../support/page-gallery.ts';

/** Every state of both pages: no accessibility violation, no error in the console, usable by keyboard alone. */

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

let gallery: GalleryServer;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  gallery = await serveGallery();
  browser = await launchPageBrowser();
});
afterAll(async () => {
  await browser.close();
  await gallery.close();
});

async function open(state: string, colorScheme: 'light' | 'dark' = 'light', width = 1280): Promise<void> {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: 844 },
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`${gallery.url}/gallery#${state}`);
  await page.waitForSelector('h1');
}
const closePage = (): Promise<void> => page.context().close();
const focused = (words: string): Promise<unknown> =>
  untilTrue(page, `document.activeElement.textContent === ${JSON.stringify(words)}`);
const calls = (): Promise<unknown> => page.evaluate('window.gallery.calls');
const speak = (language: string): Promise<unknown> =>
  page.evaluate(`window.gallery.speak(${JSON.stringify(language)})`);
const show = (state: string, promptLiveInMs?: number): Promise<unknown> =>
  page.evaluate(`window.gallery.show(${JSON.stringify(state)}, ${promptLiveInMs ?? 'undefined'})`);

async function violations(): Promise<string[]> {
  // The devtools protocol puts it in, once a page, so the pages' own policy against foreign scripts stays in force.
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axeSource);
  // Results of the rules that hold are not needed: axe need not write up each of their elements.
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }).then((r) => r.violations)`,
  );
  return found.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html}\n${node.failureSummary}`));
}

describe('accessibility of every state', () => {
  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'axe finds nothing, %s at %d pixels',
    async (scheme, width) => {
      await open('host-people', scheme, width);
      const names = await page.evaluate<string[]>('window.gallery.names');
      expect(names.length).toBeGreaterThan(55);
      for (const name of names) {
        await show(name);
        await untilTrue(page, `document.querySelector('h1') !== null`);
        expect(await violations(), name).toEqual([]);
        const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(overflow, `${name} scrolls sideways`).toBe(false);
      }
      expect(errors).toEqual([]);
      await closePage();
    },
    180_000,
  );

  it.each(['de', 'fr', 'es'])(
    'in %s no state is wider than a phone, and the page says its language',
    async (language) => {
      await open('host-people', 'light', 360);
      await speak(language);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      for (const name of await page.evaluate<string[]>('window.gallery.names')) {
        await show(name);
        const wide = await page.evaluate<string[]>(`[...document.querySelectorAll('#app *')]
          .filter((e) => !e.closest('.visually-hidden, .mic-choice') && e.getBoundingClientRect().width > 0)
          .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
          .map((e) => e.outerHTML.slice(0, 120))`);
        expect(wide, name).toEqual([]);
      }
      expect(errors).toEqual([]);
      await closePage();
    },
    60_000,
  );

  it('axe would have found something', async () => {
    await open('host-people');
    await page.evaluate(`document.querySelector('.button-mic').replaceChildren()`);
    expect((await violations()).join('\n')).toContain('button-name');
    await closePage();
  });

  it('the landing page is clean too', async () => {
    await open('host-people');
    await page.goto(`${gallery.url}/`);
    expect(await violations()).toEqual([]);
    expect(errors).toEqual([]);
    await closePage();
  });
});

describe('the prompt', () => {
  const allow = 'dialog button:has-text("Allow")';
  const hash = 'c2lnbmVkLXJlcXVlc3QtaGFzaC1vZi10aGUtZ2FsbGVyeQ';

  it('takes the focus to its heading, holds it, and answers nothing to a stray key', async () => {
    await open('host-waiting');
    await page.focus('.button-mic');
    await show('host-prompt', 0);
    await page.waitForSelector('dialog[open]');
    await untilTrue(page, `document.activeElement?.id === 'prompt-title'`);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    expect(await calls()).toEqual([]);
    const inside = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      inside.push(
        await page.evaluate(
          `document.activeElement === document.body || !!document.activeElement.closest('dialog')`,
        ),
      );
    }
    expect(inside.every(Boolean)).toBe(true);
    await closePage();
  });

  it('has a dead Allow until its time has come, and then signs exactly the request that is shown', async () => {
    await open('host-waiting');
    await show('host-prompt', 4_000);
    await page.waitForSelector(`${allow}[aria-disabled="true"]`);
    await page.click(allow, { force: true });
    await page.focus(allow);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([]);
    await page.waitForSelector(`${allow}[aria-disabled="false"]`);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([['approve', hash, { audio: 'both' }]]);
    await closePage();
  });

  it('can be denied, and can be limited in time, by keyboard alone', async () => {
    await open('host-waiting');
    await show('host-prompt', 0);
    await page.waitForSelector(`${allow}[aria-disabled="false"]`);
    await page.focus('dialog input[name=duration]:checked');
    await page.keyboard.press('ArrowRight');
    await page.focus(allow);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.focus(allow);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([
      ['deny', hash],
      ['approve', hash, { audio: 'both', untilMinutes: 15 }],
    ]);
    await closePage();
  });

  it('gives less where less is chosen: only this caller, listening, and the next five', async () => {
    await open('host-waiting');
    await show('host-prompt', 0);
    await page.click('dialog label:has-text("Listen only")');
    await page.click('dialog label:has-text("Let the next 5 in")');
    await page.getByRole('checkbox', { name: '+44 20 ···· 9902' }).uncheck();
    await page.click(allow);
    expect(await calls()).toEqual([['approve', hash, { audio: 'listen', next: 5, only: ['leg-1'] }]]);
    await closePage();
  });

  it('cannot be allowed to nobody, and says so', async () => {
    await open('host-open');
    await show('host-more-calls', 0);
    await page.waitForSelector('dialog[open]');
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await page.waitForSelector('dialog [role=status]:has-text("Choose at least one caller")');
    await page.click(allow, { force: true });
    expect(await calls()).toEqual([]);
    await closePage();
  });

  it.each([
    ['host-prompt-fork', 'contradicts itself'],
    ['host-prompt-speak', 'Speaking only is not possible'],
  ])('%s cannot be allowed at all', async (state, words) => {
    await open('host-waiting');
    await show(state, 0);
    await page.waitForSelector(`dialog .warning:has-text("${words}")`);
    const button = page.getByRole('button', { name: 'Cannot be allowed' });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(await calls()).toEqual([]);
    await page.click('dialog button:has-text("Deny")');
    expect(await calls()).toEqual([['deny', hash]]);
    await closePage();
  });

  it('is red for a bridge that is not the one from before, names who ran it, and shows the code', async () => {
    await open('host-waiting');
    await show('host-prompt-changed', 0);
    await page.waitForSelector('dialog.prompt-red h2:has-text("not the bridge that you know")');
    expect(await page.textContent('dialog .warning')).toContain('Southgate Networks');
    expect(await page.textContent('dialog .bridge-code')).toBe('4812 0937');
    await closePage();
  });

  it('put off by Escape answers nothing and waits on the bridge card', async () => {
    await open('host-waiting');
    await show('host-prompt', 0);
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await calls()).toEqual([]);
    await page.click('button:has-text("Review the request")');
    await page.waitForSelector('dialog[open]');
    await closePage();
  });
});

describe('buttons that matter', () => {
  it('revokes with one click, in sight without scrolling on a phone', async () => {
    await open('host-open', 'light', 390);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    const button = page.locator('button:has-text("Revoke the key")').first();
    const box = await button.boundingBox();
    expect(box).not.toBeNull();
    expect(box!.y).toBeGreaterThanOrEqual(0);
    expect(box!.y + box!.height).toBeLessThanOrEqual(844);
    await button.click();
    expect(await calls()).toEqual([['revoke', 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM']]);
    await closePage();
  });

  it('ends for all only after it was asked once more', async () => {
    await open('host-people');
    await page.click('button:has-text("End for all")');
    expect(await calls()).toEqual([]);
    await focused('Go on');
    await page.keyboard.press('Escape');
    await focused('End for all');
    await page.keyboard.press('Enter');
    await page.click('button:has-text("End it")');
    expect(await calls()).toEqual([['endForAll']]);
    await closePage();
  });

  it('locks, lets in and refuses, mutes and hangs up, removes, by keyboard', async () => {
    await open('host-door');
    const press = async (role: 'button' | 'switch', name: string): Promise<void> => {
      await page.getByRole(role, { name, exact: true }).focus();
      await page.keyboard.press('Enter');
    };
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('true');
    await press('switch', 'Lock the meeting');
    await press('button', 'Let in Daniel Weiß');
    await press('button', 'Refuse Evelyn Mbeki');
    await press('button', 'Remove Chiara Rossi');
    await focused('Keep');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await show('host-caller-muted');
    await press('button', 'Unmute +49 30 ···· 417');
    await press('button', 'Hang up +44 20 ···· 9902');
    await show('host-dial');
    await page.getByLabel('Phone number').fill('call me');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('alert').textContent()).toBe('That is no phone number.');
    await page.getByLabel('Phone number').fill('+49 30 123456');
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Phone number').inputValue()).toBe('');
    await press('button', 'Cancel the call to +···· 902');
    const bridge = 'QnJpZGdlS2V5VGh1bWJwcmludDAxMjM0NTY3ODlhYmM';
    expect(await calls()).toEqual([
      ['setLocked', false],
      ['admitMember', 'p-RGFuaWVs'],
      ['refuseMember', 'p-RXZlbHlu'],
      ['removeMember', 'p-TGF0Y2g5'],
      ['muteLeg', bridge, 'leg-1', false],
      ['endLeg', bridge, 'leg-2'],
      ['invitePhone', '+49 30 123456'],
      ['cancelInvite', 'dial-2'],
    ]);
    await closePage();
  });

  it('lets a co-host take over after it was asked once more, and decide like the host', async () => {
    await open('co-host-host-left');
    await page.click('button:has-text("Take over")');
    await focused('Wait');
    await page.click('button:has-text("Take over now")');
    await show('co-host-prompt', 0);
    await page.click('dialog button:has-text("Allow")');
    await show('co-host-open');
    await page.click('button:has-text("Revoke the key")');
    expect(((await calls()) as unknown[][]).map(([name]) => name)).toEqual(['takeOver', 'approve', 'revoke']);
    await closePage();
  });

  it('takes co-hosts before the start, and nothing that is no device code', async () => {
    await open('host-start');
    await page.fill('#name', 'Ada');
    await page.click('summary:has-text("Co-hosts")');
    const code = 'mZ0yqUqVnA0f4mYyTz8Wc1m6Rr3V9kQd2s5Lw7Xb1Ec';
    for (const text of ['hello', `${code}A`, code.slice(1)]) {
      await page.fill('#co-host-code', text);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#co-host-error');
    }
    await page.fill('#co-host-code', ` ${code} `);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.codes li');
    await page.click('label:has-text("Phone calls end")');
    await page.click('button:has-text("Start the meeting")');
    expect(await calls()).toEqual([['start', 'Ada', { coHosts: [code], onHostChange: 'drop' }]]);
    await closePage();
  });

  it('changes the language, on the spot, for everything', async () => {
    await open('host-open');
    await page.selectOption('.language select', 'fr');
    await page.waitForSelector('h1:has-text("3 personnes et 1 téléphone peuvent entendre.")');
    expect(await page.getAttribute('html', 'lang')).toBe('fr');
    await show('host-locked');
    await untilTrue(
      page,
      `document.querySelector('.page > [role=status]').textContent.includes('exclu après 0,4 secondes')`,
    );
    await closePage();
  });

  it('gives a member nothing that only a host may do', async () => {
    for (const state of ['member-prompt', 'member-open', 'member-people', 'member-locked-meeting']) {
      await open(state);
      const words = await page.evaluate(
        '[...document.querySelectorAll("button")].map((b) => b.textContent).join("|")',
      );
      expect(words).not.toMatch(/Allow|Deny|Revoke|End|Remove|Mute \+|Hang up|Let in/);
      await closePage();
    }
  });

  it('starts only with a name, and says so to a screen reader', async () => {
    await open('host-start');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#name-error');
    expect(await page.getAttribute('#name', 'aria-describedby')).toBe('name-error');
    expect(await calls()).toEqual([]);
    await page.fill('#name', '  Ada   Osei ');
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([['start', 'Ada Osei', { coHosts: [], onHostChange: 'ask-again' }]]);
    await closePage();
  });
});

describe('live announcements', () => {
  it('tell in words what changes on the screen', async () => {
    await open('host-open');
    await page.waitForSelector('.page > [role=status]', { state: 'attached' });
    await show('host-locking');
    await untilTrue(page, `document.querySelector('.page > [role=status]').textContent.includes('Locking')`);
    await show('host-locked');
    await untilTrue(
      page,
      `document.querySelector('.page > [role=status]').textContent.includes('0.4 seconds')`,
    );
    await closePage();
  });
});
