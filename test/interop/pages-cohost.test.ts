import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startConnector, type Connector } from '../demo/connector.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { untilTrue } from '../support/page-browser.ts';
import { heading, openPage, untilHears } from '../support/page-ears.ts';

/**
 * Two hosts and a guest in three browsers, through the connector as a newcomer starts it: the co-host's code, decisions that
 * reach everybody by way of the key host, and a take-over once the host is gone. The steps build on each other.
 */
const hz = { host: 500, coHost: 900, guest: 1_300 };
let folder: string;
let connector: Connector;
const browsers: TestBrowser[] = [];
let host: Page;
let coHost: Page;
let guest: Page;

const browser = async (toneHz: number): Promise<TestBrowser> => {
  const launched = await launchChromium({ toneHz });
  browsers.push(launched);
  return launched;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cohost-'));
  connector = await startConnector({ folder });
});
afterAll(async () => {
  for (const each of browsers) await each.close();
  await connector.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('a co-host shows the code of his browser, and the host puts it into the registration', async () => {
  const second = await browser(hz.coHost);
  const codePage = await openPage(second, new URL('/cohost', connector.banner.hostUrl).href);
  await codePage.waitForSelector('.device-code');
  const code = (await codePage.textContent('.device-code'))!;
  await codePage.close();
  host = await openPage(await browser(hz.host), connector.banner.hostUrl);
  await host.fill('#name', 'Ada');
  await host.click('summary:has-text("Co-hosts")');
  await host.fill('#co-host-code', code);
  await host.click('.co-hosts button:has-text("Add")');
  await host.waitForSelector('.codes li');
  await host.click('button:has-text("Start the meeting")');
  await heading(host, 'Only you are here. No phone.');
  coHost = await openPage(second, (await host.textContent('code.link'))!);
  await coHost.waitForSelector('.lead:has-text("You are a co-host")');
  await coHost.fill('#name', 'Ben');
  await coHost.keyboard.press('Enter');
  await heading(coHost, '2 people can hear. No phone.');
  await host.waitForSelector('.row-name:has-text("Ben") .tag:has-text("Co-host")');
  await untilHears(coHost, Object.values(hz), [hz.host]);
});

it('the co-host locks the meeting; who comes then knocks, and comes in by the co-host’s click', async () => {
  await coHost.getByRole('switch', { name: 'Lock the meeting' }).click();
  await host.waitForSelector('.top-locked');
  await coHost.waitForSelector('.top-locked');
  guest = await openPage(await browser(hz.guest), (await host.textContent('code.link'))!);
  await guest.fill('#name', 'Cid');
  await guest.keyboard.press('Enter');
  await host.waitForSelector('.knock:has-text("Cid")');
  await coHost.click('.knock button:has-text("Let in")');
  await heading(guest, '3 people can hear. No phone.');
  await untilHears(guest, Object.values(hz), [hz.host, hz.coHost]);
});

it('the host removes the guest, who is told and hears nothing more', async () => {
  await host.getByRole('button', { name: 'Remove Cid' }).click();
  await host.click('.ask button:has-text("Remove")');
  await heading(guest, 'You were removed from the meeting');
  await untilTrue(guest, `document.querySelectorAll('audio').length === 0`);
});

it('when the host is gone the co-host takes over, with keys of his own', async () => {
  await host.close();
  await heading(coHost, 'The host is not here.');
  await coHost.click('.truth button:has-text("Take over")');
  await coHost.click('.truth button:has-text("Take over now")');
  await coHost.waitForSelector('.controls button:has-text("End for all")');
  await heading(coHost, 'Only you are here. No phone.');
  expect(await coHost.locator('.alarms').count()).toBe(0);
});
