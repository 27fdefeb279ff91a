import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import { createLog } from '../../src/base/log.ts';
import { createBridgeEngine, type BridgeEngine } from '../../src/consent/bridge-engine.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import type { KeyMode } from '../../src/consent/messages/registration.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { joinLiveKit } from '../../src/meeting/livekit/join.ts';
import type { Meeting } from '../../src/meeting/meeting.ts';
import { launchChromium, type TestBrowser } from '../support/chromium.ts';
import { callerOf } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { fakeVault } from '../support/consent-vault.ts';
import { fromCheckout, libraryExamples } from '../support/library-examples.ts';
import { OpusTone } from '../support/meeting-tone.ts';
import { startSfu, type RunningSfu } from '../support/sfu.ts';

/**
 * The examples of docs/host-library.md as they stand there: an app of somebody else's in two pages of Chromium, LiveKit's own
 * client and room, the embedded SFU, and a real bridge engine in Node that listens with the key it is granted.
 */
const toneHz = 500;

/** What drives the examples; the app of the reader is in its place. */
const driver = `
import { newMeeting } from './meeting.ts';
import { join } from './join.ts';
import { decide } from './decide.ts';
const text = (bytes) => btoa(String.fromCharCode(...bytes));
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
// The fake microphone plays a steady tone, which a browser's own processing takes for noise.
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
navigator.mediaDevices.getUserMedia = () => open({ audio: plain });
let joined, answer;
window.app = {
  async make(operators, keys) {
    const made = await newMeeting(operators, keys);
    return { ...made, registration: text(made.registration), inviteSecret: text(made.inviteSecret) };
  },
  async join(role, meeting, url) {
    const known = { ...meeting, registration: bytes(meeting.registration), inviteSecret: bytes(meeting.inviteSecret) };
    const server = { url, token: (identity) => window.tokenFor(identity, meeting.meetingId) };
    joined = await join(role, known, server, new Worker('/worker.js'));
    if (role === 'host') decide(joined.session, () => new Promise((resolve) => (answer = resolve)));
  },
  view: () => joined.session.view,
  answer: (yes) => answer(yes),
  revoke: () => joined.session.revoke(joined.session.view.bridges[0].thumbprint),
  async heard(identity, hz) {
    const track = [...(joined.room.remoteParticipants.get(identity)?.audioTrackPublications.values() ?? [])][0]?.track;
    if (!track) return 0;
    const context = new AudioContext({ sampleRate: 48000 });
    const analyser = new AnalyserNode(context, { fftSize: 16384 });
    context.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
    await new Promise((done) => setTimeout(done, 500));
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    await context.close();
    let a = 0, b = 0;
    const k = 2 * Math.cos((2 * Math.PI * hz) / 48000);
    for (const s of samples) [a, b] = [s + k * a - b, a];
    return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / samples.length;
  },
};
`;

async function scripts(): Promise<{ readonly app: string; readonly worker: string }> {
  const plugins = [fromCheckout(await libraryExamples())];
  const resolveDir = import.meta.dirname;
  const bundle = async (contents: string): Promise<string> => {
    const options = {
      bundle: true,
      write: false,
      format: 'iife',
      target: 'es2022',
      logLevel: 'silent',
    } as const;
    const built = await build({ ...options, plugins, stdin: { contents, resolveDir, loader: 'ts' } });
    return built.outputFiles[0]!.text;
  };
  return { app: await bundle(driver), worker: await bundle(`import 'latchkey/host/frame-worker';`) };
}

interface MadeMeeting {
  readonly meetingId: MeetingId;
  readonly registration: string;
}

/** A bridge without telephones: it asks, and measures what it hears. */
class ListeningBridge {
  readonly ring = new KeyRing();
  readonly facts: string[] = [];
  engine!: BridgeEngine;
  readonly #ears = new Map<string, OpusTone>();
  #meeting: Meeting | null = null;

  async join(made: MadeMeeting, sfu: RunningSfu): Promise<void> {
    const joinId = randomBytes(16).toString('base64url');
    const identity = `p-${joinId}`;
    const send = (payload: Uint8Array, to?: readonly string[]): void =>
      this.#meeting?.sendData('latchkey', payload, to);
    this.engine = createBridgeEngine({
      clock: systemClock,
      random: (length) => Uint8Array.from(randomBytes(length)),
      meetingId: made.meetingId,
      registration: Uint8Array.from(Buffer.from(made.registration, 'base64')),
      joinId,
      identity,
      connectorName: 'bridge-1',
      version: '0.1.0',
      vault: await fakeVault(await operator()),
      keys: this.ring,
      send,
      onFact: (fact) => void this.facts.push(fact.kind),
    });
    await this.engine.start();
    const present = new Set<string>();
    const address = {
      url: sfu.url,
      token: await sfu.token(identity, made.meetingId),
      bindAddress: '127.0.0.1',
    };
    const tell = (): void => this.engine.presence([...present]);
    this.#meeting = await joinLiveKit(
      address,
      {
        onParticipantJoined: (participant) => {
          present.add(participant.identity);
          tell();
        },
        onParticipantLeft: (gone) => {
          present.delete(gone);
          tell();
        },
        onTrack: () => undefined,
        onTrackEnded: () => undefined,
        onFrame: (track, frame) => {
          const opened = this.ring.open(track.identity, frame);
          if (opened.ok) this.#ear(track.identity).hear(opened.value);
        },
        onData: (from, topic, payload) => {
          if (topic === 'latchkey') this.engine.receive(from, payload);
        },
        onClosed: () => undefined,
      },
      { clock: systemClock, log: createLog('test', 'silent'), encrypted: true },
    );
  }

  hears(identity: string): boolean {
    return this.#ear(identity).amplitudes([toneHz])[0]! > 500;
  }

  async leave(): Promise<void> {
    await this.engine.close('draining');
    await this.#meeting?.close();
    for (const ear of this.#ears.values()) ear.close();
  }

  #ear(identity: string): OpusTone {
    const ear = this.#ears.get(identity) ?? new OpusTone();
    this.#ears.set(identity, ear);
    return ear;
  }
}

const operator = (): Promise<string> => thumbprint(seededSigner('operator').publicKey);

async function until<T>(what: string, read: () => Promise<T> | T, good: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface View {
  readonly phase: string;
  readonly members: readonly { readonly identity: string; readonly isMe: boolean }[];
  readonly bridges: readonly { readonly state: string }[];
  readonly prompt: object | null;
  readonly alarms: readonly unknown[];
}

let sfu: RunningSfu;
let server: Server;
let url: string;
let browser: TestBrowser;
let bridge: ListeningBridge | null = null;

async function openPage(): Promise<Page> {
  const page = await browser.context.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.exposeFunction('tokenFor', (identity: string, room: string) => sfu.token(identity, room));
  await page.goto(url);
  await page.waitForFunction('window.app !== undefined');
  return page;
}
const view = (page: Page): Promise<View> => page.evaluate<View>('window.app.view()');

beforeAll(async () => {
  sfu = await startSfu();
  const { app, worker } = await scripts();
  const files: Readonly<Record<string, [string, string]>> = {
    '/': ['text/html', '<!doctype html><meta charset="utf-8"><body><script src="/app.js"></script>'],
    '/app.js': ['text/javascript', app],
    '/worker.js': ['text/javascript', worker],
  };
  server = createServer((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
// One for each test: a host remembers each connector's ledger, and every bridge here begins one anew.
beforeEach(async () => {
  browser = await launchChromium({ toneHz });
});
afterEach(async () => {
  await bridge?.leave();
  bridge = null;
  await browser.close();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await sfu.stop();
});

describe.each(['per-sender', 'shared'] as const)('an app of somebody else’s, keys %s', (keys: KeyMode) => {
  it('lets the bridge hear from the grant to the revoke, and its people all the time', async () => {
    const host = await openPage();
    const member = await openPage();
    const made = await host.evaluate<MadeMeeting>(
      `window.app.make(${JSON.stringify([await operator()])}, '${keys}')`,
    );
    await host.evaluate(`window.app.join('host', ${JSON.stringify(made)}, '${sfu.url}')`);
    await member.evaluate(`window.app.join('member', ${JSON.stringify(made)}, '${sfu.url}')`);
    await until(
      'member in',
      () => view(member),
      (v) => v.phase === 'in-meeting',
    );
    const people = await until(
      'two people',
      () => view(host),
      (v) => v.members.length === 2,
    );
    const [hostIdentity, memberIdentity] = [true, false].map(
      (isMe) => people.members.find((m) => m.isMe === isMe)!.identity,
    ) as [string, string];
    const peopleHear = async (): Promise<void> => {
      for (const [page, other] of [
        [host, memberIdentity],
        [member, hostIdentity],
      ] as const) {
        const amplitude = (): Promise<number> =>
          page.evaluate<number>(`window.app.heard('${other}', ${toneHz})`);
        await until('people hear each other', amplitude, (a) => a > 0.02);
      }
    };
    await peopleHear();

    const listening = (bridge = new ListeningBridge());
    await listening.join(made, sfu);
    await until(
      'frames without a key',
      () => listening.ring.counters.noKey,
      (n) => n > 50,
    );
    listening.engine.callersWaiting([callerOf('1')]);
    await until(
      'the prompt',
      () => view(host),
      (v) => v.prompt !== null,
    );
    // Not before the bridge has proven its ledger, and 800 ms have passed.
    const live = 'performance.now() >= window.app.view().prompt.liveFromMonoMs';
    await until(
      'Approve is live',
      () => host.evaluate<boolean>(live),
      (yes) => yes,
    );
    expect(listening.ring.counters.opened).toBe(0);
    await host.evaluate('window.app.answer(true)');
    for (const identity of [hostIdentity, memberIdentity])
      await until(
        `the bridge hears ${identity}`,
        () => listening.hears(identity),
        (heard) => heard,
      );

    await host.evaluate('window.app.revoke()');
    await until(
      'locked out',
      () => view(host),
      (v) => v.bridges[0]?.state === 'locked-out',
    );
    const { opened, noKey } = listening.ring.counters;
    await until(
      'more frames',
      () => listening.ring.counters.noKey,
      (n) => n > noKey + 100,
    );
    expect(listening.ring.counters.opened).toBe(opened);
    await peopleHear();
    for (const page of [host, member]) {
      expect((await view(page)).alarms).toEqual([]);
      await page.close();
    }
  });
});

describe('the device key of a browser', () => {
  /** What any script of the page can get at. */
  const steal = `new Promise((resolve, reject) => {
    const opening = indexedDB.open('latchkey');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = opening.result.transaction('keys').objectStore('keys').get('host');
      asked.onsuccess = async () => {
        const { privateKey, publicKey } = asked.result;
        const tries = ['pkcs8', 'jwk', 'raw'].map((format) =>
          crypto.subtle.exportKey(format, privateKey).then(() => 'exported', (error) => error.name));
        const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
        opening.result.close();
        resolve({ tries: await Promise.all(tries), extractable: privateKey.extractable, key: [...raw] });
      };
    };
  })`;

  it('cannot be read by any script, and is the same after a reload', async () => {
    const page = await openPage();
    const make = `window.app.make([], 'per-sender')`;
    const first = await page.evaluate<MadeMeeting>(make);
    const before = await page.evaluate<{ tries: string[]; extractable: boolean; key: number[] }>(steal);
    expect(before.extractable).toBe(false);
    expect(before.tries.every((name) => ['InvalidAccessError', 'NotSupportedError'].includes(name))).toBe(
      true,
    );
    await page.reload();
    await page.waitForFunction('window.app !== undefined');
    const second = await page.evaluate<MadeMeeting>(make);
    const after = await page.evaluate<{ key: number[] }>(steal);
    expect(after.key).toEqual(before.key);
    const hostOf = ({ registration }: MadeMeeting): string => {
      const parsed = JSON.parse(Buffer.from(registration, 'base64').toString()) as { hosts: string[] };
      return parsed.hosts[0]!;
    };
    expect([first, second].map(hostOf)).toEqual(Array(2).fill(Buffer.from(before.key).toString('base64url')));
    expect(fromBase64url(hostOf(first))).toHaveLength(32);
    await page.close();
  });
});
