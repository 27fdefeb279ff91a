import { hkdfSync, randomBytes as nodeRandomBytes, randomFillSync } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';
import { ok, refuse, type Refusal, type Result } from '../base/result.ts';
import { nodeAead, type FrameAead, type FrameKey } from './aead.ts';
import { parseFrame, splitOpus, unsealedFrame } from './frame.ts';
import { IvSequence } from './iv-sequence.ts';
import { ReplayWindow } from './replay-window.ts';

/**
 * The frame keys of one meeting, by sender identity and key slot, and the only place where frames are opened and
 * sealed. Without a key there is no frame: it drops, it never passes clear text on, in either direction.
 */
export type NotOpened = 'empty' | 'malformed' | 'no-key' | 'replayed' | 'bad-tag';

export interface KeyRingCounters {
  readonly opened: number;
  readonly sealed: number;
  readonly noKey: number;
  readonly badTag: number;
  readonly replayed: number;
  /** Frames that are not of the encrypted format at all: most likely somebody publishes in the clear. */
  readonly plaintext: number;
  /** Frames of ours that were not sent because there was no key. */
  readonly notSealed: number;
}

export interface TrackSealer {
  /** One Opus frame, encrypted under the sender's current key; null where there is none, or nothing to send. */
  seal(opus: Uint8Array): Buffer | null;
}

export interface KeyRingOptions {
  readonly aead?: FrameAead;
  /** 256 with our own pages; 128 where native LiveKit clients take part. */
  readonly keyBits?: 128 | 256;
  /** 8 bytes for each track's IVs. */
  readonly random?: (length: number) => Uint8Array;
}

interface SlotKey {
  /** Ours, to tell the same key from another one. */
  readonly key: Buffer;
  readonly cipher: FrameKey;
  readonly replay: ReplayWindow;
}

interface Sender {
  readonly slots: Map<number, SlotKey>;
  /** The slot that `seal` uses: that of the key set last, as livekit-client does it. */
  current: number | null;
}

const senderKeyLength = 32;
const derivationSalt = Buffer.from('LKFrameEncryptionKey');
const derivationInfo = Buffer.alloc(128);

export class KeyRing {
  readonly #aead: FrameAead;
  readonly #keyBytes: number;
  readonly #random: (length: number) => Uint8Array;
  readonly #senders = new Map<string, Sender>();
  readonly #counters = { opened: 0, sealed: 0, noKey: 0, badTag: 0, replayed: 0, plaintext: 0, notSealed: 0 };
  #destroyed = false;

  constructor(options: KeyRingOptions = {}) {
    this.#aead = options.aead ?? nodeAead;
    this.#keyBytes = (options.keyBits ?? 256) / 8;
    this.#random = options.random ?? nodeRandomBytes;
  }

  get counters(): KeyRingCounters {
    return { ...this.#counters };
  }

  /** How many keys there are now, of all senders. */
  get held(): number {
    return [...this.#senders.values()].reduce((sum, { slots }) => sum + slots.size, 0);
  }

  /**
   * `key`: the 32-byte sender key, which stays the caller's to wipe. Setting a slot switches that identity's sealing
   * to it at once. The same key again leaves the replay window as it is: only a new key starts a new one.
   */
  setKey(identity: string, slot: number, key: Uint8Array): Promise<void> {
    if (this.#destroyed) return Promise.reject(new Error('the key ring is destroyed'));
    if (key.length !== senderKeyLength) return Promise.reject(new RangeError('a sender key is 32 bytes'));
    if (!isSlot(slot)) return Promise.reject(new RangeError('a key slot is 0 to 255'));
    const derived = Buffer.from(hkdfSync('sha256', key, derivationSalt, derivationInfo, this.#keyBytes));
    let sender = this.#senders.get(identity);
    if (sender === undefined) this.#senders.set(identity, (sender = { slots: new Map(), current: null }));
    const held = sender.slots.get(slot);
    if (held !== undefined && equalBytes(held.key, derived)) {
      derived.fill(0);
    } else {
      if (held !== undefined) destroyKey(held);
      const cipher = this.#aead.key(derived);
      sender.slots.set(slot, { key: derived, cipher, replay: new ReplayWindow() });
    }
    sender.current = slot;
    return Promise.resolve();
  }

  /** The slot's key is gone: its frames no longer open, and a sender that used it is silent. */
  overwrite(identity: string, slot: number): Promise<void> {
    const sender = this.#senders.get(identity);
    const held = sender?.slots.get(slot);
    if (held !== undefined) destroyKey(held);
    sender?.slots.delete(slot);
    return Promise.resolve();
  }

  /** Every key of a participant who left. */
  forget(identity: string): void {
    const sender = this.#senders.get(identity);
    if (sender === undefined) return;
    for (const held of sender.slots.values()) destroyKey(held);
    this.#senders.delete(identity);
  }

  holds(identity: string, slot: number): boolean {
    return this.#senders.get(identity)?.slots.has(slot) ?? false;
  }

  /** One RTP payload of `identity`'s; the Opus frame in it, or why not. An empty one is a pause of the sender (DTX). */
  open(identity: string, frame: Buffer): Result<Buffer, NotOpened> {
    if (frame.length === 0) return refuse('empty');
    const parsed = parseFrame(frame);
    if (!parsed.ok) return this.#refused('plaintext', 'malformed');
    const { toc, ciphertext, tag, iv, slot } = parsed.value;
    const held = this.#senders.get(identity)?.slots.get(slot);
    if (held === undefined) return this.#refused('noKey', 'no-key');
    if (!held.replay.isFresh(iv)) return this.#refused('replayed', 'replayed');
    const rest = held.cipher.open(iv, toc, { ciphertext, tag });
    if (rest === null) return this.#refused('badTag', 'bad-tag');
    held.replay.accept(iv);
    this.#counters.opened++;
    return ok(Buffer.concat([toc, rest]));
  }

  /**
   * For one track of `identity`'s. Each sealer has 64 random bits of its own and counts its frames behind them, so no
   * two tracks share an IV, and the count never restarts: not with a new key either.
   */
  sealer(identity: string): TrackSealer {
    const ivs = new IvSequence(this.#random(8));
    const seal = (opus: Uint8Array): Buffer | null => {
      if (opus.length === 0) return null;
      const sender = this.#senders.get(identity);
      const slot = sender?.current ?? null;
      const held = slot === null ? undefined : sender?.slots.get(slot);
      const iv = held === undefined ? null : ivs.next();
      if (slot === null || held === undefined || iv === null) {
        this.#counters.notSealed++;
        return null;
      }
      const { toc, rest } = splitOpus(opus);
      const { frame, sealed } = unsealedFrame(opus, iv, slot);
      held.cipher.seal(iv, toc, rest, sealed);
      this.#counters.sealed++;
      return frame;
    };
    return { seal };
  }

  /** Overwrites every key. Nothing opens, nothing is sealed and no key is taken any more. */
  destroy(): void {
    this.#destroyed = true;
    for (const identity of [...this.#senders.keys()]) this.forget(identity);
  }

  #refused<R extends NotOpened>(
    counter: 'plaintext' | 'noKey' | 'replayed' | 'badTag',
    reason: R,
  ): Refusal<R> {
    this.#counters[counter]++;
    return refuse(reason);
  }
}

function isSlot(slot: number): boolean {
  return Number.isInteger(slot) && slot >= 0 && slot <= 255;
}

/** Random bytes, so that a use after this is a failed tag rather than a frame under a key that all can guess. */
function destroyKey({ key, cipher }: SlotKey): void {
  randomFillSync(key);
  cipher.destroy();
}
