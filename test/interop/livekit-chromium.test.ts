import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import type { LocalTrack } from '../../src/meeting/meeting.ts';
import { servePages, type LiveKitPage, type PageServer } from '../support/chromium-livekit.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { joinMeeting, until, type TestClient } from '../support/meeting-client.ts';
import { OpusTone } from '../support/meeting-tone.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

const key = (identity: string, slot: number): Buffer =>
  createHash('sha256').update(`${identity} ${slot}`).digest();
const hz = { host: 500, member: 900, leg1: 1300, leg2: 1700 };
const allTones = Object.values(hz);

/** The bridge as the worker will be: our client and our cryptor, one tone a track, every sender decoded apart. */
class Bridge {
  readonly ring = new KeyRing();
  readonly ears = new Map<string, OpusTone>();
  readonly mouths: { track: LocalTrack; stop(): void }[] = [];
  client!: TestClient;

  async join(sfu: RunningSfu): Promise<void> {
    this.client = await joinMeeting({ url: sfu.url, token: await sfu.token('bridge') }, (track, frame) => {
      const opened = this.ring.open(track.identity, frame);
      if (opened.ok) this.#ear(track.identity).hear(opened.value);
    });
  }

  async speak(name: string, toneHz: number): Promise<LocalTrack> {
    const track = await this.client.meeting.publish(name);
    const sealer = this.ring.sealer('bridge');
    const opus = new OpusTone();
    let due = performance.now();
    const timer = setInterval(() => {
      for (; due <= performance.now(); due += 20) {
        const frame = sealer.seal(opus.next(toneHz));
        if (frame !== null) track.send(frame, 960, false);
      }
    }, 10);
    this.mouths.push({
      track,
      stop: () => {
        clearInterval(timer);
        opus.close();
      },
    });
    return track;
  }

  /** Tones heard from `identity`, loud enough to be no noise. */
  hears(identity: string): number[] {
    const amplitudes = this.#ear(identity).amplitudes(allTones);
    return allTones.filter((_, i) => amplitudes[i]! > 500);
  }

  forget(): void {
    for (const ear of this.ears.values()) ear.forget();
  }

  async leave(): Promise<void> {
    for (const mouth of this.mouths) mouth.stop();
    await this.client.meeting.close();
    for (const ear of this.ears.values()) ear.close();
    this.ring.destroy();
  }

  #ear(identity: string): OpusTone {
    const ear = this.ears.get(identity) ?? new OpusTone();
    this.ears.set(identity, ear);
    return ear;
  }
}

async function hears(page: LiveKitPage, identity: string, track: string): Promise<number[]> {
  const amplitudes = await page.hears(identity, track, allTones);
  return allTones.filter((_, i) => amplitudes[i]! > 0.02);
}

/** Polls a browser, which answers only asynchronously. */
async function eventually<T>(read: () => Promise<T>, wanted: T, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = await read();
  while (JSON.stringify(last) !== JSON.stringify(wanted) && Date.now() < deadline) last = await read();
  expect(last).toEqual(wanted);
}

let sfu: RunningSfu;
let pages: PageServer;
let browsers: { host: TestBrowser; member: TestBrowser };
let bridge: Bridge;
let host: LiveKitPage;
let member: LiveKitPage;

async function openPage(
  browser: TestBrowser,
  identity: string,
  token = (): Promise<string> => sfu.token(identity),
): Promise<LiveKitPage> {
  const page = await pages.open(browser.context);
  for (const who of ['host', 'member', 'bridge']) await page.setKey(who, 1, key(who, 1));
  // One's own key last: setting it is what selects the slot that is sent with.
  await page.setKey(identity, 1, key(identity, 1));
  await page.join({ url: sfu.url, token: await token() });
  return page;
}

beforeAll(async () => {
  sfu = await startSfu();
  pages = await servePages();
  browsers = {
    host: await launchChromium({ toneHz: hz.host }),
    member: await launchChromium({ toneHz: hz.member }),
  };
});
afterAll(async () => {
  await browsers.host.close();
  await browsers.member.close();
  await pages.close();
  await sfu.stop();
});

beforeEach(async () => {
  bridge = new Bridge();
  for (const who of ['host', 'member', 'bridge']) await bridge.ring.setKey(who, 1, key(who, 1));
  await bridge.join(sfu);
});
afterEach(async () => {
  await bridge.leave();
  await host.page.close();
  await member.page.close();
});

describe('the unmodified livekit-client in Chromium, with its E2EE worker and 256-bit keys per sender', () => {
  it('hears our tracks and is heard by us, two browsers and two tracks of the bridge', async () => {
    host = await openPage(browsers.host, 'host');
    await host.publishMicrophone();
    await bridge.speak('leg-1', hz.leg1);
    await bridge.speak('leg-2', hz.leg2);
    // The member comes last: it hears tracks that were there before it.
    member = await openPage(browsers.member, 'member');
    await member.publishMicrophone();

    await until(
      () => bridge.hears('host').length > 0 && bridge.hears('member').length > 0,
      'bridge hears both',
      20_000,
    );
    expect(bridge.hears('host')).toEqual([hz.host]);
    expect(bridge.hears('member')).toEqual([hz.member]);
    for (const page of [host, member]) {
      await eventually(() => hears(page, 'bridge', 'leg-1'), [hz.leg1]);
      await eventually(() => hears(page, 'bridge', 'leg-2'), [hz.leg2]);
    }
    await eventually(() => hears(host, 'member', 'microphone'), [hz.member]);
    await eventually(() => hears(member, 'host', 'microphone'), [hz.host]);
    expect(bridge.client.tracks.every((track) => track.flaggedEncrypted)).toBe(true);
    expect(bridge.ring.counters).toMatchObject({ badTag: 0, plaintext: 0, replayed: 0, noKey: 0 });
    expect((await host.events()).errors).toEqual([]);

    // A page that leaves is gone for the bridge, and what it unpublishes ends.
    await host.unpublishMicrophone();
    await until(
      () => !bridge.client.tracks.some((track) => track.identity === 'host'),
      'the host track ends',
    );
    await member.leave();
    await until(() => bridge.client.log.includes('-member'), 'the member leaves');
    await eventually(() => host.participants(), ['bridge']);
  });

  it('hears silence, not noise, under a key that it does not have, and so do we', async () => {
    host = await openPage(browsers.host, 'host');
    member = await openPage(browsers.member, 'member');
    await host.publishMicrophone();
    await bridge.speak('leg-1', hz.leg1);
    await until(() => bridge.hears('host').length > 0, 'bridge hears the host', 20_000);
    await eventually(() => hears(member, 'bridge', 'leg-1'), [hz.leg1]);

    // The bridge switches to a key that only the host has.
    await host.setKey('bridge', 2, key('bridge', 2));
    await bridge.ring.setKey('bridge', 2, key('bridge', 2));
    await eventually(() => hears(host, 'bridge', 'leg-1'), [hz.leg1]);
    await eventually(() => hears(member, 'bridge', 'leg-1'), []);
    const amplitudes = await member.hears('bridge', 'leg-1', allTones);
    expect(Math.max(...amplitudes)).toBeLessThan(0.001);

    // The host switches to one that the bridge does not have.
    await host.setKey('host', 2, key('host', 2));
    const { noKey } = bridge.ring.counters;
    await until(() => bridge.ring.counters.noKey > noKey + 50, 'frames without a key');
    const { opened } = bridge.ring.counters;
    await until(() => bridge.ring.counters.noKey > noKey + 100, 'more of them');
    expect(bridge.ring.counters.opened).toBe(opened);
    await bridge.ring.setKey('host', 2, key('host', 2));
    await until(() => bridge.ring.counters.opened > opened + 50, 'the bridge hears again');
  });

  it('unsubscribes and subscribes, mutes and unmutes, and sees who speaks', async () => {
    host = await openPage(browsers.host, 'host');
    member = await openPage(browsers.member, 'member');
    await member.publishMicrophone();
    await bridge.speak('leg-1', hz.leg1);
    await eventually(() => hears(host, 'bridge', 'leg-1'), [hz.leg1]);
    await host.setSubscribed('bridge', 'leg-1', false);
    await eventually(() => host.tracks('bridge'), []);
    await host.setSubscribed('bridge', 'leg-1', true);
    await eventually(() => hears(host, 'bridge', 'leg-1'), [hz.leg1]);

    await eventually(async () => (await host.events()).speakers, ['member']);
    await until(() => bridge.hears('member').length > 0, 'bridge hears the member');
    await member.mute(true);
    await eventually(async () => (await host.events()).speakers, []);
    const { opened } = bridge.ring.counters;
    await member.mute(false);
    await until(() => bridge.ring.counters.opened > opened + 20, 'bridge hears the member again');
  });

  it('exchanges data packets with us, named by the server', async () => {
    host = await openPage(browsers.host, 'host');
    member = await openPage(browsers.member, 'member');
    await until(() => bridge.client.log.includes('+host'), 'the host is listed');
    bridge.client.meeting.sendData('latchkey', Buffer.from('from the bridge'), ['host']);
    await eventually(
      async () => (await host.events()).data,
      [{ from: 'bridge', topic: 'latchkey', text: 'from the bridge' }],
    );
    await member.sendData('from the member', 'latchkey');
    await until(() => bridge.client.data.length > 0, 'data arrives');
    expect((await member.events()).data).toEqual([]);
  });

  it('comes back by itself after its signalling broke, with a renewed token, and is heard again', async () => {
    member = await openPage(browsers.member, 'member');
    // Valid for four more seconds of tolerance only, which are for the page's way to the server.
    let token = '';
    host = await openPage(browsers.host, 'host', async () => {
      token = await sfu.token('host', 'room', { ttlSeconds: -1 });
      return token;
    });
    await host.publishMicrophone();
    await until(() => bridge.hears('host').length > 0, 'bridge hears the host', 20_000);
    await eventually(
      async () => (await fetch(`${sfu.httpUrl}/rtc/validate?access_token=${token}`)).status,
      401,
    );

    await host.breakSignalling();
    await until(() => bridge.client.log.includes('-host'), 'the old life of the host ends');
    await until(
      () => bridge.client.log.filter((line) => line === '+track microphone').length === 2,
      'its track is back',
      60_000,
    );
    bridge.forget();
    await until(() => bridge.hears('host').length > 0, 'bridge hears the host again');
    expect(bridge.hears('host')).toEqual([hz.host]);
    await bridge.speak('leg-1', hz.leg1);
    await eventually(() => hears(host, 'bridge', 'leg-1'), [hz.leg1]);
    expect((await host.events()).states.slice(-2)).toEqual(['reconnecting', 'connected']);
  });
});
