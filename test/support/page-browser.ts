import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Debian's Chromium, headless, with nothing of its own on the network. */
export function launchPageBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (p) => existsSync(p),
  );
  if (executablePath === undefined) throw new Error('Chromium is not installed: apt-get install chromium');
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--hide-scrollbars', ...args],
  });
}

/**
 * Waits until the expression is true in the page. Not playwright's own waiting, which evaluates strings inside the page
 * and meets the pages' Content-Security-Policy there.
 */
export async function untilTrue(page: Page, expression: string, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await page.evaluate<unknown>(expression))) {
    if (Date.now() > deadline) throw new Error(`still not true: ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
