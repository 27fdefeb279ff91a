import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { toneWav } from './meeting-tone.ts';

/**
 * Debian's Chromium, headless, with a microphone that plays a known tone, for tests on a network that may be loopback
 * only. The tone belongs to the whole browser: parties with different tones are different browsers.
 */
export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function launchChromium(options: {
  /** Of the fake microphone; unset: silence. */
  readonly toneHz?: number;
  readonly args?: readonly string[];
}): Promise<TestBrowser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is not installed: apt-get install chromium');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-chromium-'));
  const microphone = join(folder, 'microphone.wav');
  await writeFile(microphone, toneWav(options.toneHz ?? null));
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath,
    headless: true,
    permissions: ['microphone'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Pages that are not in front go on at full speed, as they do while they play audio to a person.
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      '--allow-loopback-in-peer-connection',
      ...(options.args ?? []),
    ],
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
