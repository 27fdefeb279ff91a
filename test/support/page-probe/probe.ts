import { Room } from 'livekit-client';
import { createLevels } from '../../../src/web/browser/levels.ts';
import { startWorker } from '../../../src/web/browser/worker-url.ts';
import { createLivekitMeeting, type LivekitMeeting } from '../../../src/web/livekit.ts';
import { createWorkerClock } from '../../../src/web/worker-clock.ts';

/** The pages' own LiveKit adapter in a page of a test, driven by the test instead of by a session. */
export interface Probe {
  join(identity: string, url: string, token: string): Promise<void>;
  /** What no page of ours does: a participant that publishes its microphone without encryption. */
  joinInClear(url: string, token: string): Promise<void>;
  setKey(identity: string, slot: number, key: readonly number[]): Promise<void>;
  overwrite(identity: string, slot: number): Promise<void>;
  /** Opens the fake microphone, without the processing that would take a steady tone for noise. */
  microphone(): Promise<string>;
  mute(muted: boolean): void;
  send(text: string, to?: readonly string[]): void;
  level(name: string): number;
  hears(hzs: readonly number[]): Promise<readonly number[]>;
  /** Posts to the frame worker what a tricked livekit-client would post. */
  attack(message: unknown): void;
  close(): Promise<void>;
  readonly seen: {
    readonly alarms: string[];
    readonly connection: string[];
    readonly messages: string[];
    presence: readonly string[];
  };
}

declare global {
  interface Window {
    probe: Probe;
  }
}

const plainAudio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const context = new AudioContext({ sampleRate: 48_000 });
const levels = createLevels(context);
const { frameWorker: frameWorkerUrl = '', clockWorker = '' } = document.body.dataset;
const worker = startWorker(frameWorkerUrl);
const clock = createWorkerClock(startWorker(clockWorker));
const analysers = new Map<string, AnalyserNode>();
let meeting: LivekitMeeting | null = null;
const running = (): LivekitMeeting => {
  if (meeting === null) throw new Error('not joined');
  return meeting;
};

function amplitude(samples: Float32Array, hz: number): number {
  const k = 2 * Math.cos((2 * Math.PI * hz) / 48_000);
  let [a, b] = [0, 0];
  for (const sample of samples) [a, b] = [sample + k * a - b, a];
  return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / samples.length;
}

/** What the page plays, all elements together: what a person in front of it hears. */
async function hears(hzs: readonly number[]): Promise<readonly number[]> {
  await context.resume();
  const elements = [...document.querySelectorAll('audio')];
  for (const element of elements) {
    const stream = element.srcObject;
    if (!(stream instanceof MediaStream) || analysers.has(stream.id)) continue;
    const analyser = new AnalyserNode(context, { fftSize: 16_384 });
    context.createMediaStreamSource(stream).connect(analyser);
    analysers.set(stream.id, analyser);
  }
  await new Promise<void>((resolve) => void clock.after(400, resolve));
  const playing = elements.map((e) =>
    e.srcObject instanceof MediaStream ? analysers.get(e.srcObject.id) : undefined,
  );
  const windows = playing.map((analyser) => {
    const samples = new Float32Array(16_384);
    analyser?.getFloatTimeDomainData(samples);
    return samples;
  });
  return hzs.map((hz) => Math.max(0, ...windows.map((samples) => amplitude(samples, hz))));
}

const seen: Probe['seen'] = { alarms: [], connection: [], messages: [], presence: [] };

window.probe = {
  seen,
  async join(identity, url, token) {
    meeting = createLivekitMeeting({
      identity,
      frameWorker: worker,
      levels,
      clock,
      container: document.body,
      onAlarm: (alarm, who) => void seen.alarms.push(`${alarm} ${who ?? ''}`.trim()),
      onConnection: (state) => void seen.connection.push(state),
      onPlayback: () => undefined,
    });
    meeting.channel.onMessage((from, payload) => {
      seen.messages.push(`${from}: ${new TextDecoder().decode(payload)}`);
    });
    meeting.channel.onPresence((identities) => (seen.presence = identities));
    await meeting.connect({ url, token });
  },
  async joinInClear(url, token) {
    const room = new Room();
    await room.connect(url, token);
    await room.localParticipant.setMicrophoneEnabled(true, plainAudio, {
      dtx: false,
      red: false,
      name: 'mic',
    });
  },
  setKey: (identity, slot, key) => running().keys.setKey(identity, slot, new Uint8Array(key)),
  overwrite: (identity, slot) => running().keys.overwrite(identity, slot),
  async microphone() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: plainAudio });
    const track = stream.getAudioTracks()[0] ?? null;
    running().setMicrophone(track);
    return track?.id ?? '';
  },
  mute: (muted) => running().setMuted(muted),
  send: (text, to) => running().channel.send(new TextEncoder().encode(text), to),
  level: (name) => levels.level(name),
  hears,
  attack: (message) => worker.postMessage(message),
  close: () => running().close(),
};
