import { equalBytes, secretBytes, wipe } from '../../base/bytes.ts';
import type { Milliseconds } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { AgreedSrtp } from '../leg-state.ts';
import { AesCmTransform } from './aes-cm.ts';
import { AesGcmTransform } from './aes-gcm.ts';
import { deriveKeys } from './key-derivation.ts';
import { SrtpReceiver, type SrtpRefusal } from './receiver.ts';
import { SrtpSender } from './sender.ts';
import type { SrtpReceiverState, SrtpSenderState, SrtpState } from './state.ts';
import { masterLength, suiteShape, type SrtpSuite } from './suite.ts';
import type { SrtpTransform } from './transform.ts';

/** So long after a change of keys what the peer sent under the old ones is still opened. */
const oldKeysMs = 5_000;

/** Both directions of one leg. */
export class SrtpSession {
  #parameters: AgreedSrtp;
  #sender: SrtpSender;
  #receiver: SrtpReceiver;
  #old: { readonly receiver: SrtpReceiver; readonly untilMs: Milliseconds } | null = null;

  /** `parameters` stay the caller's: copies are kept. @throws Error where a key has the wrong length */
  constructor(parameters: AgreedSrtp, sender: SrtpSenderState, receiver: SrtpReceiverState | null = null) {
    this.#parameters = copyOf(parameters);
    this.#sender = new SrtpSender(transformOf(parameters.suite, parameters.local), sender);
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
  changesSending(parameters: AgreedSrtp): boolean {
    const now = this.#parameters;
    return now.suite !== parameters.suite || !equalBytes(now.local, parameters.local);
  }

  /**
   * Signalling agreed on other keys, in either direction or both; where they are the same nothing happens. `sender` is
   * where our own stream goes on: implementations differ on whether the rollover counter survives a change of keys, so
   * a stream whose counter is not zero begins anew with another SSRC.
   */
  rekey(parameters: AgreedSrtp, sender: SrtpSenderState, nowMs: Milliseconds): void {
    const before = this.#parameters;
    if (this.changesSending(parameters)) {
      const { ssrc, rtcpIndex } = this.#sender.state;
      // A key may come back (an offer of ours names the same one for the same suite), and SRTCP's index stands in the packet: it goes on.
      const next = ssrc === sender.ssrc ? { ...sender, rtcpIndex } : sender;
      this.#sender.close();
      this.#sender = new SrtpSender(transformOf(parameters.suite, parameters.local), next);
    }
    if (before.suite !== parameters.suite || !equalBytes(before.remote, parameters.remote)) {
      this.#old?.receiver.close();
      this.#old = { receiver: this.#receiver, untilMs: nowMs + oldKeysMs };
      this.#receiver = receiverOf(parameters, null, this.#old.receiver.highest);
    }
    this.#parameters = copyOf(parameters);
    forgetKeys(before);
  }

  /** We send another stream, under the key of the one before; nothing happens where the SSRC is the same. */
  begin(sender: SrtpSenderState): void {
    this.#sender.begin(sender);
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
    forgetKeys(this.#parameters);
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
  { suite, remote }: AgreedSrtp,
  state: SrtpReceiverState | null,
  before: ReadonlyMap<number, number> = new Map(),
): SrtpReceiver {
  const shape = suiteShape[suite];
  // With AEAD the tag stands before the index word (RFC 7714 §9.2), else behind it.
  const rtcpTrailer = shape.transform === 'gcm' ? 0 : shape.rtcpTagLength;
  return new SrtpReceiver(transformOf(suite, remote), { rtcpTrailer, state, before });
}

function copyOf({ suite, local, remote }: AgreedSrtp): AgreedSrtp {
  const copies = { suite, local: secretBytes(local.length), remote: secretBytes(remote.length) };
  copies.local.set(local);
  copies.remote.set(remote);
  return copies;
}

/** Overwrites both keys. */
export function forgetKeys({ local, remote }: AgreedSrtp): void {
  wipe(local);
  wipe(remote);
}
