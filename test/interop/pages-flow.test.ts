import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bridge as bridgeOf, caller, knocks, prompt, scope } from '../../src/web/gallery/cast.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { untilTrue } from '../support/page-browser.ts';
import { serveStubPages, type StubPages } from '../support/page-server.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

/**
 * The real pages on the real server and the embedded SFU, with a stub in place of the consent protocol: what a person
 * does from the host link to the end. The steps build on each other, as they do for a person.
 */
let sfu: RunningSfu;
let pages: StubPages;
let hostBrowser: TestBrowser;
let memberBrowser: TestBrowser;
let host: Page;
let member: Page;
const errors: string[] = [];
const holding = bridgeOf('holds-key', { scope: scope() });
const hz = { host: 500, member: 900 };

/** The pages ask for a cleaned-up voice, which would take a steady tone for noise. */
const rawMicrophone = `
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = ({ audio }) => original({ audio: { ...audio,
    echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
`;

async function open(browser: TestBrowser, url: string): Promise<Page> {
  const page = await browser.context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.addInitScript(rawMicrophone);
  await page.goto(url);
  return page;
}

const heading = (page: Page, words: string): Promise<unknown> =>
  page.waitForSelector(`h1:has-text(${JSON.stringify(words)})`, { timeout: 30_000 });

/** A bridge asks for the key. */
const ask = (page: Page, requestHash: string): Promise<unknown> =>
  page.evaluate(`stubShow(${JSON.stringify({ prompt: { ...prompt, requestHash, callers: [] } })})`);

/** Tones in everything the page plays. */
async function hears(page: Page): Promise<number[]> {
  const heard: number[] = await page.evaluate(`(async () => {
    const context = (window.testContext ??= new AudioContext({ sampleRate: 48000 }));
    await context.resume();
    const taps = (window.testTaps ??= new Map());
    const streams = [...document.querySelectorAll('audio')].map((e) => e.srcObject).filter((s) => s?.active);
    for (const s of streams) if (!taps.has(s.id)) {
      const analyser = new AnalyserNode(context, { fftSize: 16384 });
      context.createMediaStreamSource(s).connect(analyser);
      taps.set(s.id, analyser);
    }
    await new Promise((done) => setTimeout(done, 400));
    return [500, 900].filter((hz) => streams.some((s) => {
      const f = new Float32Array(16384);
      taps.get(s.id).getFloatTimeDomainData(f);
      const k = 2 * Math.cos((2 * Math.PI * hz) / 48000);
      let a = 0, b = 0;
      for (const v of f) [a, b] = [v + k * a - b, a];
      return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / f.length > 0.02;
    }));
  })()`);
  return heard;
}

async function untilHears(page: Page, wanted: readonly number[]): Promise<void> {
  const deadline = Date.now() + 25_000;
  for (;;) {
    const heard = await hears(page);
    if (heard.join() === wanted.join()) return;
    if (Date.now() > deadline) throw new Error(`hears ${heard.join()} instead of ${wanted.join()}`);
  }
}

beforeAll(async () => {
  sfu = await startSfu();
  pages = await serveStubPages(() => sfu);
  hostBrowser = await launchChromium({ toneHz: hz.host });
  memberBrowser = await launchChromium({ toneHz: hz.member });
});
afterAll(async () => {
  await hostBrowser.close();
  await memberBrowser.close();
  await pages.stop();
  await sfu.stop();
});

describe('from the host link to the end', () => {
  it('the host starts with a co-host, and the claim leaves the address bar', async () => {
    const coHost = await open(memberBrowser, `${pages.url}/cohost`);
    await heading(coHost, 'Your co-host code');
    const code = (await coHost.textContent('.device-code'))!;
    await coHost.close();
    host = await open(hostBrowser, pages.hostLink);
    await heading(host, 'Start the meeting');
    await host.fill('#name', 'Ada Osei');
    await host.click('summary:has-text("Co-hosts")');
    await host.fill('#co-host-code', code);
    await host.click('.co-hosts button:has-text("Add")');
    await host.waitForSelector('.codes li');
    await host.click('button:has-text("Start the meeting")');
    await heading(host, 'Only you are here. No phone.');
    expect(host.url()).toBe(`${pages.url}/host`);
    expect(await host.textContent('.pin')).toBe('482 913');
  });

  it('a second browser with the same host link is refused', async () => {
    const second = await open(memberBrowser, pages.hostLink);
    await second.fill('#name', 'Mallory');
    await second.click('button:has-text("Start the meeting")');
    await heading(second, 'This host link was already used');
    await second.close();
  });

  it('a member joins by the copied link, and both hear each other', async () => {
    const link = (await host.textContent('code.link'))!;
    expect(link).toMatch(/\/join\/[A-Za-z0-9_-]{43}#[A-Za-z0-9_-]{22}$/);
    member = await open(memberBrowser, link);
    await heading(member, 'Join the meeting');
    await member.waitForSelector('.lead:has-text("You are a co-host")');
    await member.fill('#name', 'Ben');
    await member.keyboard.press('Enter');
    await heading(member, '2 people can hear. No phone.');
    await heading(host, '2 people can hear. No phone.');
    await host.waitForSelector('.row-name:has-text("Ben")');
    await untilHears(host, [hz.member]);
    await untilHears(member, [hz.host]);
  });

  it('mute silences at once and unmute brings the voice back', async () => {
    await host.click('.button-mic');
    await host.waitForSelector('.button-mic:has-text("Unmute")');
    await untilHears(member, []);
    await host.click('.button-mic');
    await untilHears(member, [hz.host]);
  });

  it('a prompt in a background tab flashes the title until it is answered', async () => {
    await host.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true })`);
    const title = await host.title();
    await ask(host, 'hash');
    await untilTrue(host, `document.title.includes('asks for the key')`);
    await host.click('dialog button:has-text("Deny")');
    await host.evaluate(`stubShow({ prompt: null })`);
    await untilTrue(host, `document.title === ${JSON.stringify(title)}`);
    expect(await host.evaluate('stubCalls')).toContain('deny hash');
  });

  it('an answer that did not go through is said', async () => {
    await ask(host, 'late');
    await host.click('dialog button:has-text("Allow")');
    await host.waitForSelector('[role=alert]:has-text("Your answer was not sent")', { state: 'attached' });
    await host.evaluate(`stubShow({ prompt: null })`);
  });

  it('every decision reaches the session: of the host, and of the co-host', async () => {
    const bridge = { ...holding, legs: [{ ...caller, state: 'admitted' }] };
    for (const page of [host, member]) {
      await page.evaluate(`stubShow(${JSON.stringify({ bridges: [bridge], knocking: knocks.slice(0, 1) })})`);
      await page.getByRole('switch', { name: 'Lock the meeting' }).click();
      await page.getByRole('button', { name: 'Let in Daniel Weiß' }).click();
      await page.getByRole('button', { name: 'Refuse Daniel Weiß' }).click();
      await page.getByRole('button', { name: 'Mute +49' }).click();
      await page.getByRole('button', { name: 'Hang up +49' }).click();
      await page.click('.truth button:has-text("Revoke the key")');
      const said = (await page.evaluate<string[]>('stubCalls')).slice(-6);
      const [leg, knock] = [`${bridge.thumbprint} ${caller.legId}`, knocks[0]!.identity];
      expect(said).toEqual([
        'lock true',
        `admit ${knock}`,
        `refuse ${knock}`,
        `mute-leg ${leg} true`,
        `end-leg ${leg}`,
        `revoke ${bridge.thumbprint}`,
      ]);
      await page.evaluate('stubShow({ bridges: [], knocking: [] })');
    }
    await host.getByRole('button', { name: 'Remove Ben' }).click();
    await host.click('.ask button:has-text("Remove")');
    expect((await host.evaluate<string[]>('stubCalls')).at(-1)).toMatch(/^remove p-/);
  });

  it('while no host is here a co-host can take over, and has the host’s page then', async () => {
    await member.evaluate('stubShow({ hostPresent: false })');
    await heading(member, 'The host is not here.');
    await member.click('.truth button:has-text("Take over")');
    await member.click('.truth button:has-text("Take over now")');
    await member.waitForSelector('.controls button:has-text("End for all")');
    await untilTrue(
      member,
      `document.querySelector('.page > [role=status]').textContent.includes('You are the host now')`,
    );
    await member.reload();
    await heading(member, 'Join the meeting');
    await member.click('button:has-text("Join the meeting")');
    await heading(member, '2 people can hear. No phone.');
    await untilHears(host, [hz.member]);
  });

  it('a second tab cannot host the same meeting', async () => {
    const second = await open(hostBrowser, `${pages.url}/host`);
    await heading(second, 'Go on with your meeting');
    await second.click('button:has-text("Go on")');
    await heading(second, 'This meeting is open in another tab');
    await second.close();
  });

  it('after the meeting server is gone and back, both are in again', async () => {
    const port = Number(new URL(sfu.url).port);
    await sfu.stop();
    await host.waitForSelector('.top-note', { timeout: 30_000 });
    sfu = await startSfu({ port });
    await host.waitForSelector('.top-note', { state: 'detached', timeout: 45_000 });
    await heading(host, '2 people can hear. No phone.');
    await untilHears(member, [hz.host]);
    await untilHears(host, [hz.member]);
  });

  it('a reload goes on with the same meeting and the same invitation', async () => {
    const link = await host.textContent('code.link');
    await host.reload();
    await heading(host, 'Go on with your meeting');
    expect(await host.inputValue('#name')).toBe('Ada Osei');
    await host.click('button:has-text("Go on")');
    await heading(host, '2 people can hear. No phone.');
    expect(await host.textContent('code.link')).toBe(link);
    await untilHears(member, [hz.host]);
    await untilTrue(member, `document.querySelectorAll('audio').length === 1`);
  });

  it('a PIN that was replaced reaches the host’s page, and one that the connector has forgotten is said to be replaced', async () => {
    const again = async (): Promise<void> => {
      await host.reload();
      await host.click('button:has-text("Go on")');
      await heading(host, '2 people can hear. No phone.');
    };
    pages.replacePin('771204');
    await again();
    await untilTrue(host, `document.querySelector('.pin').textContent === '771 204'`);
    await untilTrue(host, `document.querySelector('.invite').textContent.includes('This PIN is new.')`);
    pages.replacePin(null);
    await again();
    await untilTrue(
      host,
      `document.querySelector('.invite').textContent.includes('Replaced. This connector does not')`,
    );
    expect(await host.locator('.invite .pin').count()).toBe(0);
    expect(await host.locator('button:has-text("Copy invitation")').count()).toBe(0);
    pages.refuseNewPin(true);
    await host.click('button:has-text("Make a new PIN")');
    await untilTrue(host, `document.body.textContent.includes('No new PIN was made.')`);
    pages.refuseNewPin(false);
    await host.click('button:has-text("Make a new PIN")');
    await untilTrue(host, `document.querySelector('.pin')?.textContent === '305 816'`);
    await untilTrue(host, `!document.body.textContent.includes('No new PIN was made.')`);
    expect(await host.locator('button:has-text("Make a new PIN")').count()).toBe(0);
    expect(await host.locator('button:has-text("Copy invitation")').count()).toBe(1);
    await again();
    await untilTrue(host, `document.querySelector('.pin')?.textContent === '305 816'`);
  });

  it('the host ends it for all, and nothing of it is kept', async () => {
    await host.click('button:has-text("End for all")');
    await host.click('button:has-text("End it")');
    await heading(host, 'You ended the meeting');
    expect(await host.evaluate('stubCalls')).toContain('end');
    const download = host.waitForEvent('download');
    await host.click('button:has-text("Save the evidence file")');
    const saved = await download;
    expect(saved.suggestedFilename()).toMatch(/^latchkey-.*\.evidence\.jsonl$/);
    expect(readFileSync(await saved.path(), 'utf8')).toBe('{"evidence":true}\n');
    await host.reload();
    await heading(host, 'Open the host link first');
    await member.click('button:has-text("Leave")');
    await heading(member, 'You left the meeting');
    await untilTrue(member, `document.querySelectorAll('audio').length === 0`);
  });
});

describe('what can be wrong', () => {
  it('an incomplete link, an unknown meeting, a wrong claim', async () => {
    const page = await open(memberBrowser, `${pages.url}/join/${'A'.repeat(43)}`);
    await heading(page, 'This invitation link is incomplete');
    await page.goto(`${pages.url}/join/${'A'.repeat(43)}#AAECAwQFBgcICQoLDA0ODw`);
    await heading(page, 'No meeting at this link');
    await page.close();
  });

  it('the pages met no error of their own', () => {
    // The browser itself reports refused requests and the broken connection as errors; anything else is ours.
    const network = /Failed to load resource|WebSocket connection to|ERR_CONNECTION/;
    expect(errors.filter((error) => !network.test(error))).toEqual([]);
  });
});
