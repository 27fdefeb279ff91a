import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchPageBrowser } from './page-browser.ts';
import { serveGallery } from './page-gallery.ts';

/**
 * Takes the pictures in docs/screenshots. Run by hand after the pages changed:
 *   node test/support/page-screenshots.ts [folder [state ...]]
 * LANGUAGE=de: in that language; DARK=1: in dark too.
 */
const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

/** What the documentation shows; without arguments only these are kept. */
const kept = [
  'host-start',
  'host-waiting',
  'host-prompt',
  'host-prompt-changed',
  'host-open',
  'host-locked',
  'member-open',
  'member-waiting-for-host',
];

const language = process.env.LANGUAGE ?? 'en';
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const wanted = process.argv.length > 3 ? process.argv.slice(3) : kept;
mkdirSync(folder, { recursive: true });
const gallery = await serveGallery();
const browser = await launchPageBrowser();
try {
  for (const [name, viewport] of Object.entries(sizes)) {
    for (const scheme of ['light', 'dark'] as const) {
      if (scheme === 'dark' && process.env.DARK === undefined) continue;
      const context = await browser.newContext({
        viewport,
        colorScheme: scheme,
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'UTC',
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(error.message));
      page.on('console', (m) => {
        if (m.type() === 'error') console.error(m.text());
      });
      for (const state of wanted) {
        await page.goto(
          state === 'landing' ? `${gallery.url}/` : `${gallery.url}/gallery?${language}#${state}`,
        );
        if (state !== 'landing') await page.reload();
        await page.waitForSelector('h1');
        await page.waitForTimeout(150);
        const suffix = (scheme === 'dark' ? '-dark' : '') + (language === 'en' ? '' : `-${language}`);
        const path = join(folder, `${state}-${name}${suffix}.png`);
        await page.screenshot({ path });
        // A palette of 128 colours makes them a third of the size; without ImageMagick they stay as they are.
        spawnSync('convert', [path, '-strip', '+dither', '-colors', '128', `png8:${path}`]);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await gallery.close();
}
