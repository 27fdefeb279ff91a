import {
  ConnectionState,
  Room,
  RoomEvent,
  Track,
  setLogLevel,
  type LocalTrackPublication,
  type RemoteTrack,
  type RemoteTrackPublication,
} from 'livekit-client';
import { delay, type Clock } from '../base/clock.ts';
import { serialQueue } from '../base/serial.ts';
import { liveKitChannel, liveKitKeys, type LiveKitKeys } from './adapters/livekit.ts';
import type { Levels } from './browser/levels.ts';
import type { Channel, KeySink } from './host/index.ts';

/**
 * A LiveKit room as the channel and the key sink of a session. The room is untrusted: it carries signed messages and
 * encrypted frames, and what it says about encryption is only ever used to refuse.
 */

const lingerMs = 300;

export type RoomAlarm = 'unencrypted-track' | 'identity-changed' | 'plain-frame-stopped';

export interface LivekitOptions {
  /** The platform identity that the token names; anything else is refused. */
  readonly identity: string;
  /** Runs `browser/frame-worker.ts`. Ended by `close`. */
  readonly frameWorker: Worker;
  readonly levels: Levels;
  readonly clock: Clock;
  /** Where audio elements of remote participants are put. */
  readonly container: HTMLElement;
  onAlarm(alarm: RoomAlarm, identity: string | null): void;
  onConnection(state: 'connected' | 'reconnecting' | 'lost'): void;
  onPlayback(blocked: boolean): void;
}

/** What is looked at of the frame worker's messages: ours and livekit-client's. */
interface FromFrameWorker {
  readonly kind?: unknown;
  readonly data?: { readonly participantIdentity?: string };
}

export interface LivekitMeeting {
  readonly channel: Channel;
  readonly keys: KeySink;
  /** Again after `lost`, with a new token: the published microphone comes back by itself. */
  connect(address: { readonly url: string; readonly token: string }): Promise<void>;
  /** The microphone to send, once a sender key is set and not before; null: none. */
  setMicrophone(track: MediaStreamTrack | null): void;
  setMuted(muted: boolean): void;
  startPlayback(): Promise<void>;
  close(): Promise<void>;
}

export function createLivekitMeeting(options: LivekitOptions): LivekitMeeting {
  setLogLevel('silent');
  const { identity, frameWorker } = options;
  const keys = liveKitKeys({ mode: 'per-sender', identity, worker: frameWorker });
  // Before the room listens to it.
  watchFrameWorker(options, (other) => room.getParticipantByIdentity(other) !== undefined);
  const room: Room = new Room({
    // `e2ee`, not `encryption`: the newer option would also encrypt data packets, which a keyless bridge cannot read.
    e2ee: { keyProvider: keys.keyProvider, worker: frameWorker },
    adaptiveStream: false,
    dynacast: false,
    disconnectOnPageLeave: true,
    stopLocalTrackOnUnpublish: false,
    singlePeerConnection: false,
  });
  let closing = false;
  const channel = liveKitChannel(room, identity);
  const sender = createSender(room, keys, options);
  const audio = addRemoteAudio(room, options);
  room
    .on(RoomEvent.Reconnecting, () => options.onConnection('reconnecting'))
    .on(RoomEvent.SignalReconnecting, () => options.onConnection('reconnecting'))
    .on(RoomEvent.Reconnected, () => options.onConnection('connected'))
    .on(RoomEvent.Disconnected, () => {
      sender.dropped();
      audio.clear();
      if (!closing) options.onConnection('lost');
    })
    .on(RoomEvent.AudioPlaybackStatusChanged, () => options.onPlayback(!room.canPlaybackAudio));

  return {
    channel,
    keys,
    async connect({ url, token }) {
      // Before the connection, so that LiveKit never knows a moment without encryption.
      await room.setE2EEEnabled(true);
      await room.connect(url, token, { autoSubscribe: true, maxRetries: 1 });
      if (room.localParticipant.identity !== options.identity) {
        options.onAlarm('identity-changed', null);
        closing = true;
        await room.disconnect();
        throw new Error('the meeting server gave this page another identity');
      }
      options.onConnection('connected');
      sender.update();
    },
    setMicrophone: (track) => sender.setTrack(track),
    setMuted: (muted) => sender.setMuted(muted),
    startPlayback: () => room.startAudio(),
    async close() {
      closing = true;
      // Silence first: the rest takes a while.
      audio.clear();
      await channel.idle();
      // The last messages are with the browser, which does not say when they are out; a goodbye should arrive.
      await delay(options.clock, lingerMs);
      await room.disconnect();
      options.frameWorker.terminate();
    },
  };
}

interface Sender {
  setTrack(track: MediaStreamTrack | null): void;
  setMuted(muted: boolean): void;
  update(): void;
  dropped(): void;
}

/** Publishes the microphone, but only while there is a sender key: no key, no track. */
function createSender(room: Room, keys: LiveKitKeys, options: LivekitOptions): Sender {
  const queue = serialQueue();
  let track: MediaStreamTrack | null = null;
  let muted = false;
  let published: { publication: LocalTrackPublication; track: MediaStreamTrack } | null = null;
  const settle = async (): Promise<void> => {
    const wanted =
      keys.ownSlot() === null || room.localParticipant.identity !== options.identity ? null : track;
    if (room.state !== ConnectionState.Connected || published?.track === wanted) return;
    if (published !== null) {
      const old = published;
      published = null;
      await room.localParticipant.unpublishTrack(old.track, false);
    }
    if (wanted === null) return;
    const publication = await room.localParticipant.publishTrack(wanted, {
      source: Track.Source.Microphone,
      name: 'mic',
      // Neither silence suppression nor redundancy: both leak who speaks, and RED is a second encoding of each frame.
      dtx: false,
      red: false,
      stopMicTrackOnMute: false,
    });
    published = { publication, track: wanted };
    if (muted) await publication.mute();
  };
  const update = (): void => {
    queue.run(settle).catch(() => options.onConnection('lost'));
  };
  keys.onOwnKey(update);
  return {
    setTrack(next) {
      track = next;
      update();
    },
    setMuted(next) {
      muted = next;
      const publication = published?.publication;
      void queue.run(() => (next ? publication?.mute() : publication?.unmute())).catch(() => undefined);
    },
    update,
    dropped() {
      published = null;
    },
  };
}

/** Plays what is flagged encrypted; that it is, the frame guard proves for every frame. */
function addRemoteAudio(room: Room, options: LivekitOptions): { clear(): void } {
  // Kept here, because LiveKit forgets the elements of a track that ended with its connection.
  const playing = new Map<RemoteTrack, { readonly name: string; readonly element: HTMLMediaElement }>();
  const stop = (track: RemoteTrack): void => {
    const known = playing.get(track);
    playing.delete(track);
    track.detach();
    if (known === undefined) return;
    options.levels.remove(known.name);
    known.element.srcObject = null;
    known.element.remove();
  };
  const nameOf = (publication: RemoteTrackPublication, identity: string): string =>
    publication.trackName === 'mic' || publication.trackName === '' ? identity : publication.trackName;
  const refuse = (publication: RemoteTrackPublication, identity: string): void => {
    publication.setSubscribed(false);
    options.onAlarm('unencrypted-track', identity);
  };
  const play = (track: RemoteTrack, publication: RemoteTrackPublication, identity: string): void => {
    if (track.kind !== Track.Kind.Audio) {
      publication.setSubscribed(false);
      return;
    }
    if (!publication.isEncrypted) {
      refuse(publication, identity);
      return;
    }
    const name = nameOf(publication, identity);
    const element = track.attach();
    playing.set(track, { name, element });
    options.container.append(element);
    options.levels.add(name, track.mediaStreamTrack);
  };
  room
    .on(RoomEvent.TrackPublished, (publication, participant) => {
      if (!publication.isEncrypted) refuse(publication, participant.identity);
    })
    .on(RoomEvent.TrackSubscribed, (track, publication, participant) =>
      play(track, publication, participant.identity),
    )
    .on(RoomEvent.TrackUnsubscribed, stop);
  return { clear: () => [...playing.keys()].forEach(stop) };
}

function watchFrameWorker(options: LivekitOptions, isHere: (identity: string) => boolean): void {
  options.frameWorker.addEventListener('message', (event: MessageEvent<FromFrameWorker>) => {
    const { kind, data } = event.data;
    if (kind === 'latchkey-stopped') options.onAlarm('plain-frame-stopped', null);
    // Somebody who has left meanwhile: livekit-client would throw, where nobody can catch it.
    const of = kind === 'enable' ? data?.participantIdentity : undefined;
    if (of !== undefined && of !== '' && !isHere(of)) event.stopImmediatePropagation();
  });
}
