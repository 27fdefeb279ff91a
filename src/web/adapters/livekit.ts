import {
  BaseKeyProvider,
  ConnectionState,
  KeyProviderEvent,
  RoomEvent,
  type KeyProviderOptions,
  type Room,
} from 'livekit-client';
import { systemClock } from '../../base/clock.ts';
import { serialQueue } from '../../base/serial.ts';
import { createKeySlots, type KeySlots, type SlotKey } from '../browser/key-slots.ts';
import type { Channel, KeySink } from '../host/session.ts';

/**
 * `latchkey/host/livekit`: a LiveKit room of any app as the channel and the key sink of a session. The room is untrusted:
 * it carries signed messages and encrypted frames.
 */

const topic = 'latchkey';
/** LiveKit refuses larger reliable packets; our messages are far smaller. */
const maxMessageBytes = 15_000;

export interface LiveKitChannel extends Channel {
  /** Resolves when everything sent so far is with the browser. */
  idle(): Promise<void>;
}

/**
 * `identity`: that of this load (`platformIdentity`). A session on a room whose token names somebody else refuses to start,
 * because nobody would take its messages for its own.
 */
export function liveKitChannel(room: Room, identity: string): LiveKitChannel {
  const queue = serialQueue();
  const onMessage: ((from: string, payload: Uint8Array) => void)[] = [];
  const onPresence: ((identities: readonly string[]) => void)[] = [];
  const connected = (): boolean => room.state === ConnectionState.Connected;
  const present = (): void => {
    const identities = [...room.remoteParticipants.keys()];
    for (const listener of onPresence) listener(identities);
  };
  const check = (): void => {
    if (connected() && room.localParticipant.identity !== identity) throw new Error('identity-mismatch');
  };
  room
    .on(RoomEvent.DataReceived, (...[payload, , , packetTopic, , from]) => {
      if (packetTopic !== topic || from === undefined || payload.length > maxMessageBytes) return;
      for (const listener of onMessage) listener(from, payload);
    })
    .on(RoomEvent.Connected, present)
    .on(RoomEvent.ParticipantConnected, present)
    .on(RoomEvent.ParticipantDisconnected, present)
    .on(RoomEvent.Reconnected, present);
  const publish = async (
    payload: Uint8Array<ArrayBuffer>,
    to: readonly string[] | undefined,
  ): Promise<void> => {
    try {
      const destinations = to === undefined ? {} : { destinationIdentities: [...to] };
      await room.localParticipant.publishData(payload, { reliable: true, topic, ...destinations });
    } catch {
      // Not connected: the session's own time-outs notice, and its state is sent anew after a reconnect.
    }
  };
  return {
    send(payload, to) {
      const copy = new Uint8Array(payload);
      // One after the other: LiveKit may wait for its connection inside each call.
      void queue.run(() => publish(copy, to));
    },
    onMessage(listener) {
      check();
      onMessage.push(listener);
    },
    onPresence(listener) {
      onPresence.push(listener);
      // Who listens late still learns who is here.
      if (connected()) listener([...room.remoteParticipants.keys()]);
    },
    idle: () => queue.idle(),
  };
}

/** What the frame encryption of every party has in common; rotation is the host's business alone. */
export const frameEncryption = {
  /** Bits. 128, LiveKit's default, would open nothing of anybody else's. */
  keySize: 256,
  /** Slots: epoch mod 256 (docs/protocol.md §4). */
  keyringSize: 256,
  // Nothing ratchets, and a frame that does not open condemns no key.
  ratchetWindowSize: 0,
  failureTolerance: -1,
} as const satisfies Partial<KeyProviderOptions>;

export interface LiveKitKeysOptions {
  /** As the registration says. */
  readonly mode: 'per-sender' | 'shared';
  /** Of this load (`platformIdentity`). */
  readonly identity: string;
  /**
   * The worker that is given to the room: `latchkey/host/frame-worker`, or LiveKit's own. It is asked which key it sends
   * with. Without it nobody can say whether the app rotates, and no lock-out is claimed (`rotation: 'asked'`).
   */
  readonly worker?: Worker;
  /** The app's own key provider, made with `frameEncryption`, whose room exists already; unset: one is made. */
  readonly provider?: BaseKeyProvider;
}

export interface LiveKitKeys extends KeySink {
  /** For `new Room({ e2ee: { keyProvider, worker } })`. Not `encryption`, which would hide messages from a keyless bridge. */
  readonly keyProvider: BaseKeyProvider;
  /** The slot that is sent with; null: there is no key yet. */
  ownSlot(): number | null;
  /** Each time the own key changes. Publish nothing before the first time. */
  onOwnKey(listener: () => void): void;
}

export function liveKitKeys(options: LiveKitKeysOptions): LiveKitKeys {
  const { mode, identity, worker = null } = options;
  const made = options.provider === undefined ? new SlotKeyProvider(mode) : null;
  const provider = options.provider ?? made;
  if (provider === null || !fits(provider.getOptions(), mode)) throw new Error('key-provider-options');
  const slots = createKeySlots({
    mode,
    ownIdentity: identity,
    clock: systemClock,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    worker,
    emit: (info, makeCurrent) => provider.emit(KeyProviderEvent.SetKey, info, makeCurrent),
  });
  if (made !== null) made.slots = slots;
  return {
    ...slots.sink,
    keyProvider: provider,
    ownSlot: () => slots.ownSlot(),
    onOwnKey: (listener) => slots.onOwnKey(listener),
  };
}

/** Other options than these are silence at everybody else, or keys that come back. */
function fits(options: KeyProviderOptions, mode: 'per-sender' | 'shared'): boolean {
  const same = Object.entries(frameEncryption).every(
    ([name, value]) => options[name as keyof KeyProviderOptions] === value,
  );
  return same && options.sharedKey === (mode === 'shared');
}

/**
 * LiveKit asks this for all keys each time its signalling reconnects. The base class keeps every key it ever saw; here the
 * answer comes from the slots in use, so that what was overwritten does not come back.
 */
class SlotKeyProvider extends BaseKeyProvider {
  slots: KeySlots | null = null;

  constructor(mode: 'per-sender' | 'shared') {
    super({ ...frameEncryption, sharedKey: mode === 'shared' });
  }

  override getKeys(): SlotKey[] {
    return [...(this.slots?.all() ?? [])];
  }

  override getLatestManuallySetKeyIndex(): number {
    return this.slots?.ownSlot() ?? -1;
  }
}
