import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { verifierFile } from '../../src/http/verify-file.ts';
import { launchPageBrowser } from './page-browser.ts';
import { makeDir, removeDir } from './vault.ts';
import { exportStory } from './verify-export.ts';

/** Takes the pictures of the verifier's page in docs/screenshots. Run by hand: node test/support/page-verify-shots.ts [folder] */
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const dir = await makeDir();
const browser = await launchPageBrowser();
try {
  const html = join(dir, 'verify.html');
  writeFileSync(html, await verifierFile());
  const { file, operator } = await exportStory(dir, 'meeting-2026-05-12.jsonl');
  const sizes = { desktop: [1280, 800], phone: [390, 844] } as const;
  for (const [name, [width, height]] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        locale: 'en-GB',
        offline: true,
      });
      const page = await context.newPage();
      page.on('console', (m) => console.log(m.text()));
      page.on('pageerror', (e) => console.log(e.message));
      await page.goto(pathToFileURL(html).href);
      const shot = async (what: string, fullPage: boolean): Promise<void> => {
        const path = join(folder, `verify-${what}-${name}${colorScheme === 'dark' ? '-dark' : ''}.png`);
        await page.screenshot({ path, fullPage });
        spawnSync('convert', [path, '-strip', '+dither', '-colors', '128', `png8:${path}`]);
      };
      await page.waitForSelector('h1');
      if (colorScheme === 'light') await shot('start', false);
      await page.setInputFiles('input[type=file]', file);
      await page.waitForSelector('#verdict-title');
      await page.fill('#trust', operator);
      await page.click('text=Check against it');
      await page.waitForSelector('.verdict.look-calm');
      await page.waitForTimeout(200);
      await shot('result', true);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await removeDir(dir);
}
