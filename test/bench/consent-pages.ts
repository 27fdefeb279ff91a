import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chords, type Party } from '../demo/chord.ts';

/** The host's and a member's page as they are served, two tabs of one Chromium; each hums its chord into the microphone. */
export interface Pages {
  readonly host: Page;
  readonly member: Page;
  close(): Promise<void>;
}

/** The two tabs share a machine's microphone, so each gets one of its own making. And it notes when it was clicked. */
const prepared = (party: Party): string => `
  navigator.mediaDevices.getUserMedia = async () => {
    const context = (window.benchContext ??= new AudioContext());
    const out = context.createMediaStreamDestination();
    for (const hz of ${JSON.stringify(chords[party])}) {
      const level = new GainNode(context, { gain: 0.15 });
      const sine = new OscillatorNode(context, { frequency: hz });
      sine.connect(level).connect(out);
      sine.start();
    }
    await context.resume();
    return out.stream;
  };
  addEventListener('click', () => { window.benchClickedAt = Date.now(); }, true);
`;

export async function openPages(): Promise<Pages> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is not installed: apt-get install chromium');
  const browser: Browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--allow-loopback-in-peer-connection',
    ],
  });
  const open = async (party: Party): Promise<Page> => {
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    await page.addInitScript(prepared(party));
    return page;
  };
  return { host: await open('host'), member: await open('member'), close: () => browser.close() };
}

/** Clicks as a person does; when the page got the click, in wall-clock milliseconds of this machine. */
export async function click(page: Page, selector: string): Promise<number> {
  await page.click(selector, { timeout: 30_000 });
  return page.evaluate<number>('window.benchClickedAt');
}

export const heading = (page: Page, words: string, timeout = 60_000): Promise<unknown> =>
  page.waitForSelector(`h1:has-text(${JSON.stringify(words)})`, { timeout });
