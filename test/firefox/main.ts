import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startConnector } from '../demo/connector.ts';
import { writeWav } from '../demo/wav.ts';
import { startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/chromium.ts';
import { hearsExpression, openPage, untilHears as untilChromiumHears } from '../support/page-ears.ts';
import { captureRtp, soundBetween } from '../support/rtp-capture.ts';
import { waitUntil } from '../support/sip-until.ts';
import { toneWindows } from '../support/tone-windows.ts';
import { sine } from '../support/tone.ts';
import { startNullSound } from './null-sound.ts';
import { launchFirefox, type Firefox, type FirefoxPage } from './firefox.ts';

/**
 * `npm run test:firefox`: the product as a newcomer starts it, with Firefox ESR on both sides and a softphone. Each has a
 * tone of its own; who hears whom is measured in what Firefox plays and, for the phone, in the packets on the wire.
 */
const hz = { host: 500, member: 900, phone: 1_300, chromium: 1_700 };
const everyTone = Object.values(hz);
const lowestPort = randomInt(11_000, 16_000) * 2;
const rtpPorts = { min: lowestPort, max: lowestPort + 99 };

let passed = 0;
async function step<T>(what: string, act: () => Promise<T>): Promise<T> {
  const result = await act();
  passed++;
  console.log(`ok ${what}`);
  return result;
}

/** Debian's packages, where they are missing and may be installed. */
function ensureInstalled(): void {
  const missing = (): readonly string[] =>
    [
      ['firefox-esr', 'firefox-esr'],
      ['pulseaudio', 'pulseaudio'],
    ].flatMap(([command = '', name = '']) => (spawnSync(command, ['--version']).status === 0 ? [] : [name]));
  const apt = (...args: readonly string[]): boolean => {
    const [program = '', ...before] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync(program, [...before, ...args], { stdio: 'inherit', env }).status === 0;
  };
  const packages = missing();
  if (packages.length === 0) return;
  console.log(`Installing: ${packages.join(' ')}`);
  const install = (): boolean => apt('install', '-y', '--no-install-recommends', ...packages);
  if (!install() && apt('update')) install();
  const left = missing();
  if (left.length > 0) throw new Error(`missing: sudo apt-get install -y ${left.join(' ')}`);
}

const heading = (page: FirefoxPage, words: string): Promise<void> =>
  page.until(`document.querySelector('h1')?.textContent.includes(${JSON.stringify(words)})`, words);

async function untilHears(page: FirefoxPage, wanted: readonly number[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const heard = await page.evaluate<number[]>(hearsExpression(everyTone));
    if (heard.join() === wanted.join()) return;
    if (Date.now() > deadline) throw new Error(`hears [${heard.join()}] instead of [${wanted.join()}]`);
  }
}

async function enter(page: FirefoxPage, name: string, button: string): Promise<void> {
  await page.fill('#name', name);
  await page.click('form button', button);
}

async function run(folder: string, opened: (() => Promise<unknown>)[]): Promise<void> {
  const connector = await startConnector({ folder, rtpPorts });
  opened.push(() => connector.stop());
  const capture = await captureRtp(rtpPorts);
  const sound = await startNullSound();
  opened.push(() => sound.stop());
  const firefox = async (toneHz: number): Promise<Firefox> => {
    const launched = await launchFirefox({ toneHz, soundServer: sound.server });
    opened.push(() => launched.close());
    return launched;
  };
  const [hostBrowser, memberBrowser] = [await firefox(hz.host), await firefox(hz.member)];
  console.log(hostBrowser.version);
  const [host, member] = [hostBrowser.page, memberBrowser.page];

  await step('the host starts in Firefox, the keys are made there', async () => {
    await host.goto(connector.banner.hostUrl);
    await heading(host, 'Start the meeting');
    await enter(host, 'Ada', 'Start the meeting');
    await heading(host, 'Only you are here. No phone.');
  });
  await step('a member joins in Firefox by the invitation link, and gets the key', async () => {
    await member.goto(await host.evaluate<string>(`document.querySelector('code.link').textContent`));
    await heading(member, 'Join the meeting');
    await enter(member, 'Ben', 'Join the meeting');
    await heading(member, '2 people can hear. No phone.');
    await heading(host, '2 people can hear. No phone.');
  });
  await step('frames are encrypted by script transforms, the standard way', async () => {
    for (const page of [host, member]) {
      const how = await page.evaluate<readonly boolean[]>(
        `['RTCRtpScriptTransform' in globalThis, 'createEncodedStreams' in RTCRtpSender.prototype]`,
      );
      if (how.join() !== 'true,false') throw new Error(`unexpected: ${how.join()}`);
    }
  });
  await step('both hear each other through the encryption', async () => {
    await untilHears(host, [hz.member]);
    await untilHears(member, [hz.host]);
  });
  await step('muting silences at once, and unmuting brings the voice back', async () => {
    await host.click('.button-mic', 'Mute');
    await untilHears(member, []);
    await host.click('.button-mic', 'Unmute');
    await untilHears(member, [hz.host]);
  });

  await step('a guest in Chromium and both in Firefox hear each other', async () => {
    const chromium = await launchChromium({ toneHz: hz.chromium });
    try {
      const link = await host.evaluate<string>(`document.querySelector('code.link').textContent`);
      const guest = await openPage(chromium, link);
      await guest.fill('#name', 'Cid');
      await guest.keyboard.press('Enter');
      await heading(host, '3 people can hear. No phone.');
      await untilChromiumHears(guest, everyTone, [hz.host, hz.member]);
      await untilHears(host, [hz.member, hz.chromium]);
      await untilHears(member, [hz.host, hz.chromium]);
    } finally {
      await chromium.close();
    }
    // Ten seconds and a little: that long the key of somebody who left is held to be of use.
    await heading(host, '2 people can hear. No phone.');
    await untilHears(member, [hz.host]);
  });

  const speak = join(folder, 'phone.wav');
  writeWav(speak, { rate: 8_000, samples: sine(hz.phone, 8_000 * 150, 6_000) });
  const phone = await startBaresip({ speak, user: 'phone' });
  opened.push(() => phone.stop());
  const log = (): string => readFileSync(join(folder, 'connector.log'), 'utf8');
  const moments = { called: Date.now(), allowed: 0, heard: 0, revoking: 0, over: 0 };
  await step('a phone calls, and nobody hears it before the answer', async () => {
    await phone.dial(connector.banner.sip);
    await phone.event('CALL_ESTABLISHED');
    await phone.press(connector.banner.pin);
    await waitUntil(() => log().includes('"to":"notice"'), 'the notice', 20_000);
    await phone.press('1');
    await host.until(`document.querySelector('dialog[open]')`, 'the prompt');
    await untilHears(host, [hz.member]);
    await untilHears(member, [hz.host]);
  });
  await step('after Allow everybody hears everybody', async () => {
    moments.allowed = Date.now();
    await host.click('dialog[open] button', 'Allow');
    await heading(host, '2 people and 1 phone can hear.');
    await heading(member, '2 people and 1 phone can hear.');
    await untilHears(host, [hz.member, hz.phone]);
    await untilHears(member, [hz.host, hz.phone]);
    moments.heard = Date.now();
    await waitUntil(() => Date.now() > moments.heard + 3_000, 'three seconds of conversation');
  });
  const after = await step(
    'one click revokes, and the page says when the lock-out was complete',
    async () => {
      moments.revoking = Date.now();
      await host.click('.truth button', 'Revoke the key');
      await host.until(`/Locked out after/.test(document.body.innerText)`, 'Locked out after', 15_000);
      await untilHears(host, [hz.member]);
      await untilHears(member, [hz.host]);
      await waitUntil(() => Date.now() > moments.revoking + 4_000, 'four seconds after the click');
      moments.over = Date.now();
      return host.evaluate<string>(`/Locked out after [^\\n]*/.exec(document.body.innerText)[0]`);
    },
  );
  console.log(`   ${after}`);
  await step('on the wire the phone heard both between Allow and Revoke, and nothing outside', async () => {
    const [stream] = await capture.stop();
    if (stream === undefined) throw new Error('no packet went to the phone');
    const tones = (from: number, to: number): string =>
      [...new Set(toneWindows(soundBetween(stream, from, to), everyTone).flatMap((w) => w.tones))]
        .sort((a, b) => a - b)
        .join();
    const heard = [
      tones(moments.called, moments.allowed),
      tones(moments.heard, moments.revoking),
      tones(moments.revoking + 1_000, moments.over),
    ];
    if (heard.join('|') !== `|${hz.host},${hz.member}|`)
      throw new Error(`the phone heard ${heard.join('|')}`);
  });
  await step('the host reloads: a new instance, and both hear each other again', async () => {
    await host.evaluate(`(setTimeout(() => location.reload(), 0), 1)`);
    await heading(host, 'Go on with your meeting');
    await host.click('form button', 'Go on');
    await heading(host, '2 people can hear.');
    await untilHears(host, [hz.member]);
    await untilHears(member, [hz.host]);
  });
  await step('the host ends it for all', async () => {
    await host.click('.controls button', 'End for all');
    await host.click('.controls button', 'End it');
    await heading(host, 'You ended the meeting');
    await heading(member, 'The host ended the meeting');
  });
  await step('no alarm and no error on any page', () => {
    const errors = [...host.errors, ...member.errors];
    return errors.length === 0 ? Promise.resolve() : Promise.reject(new Error(errors.join('\n')));
  });
}

ensureInstalled();
const folder = mkdtempSync(join(tmpdir(), 'latchkey-firefox-'));
const opened: (() => Promise<unknown>)[] = [];
let failed = 0;
try {
  await run(folder, opened);
} catch (error) {
  failed = 1;
  console.log(`not ok ${error instanceof Error ? error.message : String(error)}`);
} finally {
  for (const close of opened.reverse()) await close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed;
