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
const show = (state: string, promptLiveInMs?: number): Promise<unknown> =>
  page.evaluate(`window.gallery.show(${JSON.stringify(state)}, ${promptLiveInMs ?? 'undefined'})`);

async function violations(): Promise<string[]> {
  // The devtools protocol puts it in, so the pages' own policy against foreign scripts stays in force.
  await page.evaluate(axeSource);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations)`,
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
      expect(names.length).toBeGreaterThan(30);
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
    await show('host-prompt', 800);
    await page.waitForSelector(`${allow}[aria-disabled="true"]`);
    await page.click(allow, { force: true });
    await page.focus(allow);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([]);
    await page.waitForSelector(`${allow}[aria-disabled="false"]`);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([['approve', 'c2lnbmVkLXJlcXVlc3QtaGFzaC1vZi10aGUtZ2FsbGVyeQ', null]]);
    await closePage();
  });

  it('can be denied, and can be limited in time, by keyboard alone', async () => {
    await open('host-waiting');
    await show('host-prompt', 0);
    await page.waitForSelector(`${allow}[aria-disabled="false"]`);
    await page.focus('dialog input[type=radio]:checked');
    await page.keyboard.press('ArrowRight');
    await page.focus(allow);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.focus(allow);
    await page.keyboard.press('Enter');
    const hash = 'c2lnbmVkLXJlcXVlc3QtaGFzaC1vZi10aGUtZ2FsbGVyeQ';
    expect(await calls()).toEqual([
      ['deny', hash],
      ['approve', hash, 15],
    ]);
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

  it('gives a member nothing that only a host may do', async () => {
    for (const state of ['member-prompt', 'member-open', 'member-people']) {
      await open(state);
      const words = await page.evaluate(
        '[...document.querySelectorAll("button")].map((b) => b.textContent).join("|")',
      );
      expect(words).not.toMatch(/Allow|Deny|Revoke|End/);
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
    expect(await calls()).toEqual([['start', 'Ada Osei']]);
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
