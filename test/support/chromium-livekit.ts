import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';

/** A page with the unmodified livekit-client and its E2EE worker, driven by a test. */
export interface LiveKitPage {
  readonly page: Page;
  join(options: PageJoin): Promise<void>;
  setKey(identity: string, slot: number, key: Uint8Array): Promise<void>;
  publishMicrophone(): Promise<void>;
  unpublishMicrophone(): Promise<void>;
  sendData(text: string, topic: string): Promise<void>;
  /** Identities of the others. */
  participants(): Promise<string[]>;
  /** Names of the subscribed tracks of a participant. */
  tracks(identity: string): Promise<string[]>;
  /** Amplitudes (full scale is 1) of these tones in what is played of the participant's track of that name. */
  hears(identity: string, track: string, hzs: readonly number[]): Promise<number[]>;
  /** What the page reported so far: data, encryption errors, connection states. */
  events(): Promise<PageEvents>;
  setSubscribed(identity: string, track: string, subscribed: boolean): Promise<void>;
  mute(muted: boolean): Promise<void>;
  /** Cuts the signalling connection, as a network would. */
  breakSignalling(): Promise<void>;
  leave(): Promise<void>;
}

export interface PageJoin {
  readonly url: string;
  readonly token: string;
}

export interface PageEvents {
  readonly data: { readonly from: string; readonly topic: string; readonly text: string }[];
  readonly errors: string[];
  readonly states: string[];
  readonly speakers: string[];
}

const html = `<!doctype html><meta charset="utf-8"><title>livekit-client</title>
<script src="/livekit-client.umd.js"></script>
<script>
const { BaseKeyProvider, Room, RoomEvent, importKey } = LivekitClient;
class Keys extends BaseKeyProvider {
  constructor() {
    super({ sharedKey: false, keySize: 256, ratchetWindowSize: 0, failureTolerance: -1, keyringSize: 256 });
  }
  async put(identity, slot, bytes) {
    this.onSetEncryptionKey(await importKey(new Uint8Array(bytes).buffer, 'HKDF', 'derive'), identity, slot);
  }
}
const seen = { data: [], errors: [], states: [], speakers: [] };
const keys = new Keys();
const room = new Room({ e2ee: { keyProvider: keys, worker: new Worker('/livekit-client.e2ee.worker.js') } });
room.on(RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()));
room.on(RoomEvent.EncryptionError, (error) => seen.errors.push(error.message));
room.on(RoomEvent.ConnectionStateChanged, (state) => seen.states.push(state));
room.on(RoomEvent.ActiveSpeakersChanged, (list) => { seen.speakers = list.map((p) => p.identity); });
room.on(RoomEvent.DataReceived, (payload, from, kind, topic) =>
  seen.data.push({ from: from?.identity ?? '', topic, text: new TextDecoder().decode(payload) }));
const publications = (identity) => [...(room.remoteParticipants.get(identity)?.audioTrackPublications.values() ?? [])];
let context;
const listeners = new Map();
function listener(track) {
  const id = track.mediaStreamTrack.id;
  if (!listeners.has(id)) {
    context ??= new AudioContext({ sampleRate: 48000 });
    const analyser = new AnalyserNode(context, { fftSize: 16384 });
    context.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
    listeners.set(id, analyser);
  }
  return listeners.get(id);
}
const test = {
  async join({ url, token }) { await room.setE2EEEnabled(true); await room.connect(url, token); },
  setKey: ([identity, slot, bytes]) => keys.put(identity, slot, bytes),
  publish: () => room.localParticipant.setMicrophoneEnabled(true,
    { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, { name: 'microphone', dtx: false, red: false, stopMicTrackOnMute: false }),
  async unpublish() {
    for (const { track } of room.localParticipant.audioTrackPublications.values()) await room.localParticipant.unpublishTrack(track);
  },
  sendData: ([text, topic]) => room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true, topic }),
  participants: () => [...room.remoteParticipants.keys()],
  tracks: (identity) => publications(identity).filter((p) => p.track).map((p) => p.trackName),
  async hears([identity, name, hzs]) {
    const track = publications(identity).find((p) => p.track && p.trackName === name)?.track;
    if (!track) return hzs.map(() => 0);
    const analyser = listener(track);
    await context.resume();
    const samples = new Float32Array(analyser.fftSize);
    await new Promise((done) => setTimeout(done, 400));
    analyser.getFloatTimeDomainData(samples);
    return hzs.map((hz) => {
      const k = 2 * Math.cos((2 * Math.PI * hz) / 48000);
      let a = 0, b = 0;
      for (const s of samples) [a, b] = [s + k * a - b, a];
      return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / samples.length;
    });
  },
  events: () => seen,
  setSubscribed: ([identity, name, subscribed]) =>
    publications(identity).find((p) => p.trackName === name).setSubscribed(subscribed),
  mute: (muted) => room.localParticipant.setMicrophoneEnabled(!muted),
  breakSignalling: () => room.simulateScenario('signal-reconnect'),
  leave: () => room.disconnect(),
};
</script>`;

export interface PageServer {
  open(context: BrowserContext): Promise<LiveKitPage>;
  close(): Promise<void>;
}

/** Serves the page and livekit-client's own files on localhost, which is a secure context. */
export async function servePages(): Promise<PageServer> {
  const dist = new URL('../../node_modules/livekit-client/dist/', import.meta.url);
  const files = new Map<string, Buffer>();
  for (const name of ['livekit-client.umd.js', 'livekit-client.e2ee.worker.js']) {
    files.set(`/${name}`, await readFile(new URL(name, dist)));
  }
  const server = createServer((request, response) => {
    const script = files.get(request.url ?? '');
    response.setHeader('content-type', script === undefined ? 'text/html; charset=utf-8' : 'text/javascript');
    response.end(script ?? html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    open: async (context) => {
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}/`);
      return drive(page);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function drive(page: Page): LiveKitPage {
  const call = <T>(name: string, argument: unknown = null): Promise<T> =>
    page.evaluate(`test.${name}(${JSON.stringify(argument)})`);
  return {
    page,
    join: (options) => call('join', options),
    setKey: (identity, slot, key) => call('setKey', [identity, slot, [...key]]),
    publishMicrophone: () => call('publish'),
    unpublishMicrophone: () => call('unpublish'),
    sendData: (text, topic) => call('sendData', [text, topic]),
    participants: () => call('participants'),
    tracks: (identity) => call('tracks', identity),
    hears: (identity, track, hzs) => call('hears', [identity, track, hzs]),
    events: () => call('events'),
    setSubscribed: (identity, track, subscribed) => call('setSubscribed', [identity, track, subscribed]),
    mute: (muted) => call('mute', muted),
    breakSignalling: () => call('breakSignalling'),
    leave: () => call('leave'),
  };
}
