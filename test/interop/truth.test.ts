import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mainModule, startConnector, type Connector } from '../demo/connector.ts';
import { writeWav } from '../demo/wav.ts';
import { startBaresip, type Baresip } from '../support/baresip.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { heading, openPage, untilHears } from '../support/page-ears.ts';
import { captureRtp, soundBetween, type CapturedStream, type RtpCapture } from '../support/rtp-capture.ts';
import { waitUntil } from '../support/sip-until.ts';
import { toneWindows } from '../support/tone-windows.ts';
import { sine } from '../support/tone.ts';

/**
 * The audio truth: two browsers and two softphones, each with a tone of its own, through the connector as a newcomer
 * starts it. Who hears whom is measured in the browsers' own audio and, for the phones, in the RTP packets on the wire.
 */
const hz = { host: 500, member: 900, first: 1_300, second: 1_700 };
const everyTone = Object.values(hz);
/** A range of its own, so that the capture sees this connector only. */
const lowest = randomInt(11_000, 16_000) * 2;
const rtpPorts = { min: lowest, max: lowest + 99 };

let folder: string;
let connector: Connector;
let capture: RtpCapture;
const browsers: TestBrowser[] = [];
const phones: Baresip[] = [];
let host: Page;
let member: Page;
/** Wall clock of what happened, to cut the captured audio by. */
const moments: Record<'called' | 'allowed' | 'heard' | 'revoking' | 'revoked' | 'over', number> = {
  called: 0,
  allowed: 0,
  heard: 0,
  revoking: 0,
  revoked: 0,
  over: 0,
};
const mark = (name: keyof typeof moments): void => void (moments[name] = Date.now());

const log = (): string => readFileSync(join(folder, 'connector.log'), 'utf8');
const occurrences = (text: string): number => log().split(text).length - 1;

async function browser(toneHz: number): Promise<TestBrowser> {
  const launched = await launchChromium({ toneHz });
  browsers.push(launched);
  return launched;
}

/** Calls, enters the PIN, hears the notice out of patience and accepts. */
async function phoneInLobby(toneHz: number, which: number): Promise<Baresip> {
  const speak = join(folder, `${toneHz}.wav`);
  writeWav(speak, { rate: 8_000, samples: sine(toneHz, 8_000 * 150, 6_000) });
  const phone = await startBaresip({ speak, user: `phone${toneHz}` });
  phones.push(phone);
  await phone.dial(connector.banner.sip);
  await phone.event('CALL_ESTABLISHED');
  await phone.press(connector.banner.pin);
  await waitUntil(() => occurrences('"to":"notice"') === which, `notice of phone ${which}`, 20_000);
  await phone.press('1');
  await waitUntil(() => occurrences('"to":"waiting"') === which, `phone ${which} in the lobby`, 20_000);
  return phone;
}

/** Answers the prompt that names this caller, once its button is live. */
async function allow(caller: string): Promise<void> {
  await host.waitForSelector(`dialog[open]:has-text("${caller}")`, { timeout: 20_000 });
  const button = host.locator(
    'dialog[open] button:has-text("Allow"):not([aria-disabled=true]):not([disabled])',
  );
  await button.click({ timeout: 10_000 });
}

function latchkey(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [mainModule, ...args, '--data', connector.banner.dataDir]);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('exit', (code) => resolve({ code, out }));
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-truth-'));
  connector = await startConnector({ folder, rtpPorts });
  capture = await captureRtp(rtpPorts);
});
afterAll(async () => {
  for (const phone of phones) await phone.stop();
  for (const each of browsers) await each.close();
  await connector.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('host and member meet, and hear each other', async () => {
  host = await openPage(await browser(hz.host), connector.banner.hostUrl);
  await heading(host, 'Start the meeting');
  await host.fill('#name', 'Ada');
  await host.click('button:has-text("Start the meeting")');
  await heading(host, 'Only you are here. No phone.');
  const link = (await host.textContent('code.link')) ?? '';
  member = await openPage(await browser(hz.member), link);
  await heading(member, 'Join the meeting');
  await member.fill('#name', 'Ben');
  await member.keyboard.press('Enter');
  await untilHears(host, everyTone, [hz.member]);
  await untilHears(member, everyTone, [hz.host]);
});

it('two phones wait; everybody sees one bridge without a key, and nobody hears a phone', async () => {
  mark('called');
  await phoneInLobby(hz.first, 1);
  await host.waitForSelector('dialog[open]', { timeout: 20_000 });
  await phoneInLobby(hz.second, 2);
  for (const page of [host, member]) await page.waitForSelector('.bridge-one', { state: 'attached' });
  expect(await host.locator('.bridge-one').count()).toBe(1);
  expect(await member.locator('.bridge-one').count()).toBe(1);
  await untilHears(host, everyTone, [hz.member]);
  await untilHears(member, everyTone, [hz.host]);
});

it('after the host says yes everybody hears all the others, and nobody himself', async () => {
  mark('allowed');
  await allow('phone1300');
  await untilHears(host, everyTone, [hz.member, hz.first]);
  // The second caller came after the question was asked: he is asked for by himself.
  await allow('phone1700');
  await untilHears(host, everyTone, [hz.member, hz.first, hz.second]);
  await untilHears(member, everyTone, [hz.host, hz.first, hz.second]);
  mark('heard');
  // Long enough for several whole windows of the capture.
  const until = Date.now() + 3_000;
  await waitUntil(() => Date.now() > until, 'three seconds of conversation');
  expect(await host.textContent('h1')).toContain('2 phones');
});

it('after the revoke nobody hears a phone, and the page says when the lock-out was complete', async () => {
  mark('revoking');
  await host.click('button:has-text("Revoke the key")');
  await host.waitForSelector('text=/locked out after/i', { timeout: 15_000 });
  mark('revoked');
  await untilHears(host, everyTone, [hz.member]);
  await untilHears(member, everyTone, [hz.host]);
  const until = Date.now() + 2_000;
  await waitUntil(() => Date.now() > until, 'two seconds after the lock-out');
  mark('over');
  for (const phone of phones) await phone.hangUp();
});

it('on the wire, phones heard the others between grant and revoke and nothing of the room outside it', async () => {
  const streams = await capture.stop();
  expect(streams).toHaveLength(2);
  const tones = (stream: CapturedStream, from: number, to: number): number[] => {
    const windows = toneWindows(soundBetween(stream, from, to), everyTone);
    expect(windows.length).toBeGreaterThan(0);
    return [...new Set(windows.flatMap((w) => w.tones))].sort((a, b) => a - b);
  };
  const [first, second] = streams as [CapturedStream, CapturedStream];
  for (const stream of streams) {
    expect(tones(stream, moments.called, moments.allowed)).toEqual([]);
    // A second after the click: what was under way has arrived.
    expect(tones(stream, moments.revoking + 1_000, moments.over)).toEqual([]);
  }
  expect(tones(first, moments.heard, moments.revoking)).toEqual([hz.host, hz.member, hz.second]);
  expect(tones(second, moments.heard, moments.revoking)).toEqual([hz.host, hz.member, hz.first]);
});

it('the ledger verifies and tells when each leg could hear', async () => {
  await waitUntil(() => occurrences('"msg":"leg ended"') === 2, 'both legs ended', 10_000);
  const verified = await latchkey('ledger', 'verify', '--json');
  expect(verified.code).toBe(0);
  const { code, out } = await latchkey('ledger', 'intervals', '--json');
  expect(code).toBe(0);
  const { intervals } = JSON.parse(out) as {
    readonly intervals: readonly {
      readonly from: { readonly at: number };
      readonly to: { readonly at: number } | null;
    }[];
  };
  expect(intervals).toHaveLength(2);
  for (const { from, to } of intervals) {
    expect(from.at).toBeGreaterThan(moments.called);
    expect(from.at).toBeLessThan(moments.heard);
    expect(to?.at).toBeGreaterThan(moments.revoking);
    expect(to?.at).toBeLessThan(moments.over);
  }
});
