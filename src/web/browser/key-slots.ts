import type { Clock } from '../../base/clock.ts';
import type { KeySink } from '../host/session.ts';

/** The frame keys of everybody by identity and slot, as LiveKit's worker has them. */

export interface SlotKey {
  readonly key: CryptoKey;
  readonly participantIdentity: string;
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
  readonly ownIdentity: string;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  readonly worker: FrameWorkerPort;
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

/** Not extractable: neither this page nor LiveKit can read it back. LiveKit derives the AES key from it by HKDF. */
async function importFrameKey(raw: Uint8Array): Promise<CryptoKey> {
  const copy = new Uint8Array(raw);
  try {
    return await crypto.subtle.importKey('raw', copy, 'HKDF', false, ['deriveBits', 'deriveKey']);
  } finally {
    copy.fill(0);
  }
}

export function createKeySlots(options: KeySlotsOptions): KeySlots {
  const { ownIdentity, worker } = options;
  const keys = new Map<string, SlotKey>();
  const ownKeyListeners: (() => void)[] = [];
  const waiting = new Map<string, (slot: unknown) => void>();
  let ownSlot: number | null = null;
  let asked = 0;
  worker.addEventListener('message', ({ data }) => {
    if (data.kind !== 'encryptDataResponse' || typeof data.data?.uuid !== 'string') return;
    waiting.get(data.data.uuid)?.(data.data.keyIndex);
  });

  /**
   * Resolves when the worker itself says that it encrypts with `slot`. It works its messages off in order, so an
   * encryption asked for after the key tells which key the sender has. `switched` is signed on the strength of this.
   */
  const confirmed = (slot: number): Promise<void> =>
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
      worker.postMessage({ kind: 'encryptDataRequest', data });
    });

  const put = async (identity: string, slot: number, raw: Uint8Array): Promise<SlotKey> => ({
    key: await importFrameKey(raw),
    participantIdentity: identity,
    keyIndex: slot,
  });

  return {
    sink: {
      async setKey(identity, slot, raw) {
        const key = await put(identity, slot, raw);
        keys.set(`${identity} ${slot}`, key);
        options.emit(key, true);
        if (identity !== ownIdentity) return;
        ownSlot = slot;
        await confirmed(slot);
        for (const listener of ownKeyListeners) listener();
      },
      async overwrite(identity, slot) {
        keys.delete(`${identity} ${slot}`);
        options.emit(await put(identity, slot, options.random(32)), false);
      },
    },
    all: () => keys.values(),
    ownSlot: () => ownSlot,
    onOwnKey: (listener) => void ownKeyListeners.push(listener),
  };
}
