import { toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Levels } from '../browser/levels.ts';
import { startWorker } from '../browser/worker-url.ts';
import type { DeviceKey, HistoryItem, MeetingView, Store } from '../host/session.ts';
import { createLivekitMeeting, type RoomAlarm } from '../livekit.ts';
import { api } from './api.ts';
import { isCoHostSession, type AnySession, type Entry } from './flow.ts';
import type { Blocked, Ended } from './reasons.ts';

/** One stay in a meeting: room and session, from the token to the end, with reconnects in between. */
export interface MeetingRun {
  /** Another one after `takeOver`. */
  readonly session: AnySession;
  start(): Promise<Result<null, Blocked>>;
  setMicrophone(track: MediaStreamTrack | null): void;
  setMuted(muted: boolean): void;
  startPlayback(): Promise<void>;
  /** A co-host becomes the host: a new instance of the meeting, in the same room. */
  takeOver(): Promise<void>;
  /** Idempotent; says goodbye where it can. */
  close(reason: string): Promise<void>;
}

export interface MeetingRunOptions {
  readonly entry: Entry;
  readonly name: string;
  readonly device: DeviceKey;
  /** What this browser remembers of connectors, in all meetings. */
  readonly ledgers: Store;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  readonly frameWorkerUrl: string;
  readonly levels: Levels;
  readonly container: HTMLElement;
  onView(view: MeetingView): void;
  onConnection(state: 'connected' | 'reconnecting'): void;
  onPlayback(blocked: boolean): void;
  /** At most once, and not after `close`. */
  onEnded(why: Ended): void;
}

/** Waits between tries to get back in, in milliseconds; about a minute in all. */
const reconnectAfterMs = [500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 20_000];

export function createMeetingRun(options: MeetingRunOptions): MeetingRun {
  const { entry, clock } = options;
  // A page load is one join: a new sender for everybody else, with keys of its own.
  const joinId = options.random(16);
  const joinName = toBase64url(joinId);
  let closed = false;
  let inRoom = false;
  let tries = 0;
  let roomAlarms: readonly HistoryItem[] = [];

  const end = (why: Ended): void => {
    if (closed) return;
    options.onEnded(why);
  };
  const showView = (view: MeetingView): void => {
    if (closed) return;
    const removed = view.history.some((item) => item.what === 'removed');
    if (removed && view.phase !== 'in-meeting') end('removed');
    else if (view.phase === 'refused') end('refused');
    else if (view.phase === 'ended') end('host-ended');
    else
      options.onView(roomAlarms.length === 0 ? view : { ...view, alarms: [...roomAlarms, ...view.alarms] });
  };
  const alarm = (what: RoomAlarm): void => {
    if (roomAlarms.some((known) => known.what === what)) return;
    roomAlarms = [{ atWallMs: clock.wallMs(), what, detail: {} }, ...roomAlarms];
    showView(session.view);
  };

  const livekit = createLivekitMeeting({
    identity: `p-${joinName}`,
    frameWorker: startWorker(options.frameWorkerUrl),
    levels: options.levels,
    clock,
    container: options.container,
    onAlarm: alarm,
    onPlayback: (blocked) => options.onPlayback(blocked),
    onConnection(state) {
      if (closed) return;
      if (state === 'lost') return void comeBack();
      tries = state === 'connected' ? 0 : tries;
      options.onConnection(state);
    },
  });
  let session = entry.createSession({
    channel: livekit.channel,
    keys: livekit.keys,
    store: entry.store,
    ledgers: options.ledgers,
    device: options.device,
    clock,
    random: options.random,
    registration: entry.registration,
    inviteSecret: entry.inviteSecret,
    joinId,
    displayName: options.name,
  });
  let unsubscribe = session.subscribe(showView);

  const connect = async (): Promise<Result<null, Blocked>> => {
    const address = await api.token(entry.meetingId, joinName, options.name);
    if (!address.ok) return address;
    try {
      await livekit.connect(address.value);
      return ok(null);
    } catch {
      return refuse('server-unreachable');
    }
  };
  /** After the connection is gone for good: a new token, a new connection, the same session and keys. */
  const comeBack = async (): Promise<void> => {
    if (!inRoom) return;
    options.onConnection('reconnecting');
    const wait = reconnectAfterMs[tries++];
    if (wait === undefined) {
      end('connection-lost');
      return;
    }
    await new Promise<void>((resolve) => void clock.after(wait, resolve));
    if (closed) return;
    const back = await connect();
    if (back.ok) tries = 0;
    else if (back.reason === 'meeting-unknown') end('host-ended');
    else await comeBack();
  };

  return {
    get session() {
      return session;
    },
    async start() {
      const connected = await connect();
      if (!connected.ok) return connected;
      inRoom = true;
      await session.start();
      return connected;
    },
    setMicrophone: (track) => livekit.setMicrophone(track),
    setMuted: (muted) => livekit.setMuted(muted),
    startPlayback: () => livekit.startPlayback(),
    async takeOver() {
      if (!isCoHostSession(session)) return;
      const host = await session.takeOver();
      unsubscribe();
      session = host;
      unsubscribe = host.subscribe(showView);
      showView(host.view);
    },
    async close(reason) {
      if (closed) return;
      closed = true;
      unsubscribe();
      try {
        await session.close(reason);
      } finally {
        await livekit.close();
      }
    },
  };
}
