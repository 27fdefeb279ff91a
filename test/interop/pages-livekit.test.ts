import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { connectOrigins } from '../../src/http/headers.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { untilTrue } from '../support/page-browser.ts';
import { servePage, type GalleryServer } from '../support/page-gallery.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

/**
 * The pages' LiveKit adapter in two Chromium browsers against the embedded SFU. What was sent is judged at the SFU's tap by
 * a decryptor of our own, what was heard by the tones in what the pages play.
 */
const hz = { host: 500, member: 900 };
const key = (identity: string, slot: number): Buffer =>
  createHash('sha256').update(`${identity} ${slot}`).digest();
const bytes = (identity: string, slot: number): string => JSON.stringify([...key(identity, slot)]);

interface Tapped {
  readonly identity: string;
  readonly payload: Buffer;
}

let sfu: RunningSfu;
let tap: Socket;
let tapped: Tapped[] = [];
let pages: GalleryServer;
const browsers = new Map<string, TestBrowser>();
const open = new Map<string, Page>();

/** The RTP payload: behind the header, its CSRCs and its extension (RFC 3550 §5.1). */
function payloadOf(packet: Buffer): Buffer {
  const start = 12 + 4 * (packet[0]! & 0x0f);
  const extended = (packet[0]! & 0x10) !== 0;
  return packet.subarray(extended ? start + 4 + 4 * packet.readUInt16BE(start + 2) : start);
}

beforeAll(async () => {
  tap = createSocket('udp4');
  tap.on('message', (message) => {
    const identityEnd = 1 + message[0]!;
    const sidEnd = identityEnd + 1 + message[identityEnd]!;
    const identity = message.subarray(1, identityEnd).toString();
    tapped.push({ identity, payload: Buffer.from(payloadOf(message.subarray(sidEnd))) });
  });
  await new Promise<void>((resolve) => tap.bind(0, '127.0.0.1', resolve));
  sfu = await startSfu({ tap: { host: '127.0.0.1', port: tap.address().port } });
  pages = await servePage('probe', '../../test/support/page-probe/probe.ts', connectOrigins(sfu.url));
  for (const [name, toneHz] of Object.entries(hz)) browsers.set(name, await launchChromium({ toneHz }));
});
afterAll(async () => {
  await Promise.all([...browsers.values()].map((browser) => browser.close()));
  await pages.close();
  await sfu.stop();
  tap.close();
});

let room = 0;
beforeEach(async () => {
  room++;
  tapped = [];
  for (const [name, browser] of browsers) {
    const page = await browser.context.newPage();
    page.on('pageerror', (error) => console.error(name, error.message));
    await page.goto(`${pages.url}/probe`);
    await untilTrue(page, 'window.probe !== undefined');
    open.set(name, page);
    const token = await sfu.token(`p-${name}`, `room-${room}`);
    await run(name, `join('p-${name}', '${sfu.url}', '${token}')`);
  }
});
afterEach(async () => {
  for (const page of open.values()) await page.close();
});

function run<T>(name: string, call: string): Promise<T> {
  return open.get(name)!.evaluate<T>(`window.probe.${call}`);
}

async function until<T>(what: string, read: () => Promise<T> | T, good: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function setEpoch(slot: number): Promise<void> {
  for (const listener of ['host', 'member']) {
    const peer = listener === 'host' ? 'member' : 'host';
    await run(listener, `setKey('p-${peer}', ${slot}, ${bytes(`p-${peer}`, slot)})`);
  }
  for (const name of ['host', 'member'])
    await run(name, `setKey('p-${name}', ${slot}, ${bytes(`p-${name}`, slot)})`);
}

const hears = async (name: string): Promise<number[]> => {
  const amplitudes = await run<number[]>(name, `hears([${hz.host}, ${hz.member}])`);
  return [hz.host, hz.member].filter((_, i) => amplitudes[i]! > 0.02);
};
const bothHear = async (): Promise<void> => {
  await until(
    'host hears member',
    () => hears('host'),
    (heard) => heard.join() === String(hz.member),
  );
  await until(
    'member hears host',
    () => hears('member'),
    (heard) => heard.join() === String(hz.host),
  );
};

/** How many of these payloads open with the key of that slot, tried on every one of them. */
function opened(payloads: readonly Tapped[], identity: string, slot: number): number {
  const ring = new KeyRing();
  void ring.setKey(identity, slot, key(identity, slot));
  return payloads.filter((p) => ring.open(identity, p.payload).ok).length;
}
const from = (identity: string): Tapped[] => tapped.filter((p) => p.identity === identity);

describe('sound', () => {
  it('leaves a page only under its sender key, and is heard by who has that key', async () => {
    await run('host', 'microphone()');
    await run('member', 'microphone()');
    // Both have a microphone and neither has a key: nothing may be published, however long one waits.
    await until(
      'presence',
      () => run<string[]>('host', 'seen.presence'),
      (p) => p.join() === 'p-member',
    );
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(tapped).toEqual([]);

    await setEpoch(1);
    await bothHear();
    await until(
      'frames',
      () => Math.min(from('p-host').length, from('p-member').length),
      (n) => n > 50,
    );
    expect(opened(from('p-host'), 'p-host', 1)).toBe(from('p-host').length);
    expect(opened(from('p-member'), 'p-member', 1)).toBe(from('p-member').length);
    expect(await run('host', 'seen.alarms')).toEqual([]);
    await until(
      'level',
      () => run<number>('host', `level('p-member')`),
      (level) => level > 0.2,
    );
  });

  it('switches keys when told, and not when only the key of somebody else comes', async () => {
    await run('host', 'microphone()');
    await run('member', 'microphone()');
    await setEpoch(1);
    await bothHear();
    await run('host', `setKey('p-member', 2, ${bytes('p-member', 2)})`);
    await run('member', `setKey('p-host', 2, ${bytes('p-host', 2)})`);
    tapped = [];
    await until(
      'frames',
      () => from('p-host').length,
      (n) => n > 30,
    );
    expect(opened(from('p-host'), 'p-host', 2)).toBe(0);

    // When setKey has resolved, the page says so to everybody. What browser and SFU had under way is let by: behind the first frame
    // under the new key none may come under the old one.
    await run('host', `setKey('p-host', 2, ${bytes('p-host', 2)})`);
    await run('member', `setKey('p-member', 2, ${bytes('p-member', 2)})`);
    await until(
      'frames under the new key',
      () => opened(from('p-host'), 'p-host', 2),
      (n) => n > 0,
    );
    tapped = [];
    await until(
      'frames',
      () => from('p-host').length,
      (n) => n > 30,
    );
    expect(opened(from('p-host'), 'p-host', 1)).toBe(0);
    expect(opened(from('p-host'), 'p-host', 2)).toBe(from('p-host').length);
    await bothHear();

    for (const name of ['host', 'member']) {
      for (const who of ['host', 'member']) await run(name, `overwrite('p-${who}', 1)`);
    }
    tapped = [];
    await until(
      'frames',
      () => from('p-host').length,
      (n) => n > 30,
    );
    expect(opened(from('p-host'), 'p-host', 2)).toBe(from('p-host').length);
    await bothHear();
  });

  it('is silence where the sender changes to a key that nobody has', async () => {
    await run('host', 'microphone()');
    await setEpoch(1);
    await until(
      'member hears host',
      () => hears('member'),
      (heard) => heard.join() === String(hz.host),
    );
    await run('host', `setKey('p-host', 1, ${bytes('random', 1)})`);
    await until(
      'member hears nothing',
      () => hears('member'),
      (heard) => heard.length === 0,
    );
    await run('host', `setKey('p-host', 1, ${bytes('p-host', 1)})`);
    await until(
      'member hears host again',
      () => hears('member'),
      (heard) => heard.join() === String(hz.host),
    );
  });
});

describe('a server that lies', () => {
  it('cannot make a page send in clear: frames that were not sealed stop in the page, and it says so', async () => {
    const track = await run<string>('host', 'microphone()');
    await setEpoch(1);
    await until(
      'member hears host',
      () => hears('member'),
      (heard) => heard.join() === String(hz.host),
    );
    // What livekit-client posts when a server ends a track that has this page's own track id.
    const message = { kind: 'removeTransform', data: { participantIdentity: 'p-host', trackId: track } };
    await run('host', `attack(${JSON.stringify(message)})`);
    await until(
      'the alarm',
      () => run<string[]>('host', 'seen.alarms'),
      (a) => a.includes('plain-frame-stopped'),
    );
    await new Promise((resolve) => setTimeout(resolve, 250));
    tapped = [];
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(from('p-host')).toEqual([]);
  });

  it('cannot switch encryption off by message', async () => {
    await run('host', 'microphone()');
    await setEpoch(1);
    await until(
      'member hears host',
      () => hears('member'),
      (heard) => heard.join() === String(hz.host),
    );
    const message = { kind: 'enable', data: { enabled: false, participantIdentity: 'p-host' } };
    await run('host', `attack(${JSON.stringify(message)})`);
    await run('member', `attack(${JSON.stringify(message)})`);
    tapped = [];
    await until(
      'frames',
      () => from('p-host').length,
      (n) => n > 30,
    );
    expect(opened(from('p-host'), 'p-host', 1)).toBe(from('p-host').length);
    expect(await hears('member')).toEqual([hz.host]);
  });
});

describe('a participant without encryption', () => {
  it('is never played, and raises an alarm that names it', async () => {
    const browser = browsers.get('member')!;
    const page = await browser.context.newPage();
    await page.goto(`${pages.url}/probe`);
    await untilTrue(page, 'window.probe !== undefined');
    const token = await sfu.token('p-plain', `room-${room}`);
    await page.evaluate(`window.probe.joinInClear('${sfu.url}', '${token}')`);
    await until(
      'frames in clear',
      () => from('p-plain').length,
      (n) => n > 30,
    );
    const alarms = await until(
      'the alarm',
      () => run<string[]>('host', 'seen.alarms'),
      (a) => a.length > 0,
    );
    expect(alarms).toContain('unencrypted-track p-plain');
    expect(await hears('host')).toEqual([]);
    await page.close();
  });
});

describe('messages', () => {
  it('arrive in order, from whom the server says, at those they are for', async () => {
    await until(
      'presence',
      () => run<string[]>('member', 'seen.presence'),
      (p) => p.join() === 'p-host',
    );
    for (let i = 0; i < 5; i++) await run('host', `send('m${i}')`);
    await run('host', `send('for you', ['p-member'])`);
    await run('host', `send('for another', ['p-other'])`);
    await run('host', `send('last')`);
    const wanted = ['m0', 'm1', 'm2', 'm3', 'm4', 'for you', 'last'].map((m) => `p-host: ${m}`);
    const got = await until(
      'all',
      () => run<string[]>('member', 'seen.messages'),
      (m) => m.length >= wanted.length,
    );
    expect(got).toEqual(wanted);
  });
});
