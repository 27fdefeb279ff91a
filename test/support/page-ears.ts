import type { Page } from 'playwright-core';
import type { TestBrowser } from './chromium.ts';

/** What a person at one of our pages sees first and hears. */

/** The pages ask for a cleaned-up voice, which would take a steady tone for noise. */
const rawMicrophone = `
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = ({ audio }) => original({ audio: { ...audio,
    echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
`;

export async function openPage(browser: TestBrowser, url: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.addInitScript(rawMicrophone);
  await page.goto(url);
  return page;
}

export function heading(page: Page, words: string): Promise<unknown> {
  return page.waitForSelector(`h1:has-text(${JSON.stringify(words)})`, { timeout: 30_000 });
}

/** An expression, for any browser: which of the tones are in anything that the page plays now. */
export function hearsExpression(candidates: readonly number[]): string {
  return `(async () => {
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
    return ${JSON.stringify(candidates)}.filter((hz) => streams.some((s) => {
      const f = new Float32Array(16384);
      taps.get(s.id).getFloatTimeDomainData(f);
      const k = 2 * Math.cos((2 * Math.PI * hz) / 48000);
      let a = 0, b = 0;
      for (const v of f) [a, b] = [v + k * a - b, a];
      return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / f.length > 0.02;
    }));
  })()`;
}

export function hears(page: Page, candidates: readonly number[]): Promise<number[]> {
  return page.evaluate(hearsExpression(candidates));
}

export async function untilHears(
  page: Page,
  candidates: readonly number[],
  wanted: readonly number[],
): Promise<void> {
  const deadline = Date.now() + 25_000;
  for (;;) {
    const heard = await hears(page, candidates);
    if (heard.join() === wanted.join()) return;
    if (Date.now() > deadline) throw new Error(`hears [${heard.join()}] instead of [${wanted.join()}]`);
  }
}
