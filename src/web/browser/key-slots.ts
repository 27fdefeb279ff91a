import type { Clock } from '../../base/clock.ts';
import { serialQueue } from '../../base/serial.ts';
import type { KeySink } from '../host/session.ts';

/** The frame keys of everybody by identity and slot, as LiveKit's worker has them. */

export interface SlotKey {
  readonly key: CryptoKey;
  /** None where all share one key. */
  readonly participantIdentity?: string;
  readonly keyIndex: number;
}

/** What is used of the frame worker. */
export interface FrameWorkerPort {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerAnswer>) => void): void;
}

export interface WorkerAnswer {
  readonly kind?: unknown;
  readonly data?: { readonly uuid?: unknown; readonly keyIndex?: unknown };
}

export interface KeySlotsOptions {
  readonly mode: 'per-sender' | 'shared';
  readonly ownIdentity: string;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  /** Null: nobody can be asked which key is sent with. */
  readonly worker: FrameWorkerPort | null;
  /** Hands a key to LiveKit, which posts it to the worker. `makeCurrent`: the owner sends with it from now on. */
  emit(key: SlotKey, makeCurrent: boolean): void;
}

export interface KeySlots {
  readonly sink: KeySink;
  /** Keys to post again when LiveKit's signalling reconnects: none that was overwritten. */
  all(): Iterable<SlotKey>;
  /** The slot this page sends with; null: it has no sender key yet. */
  ownSlot(): number | null;
  onOwnKey(listener: () => void): void;
}

/** How long the worker may take to say that the sender has switched; it needs a few milliseconds. */
const switchTimeoutMs = 5_000;

/** Wipes `raw`. Not extractable: neither this page nor LiveKit can read it back. LiveKit derives the AES key from it by HKDF. */
async function importFrameKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits', 'deriveKey']);
  } finally {
    raw.fill(0);
  }
}

export function createKeySlots(options: KeySlotsOptions): KeySlots {
  const { mode, ownIdentity, worker } = options;
  const keys = new Map<string, SlotKey>();
  const ownKeyListeners: (() => void)[] = [];
  const waiting = new Map<string, (slot: unknown) => void>();
  const queue = serialQueue();
  let ownSlot: number | null = null;
  let asked = 0;
  worker?.addEventListener('message', ({ data }) => {
    if (data.kind !== 'encryptDataResponse' || typeof data.data?.uuid !== 'string') return;
    waiting.get(data.data.uuid)?.(data.data.keyIndex);
  });

  /**
   * Resolves when the worker itself says that it encrypts with `slot`. It works its messages off in order, so an
   * encryption asked for after the key tells which key the sender has. `switched` is signed on the strength of this.
   */
  const confirmed = (slot: number, port: FrameWorkerPort): Promise<void> =>
    new Promise((resolve, reject) => {
      const uuid = `latchkey-${++asked}`;
      const end = (error: Error | null): void => {
        waiting.delete(uuid);
        timer.cancel();
        if (error === null) resolve();
        else reject(error);
      };
      const timer = options.clock.after(switchTimeoutMs, () =>
        end(new Error('the frame worker does not answer')),
      );
      waiting.set(uuid, (current) => end(current === slot ? null : new Error('the sender uses another key')));
      const data = { uuid, payload: new Uint8Array(1), participantIdentity: ownIdentity };
      port.postMessage({ kind: 'encryptDataRequest', data });
    });

  /** In the order of the calls: imports may end in another, and an old random key must not bury a new one. */
  const put = (identity: string, slot: number, raw: Uint8Array, use: 'send' | 'bury'): Promise<void> => {
    const copy = new Uint8Array(raw);
    return queue.run(async () => {
      const key = await importFrameKey(copy);
      const [place, info]: [string, SlotKey] =
        mode === 'shared'
          ? [`shared ${slot}`, { key, keyIndex: slot }]
          : [`${identity} ${slot}`, { key, participantIdentity: identity, keyIndex: slot }];
      if (use === 'send') keys.set(place, info);
      else keys.delete(place);
      // One key for all is everybody's to send with: the key of somebody else must not switch this page's sender.
      options.emit(info, use === 'send' && (mode === 'per-sender' || identity === ownIdentity));
    });
  };

  return {
    sink: {
      mode,
      rotation: worker === null ? 'asked' : 'confirmed',
      async setKey(identity, slot, raw) {
        await put(identity, slot, raw, 'send');
        if (identity !== ownIdentity) return;
        ownSlot = slot;
        if (worker !== null) await confirmed(slot, worker);
        for (const listener of ownKeyListeners) listener();
      },
      overwrite: (identity, slot) => put(identity, slot, options.random(32), 'bury'),
    },
    all: () => keys.values(),
    ownSlot: () => ownSlot,
    onOwnKey: (listener) => void ownKeyListeners.push(listener),
  };
}
