import { equalBytes, secretBytes, wipe } from '../../base/bytes.ts';
import type { Milliseconds } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import { AesCmTransform } from './aes-cm.ts';
import { AesGcmTransform } from './aes-gcm.ts';
import { deriveKeys } from './key-derivation.ts';
import { SrtpReceiver, type SrtpReceiverState, type SrtpRefusal } from './receiver.ts';
import { SrtpSender, type SrtpSenderState } from './sender.ts';
import { masterLength, suiteShape, type SrtpSuite } from './suite.ts';
import type { SrtpTransform } from './transform.ts';

/** What signalling agrees on for one leg (SDES, RFC 4568): each side chose the key of what it sends. */
export interface SrtpParameters {
  readonly suite: SrtpSuite;
  /** Master key and salt of what we send, and of what the peer sends: key first. */
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

/** All that another process needs to go on, without the keys, which travel with the leg's media. */
export interface SrtpState {
  readonly sender: SrtpSenderState;
  readonly receiver: SrtpReceiverState;
}

/** So long after a change of keys what the peer sent under the old ones is still opened. */
const oldKeysMs = 5_000;

/** Both directions of one leg. */
export class SrtpSession {
  #parameters: SrtpParameters;
  #sender: SrtpSender;
  #receiver: SrtpReceiver;
  #old: { readonly receiver: SrtpReceiver; readonly untilMs: Milliseconds } | null = null;

  /** `parameters` stay the caller's: copies are kept. @throws Error where a key has the wrong length */
  constructor(
    parameters: SrtpParameters,
    sender: SrtpSenderState,
    receiver: SrtpReceiverState | null = null,
  ) {
    this.#parameters = copyOf(parameters);
    this.#sender = new SrtpSender(transformOf(parameters.suite, parameters.send), sender);
    this.#receiver = receiverOf(parameters, receiver);
  }

  get state(): SrtpState {
    return { sender: this.#sender.state, receiver: this.#receiver.state };
  }

  /** RFC 3711 §3.3.1: how often our sequence number has come round under this SSRC. */
  get rollovers(): number {
    return Math.floor(this.#sender.state.index / 0x10000);
  }

  /** Whether keys for what we send would be other ones than now. */
  changesSending(parameters: SrtpParameters): boolean {
    const now = this.#parameters;
    return now.suite !== parameters.suite || !equalBytes(now.send, parameters.send);
  }

  /**
   * Signalling agreed on other keys, in either direction or both; where they are the same nothing happens. `sender` is
   * where our own stream goes on: implementations differ on whether the rollover counter survives a change of keys, so
   * a stream whose counter is not zero begins anew with another SSRC.
   */
  rekey(parameters: SrtpParameters, sender: SrtpSenderState, nowMs: Milliseconds): void {
    const before = this.#parameters;
    if (this.changesSending(parameters)) {
      this.#sender.close();
      this.#sender = new SrtpSender(transformOf(parameters.suite, parameters.send), sender);
    }
    if (before.suite !== parameters.suite || !equalBytes(before.receive, parameters.receive)) {
      this.#old?.receiver.close();
      this.#old = { receiver: this.#receiver, untilMs: nowMs + oldKeysMs };
      this.#receiver = receiverOf(parameters, null, this.#old.receiver.highest);
    }
    this.#parameters = copyOf(parameters);
    forget(before);
  }

  protectRtp(packet: Uint8Array, headerLength: number, length: number): number {
    return this.#sender.protectRtp(packet, headerLength, length);
  }

  protectRtcp(packet: Uint8Array, length: number): number {
    return this.#sender.protectRtcp(packet, length);
  }

  unprotectRtp(datagram: Uint8Array, nowMs: Milliseconds): Result<Uint8Array, SrtpRefusal> {
    return this.#unprotect((receiver) => receiver.unprotectRtp(datagram), nowMs);
  }

  unprotectRtcp(datagram: Uint8Array, nowMs: Milliseconds): Result<Uint8Array, SrtpRefusal> {
    return this.#unprotect((receiver) => receiver.unprotectRtcp(datagram), nowMs);
  }

  /** Overwrites every key. */
  close(): void {
    this.#sender.close();
    this.#receiver.close();
    this.#old?.receiver.close();
    this.#old = null;
    forget(this.#parameters);
  }

  #unprotect(
    open: (receiver: SrtpReceiver) => Result<Uint8Array, SrtpRefusal>,
    nowMs: Milliseconds,
  ): Result<Uint8Array, SrtpRefusal> {
    const opened = open(this.#receiver);
    if (this.#old === null) return opened;
    if (nowMs >= this.#old.untilMs) {
      this.#old.receiver.close();
      this.#old = null;
      return opened;
    }
    return opened.ok || opened.reason !== 'not-authentic' ? opened : open(this.#old.receiver);
  }
}

function transformOf(suite: SrtpSuite, master: Uint8Array): SrtpTransform {
  if (master.length !== masterLength(suite)) throw new Error('an SRTP key of the wrong length');
  const shape = suiteShape[suite];
  const keys = deriveKeys(shape, master);
  return shape.transform === 'gcm' ? new AesGcmTransform(keys) : new AesCmTransform(shape, keys);
}

function receiverOf(
  { suite, receive }: SrtpParameters,
  state: SrtpReceiverState | null,
  before: ReadonlyMap<number, number> = new Map(),
): SrtpReceiver {
  const shape = suiteShape[suite];
  // With AEAD the tag stands before the index word (RFC 7714 §9.2), else behind it.
  const rtcpTrailer = shape.transform === 'gcm' ? 0 : shape.rtcpTagLength;
  return new SrtpReceiver(transformOf(suite, receive), { rtcpTrailer, state, before });
}

function copyOf({ suite, send, receive }: SrtpParameters): SrtpParameters {
  const copies = { suite, send: secretBytes(send.length), receive: secretBytes(receive.length) };
  copies.send.set(send);
  copies.receive.set(receive);
  return copies;
}

function forget({ send, receive }: SrtpParameters): void {
  wipe(send);
  wipe(receive);
}
