import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addChord, chords, type Party as Voice } from '../demo/chord.ts';
import { startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Party } from '../demo/party.ts';
import { writeWav } from '../demo/wav.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { untilTrue } from '../support/page-browser.ts';

/**
 * The whole product with people at the browsers: `latchkey start`, the host's and the member's page in two Chromium
 * browsers, and a phone that calls. Each party hums a chord of its own; who hears whom is measured in what is played.
 */
const voices = Object.keys(chords) as Voice[];
let folder: string;
let connector: Connector;
let caller: Party;
const browsers: TestBrowser[] = [];
let host: Page;
let member: Page;
const errors: string[] = [];

/** One second of a party's chord as a fake microphone. */
async function browserOf(voice: Voice): Promise<TestBrowser> {
  const samples = new Int16Array(48_000);
  addChord(samples, voice, 48_000, 0, 0.15);
  const path = join(folder, `${voice}.wav`);
  writeWav(path, { rate: 48_000, samples });
  const browser = await launchChromium({ args: [`--use-file-for-fake-audio-capture=${path}`] });
  browsers.push(browser);
  return browser;
}

/** The pages ask for a cleaned-up voice, which would take a steady chord for noise. */
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

const heading = (page: Page, words: string, timeout = 20_000): Promise<unknown> =>
  page.waitForSelector(`h1:has-text(${JSON.stringify(words)})`, { timeout });

/** Whose chord is in what the page plays: both of its sines, well above silence. */
function hears(page: Page): Promise<Voice[]> {
  return page.evaluate<Voice[]>(`(async () => {
    const context = (window.testContext ??= new AudioContext({ sampleRate: 48000 }));
    await context.resume();
    const taps = (window.testTaps ??= new Map());
    const streams = [...document.querySelectorAll('audio')].map((e) => e.srcObject).filter((s) => s?.active);
    for (const s of streams) if (!taps.has(s.id)) {
      const analyser = new AnalyserNode(context, { fftSize: 8192 });
      context.createMediaStreamSource(s).connect(analyser);
      taps.set(s.id, analyser);
    }
    await new Promise((done) => setTimeout(done, 250));
    const has = (stream, hz) => {
      const f = new Float32Array(8192);
      taps.get(stream.id).getFloatTimeDomainData(f);
      const k = 2 * Math.cos((2 * Math.PI * hz) / 48000);
      let a = 0, b = 0;
      for (const v of f) [a, b] = [v + k * a - b, a];
      return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / f.length > 0.01;
    };
    return Object.entries(${JSON.stringify(chords)})
      .filter(([, hzs]) => streams.some((stream) => hzs.every((hz) => has(stream, hz))))
      .map(([voice]) => voice);
  })()`);
}

async function untilHears(page: Page, wanted: readonly Voice[], timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const heard = await hears(page);
    if (heard.join() === wanted.join()) return;
    if (Date.now() > deadline) throw new Error(`hears ${heard.join() || 'nobody'}, not ${wanted.join()}`);
  }
}

/** Whom the phone hears now, by what it last said of each. */
function phoneHears(): Voice[] {
  return voices.filter(
    (voice) => caller.events.findLast((e) => e.kind === 'hears' && e.party === voice)?.hears === true,
  );
}

async function untilPhoneHears(wanted: readonly Voice[]): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (phoneHears().join() !== wanted.join()) {
    if (Date.now() > deadline)
      throw new Error(`the phone hears ${phoneHears().join()}, not ${wanted.join()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const prompt = (name: string): Promise<unknown> => caller.next('prompt', (e) => e.name === name, 30_000);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-pages-call-'));
  // Nobody listens at the tap here; the demo judges frames.
  connector = await startConnector({ folder, tapPort: 9 });
  const hostBrowser = await browserOf('host');
  const memberBrowser = await browserOf('member');
  host = await open(hostBrowser, `${connector.banner.httpUrl}/host#${connector.banner.claim}`);
  member = await open(memberBrowser, connector.banner.httpUrl);
  caller = startParty(
    'caller.ts',
    {
      kind: 'start',
      target: connector.banner.sip,
      promptsDir: resolve(import.meta.dirname, '../../config/prompts/en'),
      prompts: ['welcome-enter-pin', 'notice', 'lobby-waiting', 'denied', 'admitted', 'revoked'],
      listenFor: voices,
      keep: null,
    },
    { name: 'caller', logFolder: folder },
  );
  await caller.until('ready');
});
afterAll(async () => {
  await caller.stop(2_000);
  for (const browser of browsers) await browser.close();
  await connector.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a call into a meeting of two browsers', () => {
  it('host and member meet under keys that the host made', async () => {
    await host.fill('#name', 'Hanna');
    await host.click('button:has-text("Start the meeting")');
    await heading(host, 'Only you are here. No phone.');
    expect((await host.textContent('.pin'))!.replace(' ', '')).toBe(connector.banner.pin);
    await member.goto((await host.textContent('code.link'))!);
    await member.fill('#name', 'Mirek');
    await member.click('button:has-text("Join the meeting")');
    await heading(member, '2 people can hear. No phone.');
    await heading(host, '2 people can hear. No phone.');
    await host.waitForSelector('.row-name:has-text("Mirek")');
    await member.waitForSelector('.row-name:has-text("Hanna")');
    await untilHears(host, ['member']);
    await untilHears(member, ['host']);
  });

  it('a caller with the PIN waits, seen by both and heard by nobody, and the host is asked', async () => {
    const welcome = prompt('welcome-enter-pin');
    caller.send({ kind: 'call' });
    await welcome;
    const notice = prompt('notice');
    caller.send({ kind: 'dial', digits: connector.banner.pin });
    await notice;
    caller.send({ kind: 'dial', digits: '1' });
    await host.waitForSelector('dialog[open]', { timeout: 30_000 });
    expect(await host.textContent('dialog h2')).toBe('Let the phone in?');
    const words = (await host.textContent('dialog'))!;
    expect(words).toContain("This machine's operator");
    expect(words).toContain('it may be forged');
    expect(words).toContain('Phone line not encrypted');
    expect(words).not.toContain('4930555012345');
    await heading(member, 'A phone bridge asks for the meeting key.');
    await member.waitForSelector('.bridge-state:has-text("Asks for the key")');
    expect(await hears(host)).toEqual(['member']);
    expect(await hears(member)).toEqual(['host']);
    expect(phoneHears()).toEqual([]);
  });

  it('after Allow everybody hears everybody, and both pages say so', async () => {
    await host.waitForSelector('dialog button[aria-disabled="false"]:has-text("Allow")');
    await host.click('dialog button:has-text("Allow")');
    await heading(host, '2 people and 1 phone can hear.');
    await heading(member, '2 people and 1 phone can hear.');
    await untilHears(host, ['member', 'caller']);
    await untilHears(member, ['host', 'caller']);
    await untilPhoneHears(['host', 'member']);
  });

  it('one click takes it back: the phone is deaf and unheard, the others go on, and the page says when', async () => {
    const told = prompt('revoked');
    await host.click('button:has-text("Revoke the key")');
    await host.waitForSelector('.bridge-state:has-text("Locked out after")');
    await member.waitForSelector('.bridge-state:has-text("Locked out")');
    await heading(host, '2 people can hear.');
    await told;
    await untilHears(host, ['member']);
    await untilHears(member, ['host']);
    await untilPhoneHears([]);
    const after = Number(/after ([\d.]+) s/.exec((await host.textContent('.bridge-state'))!)?.[1]);
    expect(after).toBeLessThan(5);
    const history = (await host.textContent('.events'))!;
    for (const line of ['asked for the key', 'was allowed', 'revoked', 'locked out'])
      expect(history).toContain(line);
  });

  it('the host reloads: a new instance, the member is let back in, and the old keys are of no use', async () => {
    await host.reload();
    await heading(host, 'Go on with your meeting');
    await host.click('button:has-text("Go on")');
    await heading(host, '2 people can hear.', 30_000);
    await heading(member, '2 people can hear.', 30_000);
    await untilHears(host, ['member']);
    await untilHears(member, ['host']);
    expect(phoneHears()).toEqual([]);
  });

  it('raised no alarm on the way', async () => {
    for (const page of [host, member]) expect(await page.locator('.alarms').allTextContents()).toEqual([]);
  });

  it('ends for all: the caller is let go, the member is told', async () => {
    await host.click('button:has-text("End for all")');
    await host.click('button:has-text("End it")');
    await heading(host, 'You ended the meeting');
    await heading(member, 'The host ended the meeting');
    await untilTrue(member, `document.querySelectorAll('audio').length === 0`);
  });

  it('no page met an error', () => {
    expect(errors).toEqual([]);
  });
});
