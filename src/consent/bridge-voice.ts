import { toBase64url, wipe } from '../base/bytes.ts';
import { jcsBytes } from '../base/jcs.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { AskedCallers } from './bridge-callers.ts';
import type { Instance } from './host-watch.ts';
import type { Payload } from './messages/catalog.ts';
import type { SaltedLabel } from './messages/commitment.ts';
import { messageHash, payloadBytes } from './messages/jws.ts';
import { bytesOfText, identityOf, type Bytes } from './messages/key-schedule.ts';
import { thumbprint } from './messages/keys.ts';
import type { MessageType } from './messages/labels.ts';
import type { LedgerProof } from './messages/ledger-proof.ts';
import { packetBytes } from './messages/packet.ts';
import { seal, type Random, type SealContext } from './messages/seal.ts';
import type { FreshKey } from './seal-keys.ts';
import type { GrowthProof, VaultPort } from './vault-port.ts';

export interface BridgeVoiceOptions {
  readonly vault: VaultPort;
  readonly random: Random;
  readonly meetingId: string;
  readonly joinId: string;
  readonly version: string;
  send(payload: Uint8Array, to?: readonly string[]): void;
}

export interface RequestParts {
  readonly asked: AskedCallers;
  readonly hpke: FreshKey;
  readonly nonce: string;
  /** Commitment to the code nonce. */
  readonly code: string;
}

export interface ReceiptParts {
  readonly answers: string;
  readonly did: Payload<'receipt'>['did'];
  readonly reason?: string;
  readonly epoch: number;
  readonly legs: readonly string[];
  readonly proof?: LedgerProof;
}

export interface Sent {
  readonly jws: string;
  readonly hash: string;
}

/** What one bridge says. Every message is signed by the vault, from which the identity key never comes out. */
export class BridgeVoice {
  readonly #options: BridgeVoiceOptions;
  readonly #key: Bytes;

  constructor(options: BridgeVoiceOptions) {
    this.#options = options;
    this.#key = bytesOfText(options.vault.info.identityKey);
  }

  get key(): Bytes {
    return this.#key;
  }

  get keyText(): string {
    return this.#options.vault.info.identityKey;
  }

  async hello(instance: Instance, nonce: string): Promise<void> {
    const { identityKey: key, certificate, revocations, rotation } = this.#options.vault.info;
    const operator = { certificate, revocations, rotation };
    await this.#say('bridge-hello', { ...this.#guest(instance), key, ...operator, nonce });
  }

  async nonce(instance: Instance, nonce: string, state: { epoch: number; roster: string }): Promise<void> {
    const to = [identityOf(instance.hostJoin)];
    await this.#say('nonce', { ...this.#guest(instance), nonce, ...state }, { to });
  }

  async nextKey(instance: Instance, fresh: FreshKey): Promise<void> {
    const to = [identityOf(instance.hostJoin)];
    await this.#say('next-key', { ...this.#guest(instance), ...fresh }, { to });
  }

  async ledgerState(instance: Instance, parts: { nonces: readonly string[] } & GrowthProof): Promise<void> {
    const { nonces, checkpoint } = parts;
    const proofs = parts.proofs.map(({ size, path }) => ({
      size,
      path: path.map((node) => toBase64url(node)),
    }));
    await this.#say('ledger-state', { ...this.#guest(instance), nonces, checkpoint, proofs });
  }

  async request(instance: Instance, parts: RequestParts): Promise<Result<Sent>> {
    const { identityKey, certificate, revocationNumber } = this.#options.vault.info;
    const payload: Payload<'bridge-request'> = {
      ...this.#guest(instance),
      term: instance.term,
      key: identityKey,
      certificate,
      revocations: revocationNumber,
      ...parts.hpke,
      purpose: 'phone-callers',
      version: this.#options.version,
      scope: { audio: 'both', legs: 'each', next: 0, until: 0 },
      transports: 'any',
      callers: parts.asked.callers,
      nonce: parts.nonce,
      code: parts.code,
    };
    const bytes = payloadBytes('bridge-request', payload);
    const signed = await this.#options.vault.signRequest(bytes, parts.asked.personal);
    if (!signed.ok) return signed;
    return this.#withLabels(instance, 'bridge-request', signed.value.jws, parts.asked.labels);
  }

  async legRequest(
    instance: Instance,
    grant: string,
    parts: Omit<RequestParts, 'hpke' | 'code'>,
  ): Promise<Result<Sent>> {
    const { asked, nonce } = parts;
    const payload: Payload<'leg-request'> = {
      ...this.#guest(instance),
      grant,
      callers: asked.callers,
      nonce,
    };
    const signed = await this.#options.vault.sign('leg-request', payloadBytes('leg-request', payload));
    return signed.ok ? this.#withLabels(instance, 'leg-request', signed.value, asked.labels) : signed;
  }

  /** To all: co-hosts show the code as the host does. */
  async codeReveal(instance: Instance, request: string, code: string): Promise<Sent | null> {
    return this.#say('code-reveal', { ...this.#guest(instance), request, code });
  }

  async dialOffer(instance: Instance, hpke: string): Promise<void> {
    await this.#say('dial-offer', { ...this.#guest(instance), key: this.keyText, hpke });
  }

  /** To all: whom the room's bridge calls is no secret of the host's. */
  async dialState(
    instance: Instance,
    state: Pick<Payload<'dial-state'>, 'dial' | 'leg' | 'state' | 'reason'>,
  ): Promise<void> {
    await this.#say('dial-state', { ...this.#guest(instance), ...state });
  }

  async receipt(instance: Instance, parts: ReceiptParts): Promise<Sent | null> {
    const { proof } = parts;
    const payload: Payload<'receipt'> = {
      ...this.#guest(instance),
      answers: parts.answers,
      did: parts.did,
      reason: parts.reason ?? '',
      epoch: parts.epoch,
      legs: parts.legs,
      index: proof?.seq ?? 0,
      path: proof?.path.map((node) => toBase64url(node)) ?? [],
      checkpoint: proof?.checkpoint ?? '',
    };
    return this.#say('receipt', payload, proof === undefined ? {} : { beside: proof.leaf });
  }

  /** Labels of callers are sealed to the host's key of this instance: the server sees commitments. */
  async #withLabels(
    instance: Instance,
    type: 'bridge-request' | 'leg-request',
    jws: string,
    labels: readonly SaltedLabel[],
  ): Promise<Result<Sent>> {
    const hash = (await messageHash(jws, this.#key)) ?? '';
    const plain = jcsBytes(labels);
    if (!plain.ok) return plain;
    const context: SealContext = {
      type,
      role: 'host',
      meeting: this.#options.meetingId,
      instance: instance.id,
      term: instance.term,
      sender: await thumbprint(this.#key),
      recipient: instance.hostThumbprint,
      epoch: 0,
      about: hash,
    };
    const sealed = await seal(instance.hpke, plain.value, context, this.#options.random);
    wipe(plain.value);
    if (!sealed.ok) return sealed;
    return this.#send(jws, { beside: sealed.value.sealed }) ? ok({ jws, hash }) : refuse('too-long');
  }

  #guest(instance: Instance): { v: 1; meeting: string; instance: string; join: string } {
    return { v: 1, meeting: this.#options.meetingId, instance: instance.id, join: this.#options.joinId };
  }

  async #say<T extends MessageType>(type: T, payload: Payload<T>, how: How = {}): Promise<Sent | null> {
    const signed = await this.#options.vault.sign(type, payloadBytes(type, payload));
    if (!signed.ok) return null;
    const hash = (await messageHash(signed.value, this.#key)) ?? '';
    return this.#send(signed.value, how) ? { jws: signed.value, hash } : null;
  }

  #send(jws: string, { beside, to }: How): boolean {
    try {
      this.#options.send(packetBytes(jws, ...(beside === undefined ? [] : [beside])), to);
      return true;
    } catch {
      // Too long for a packet: with the limits of the catalog it is not reached, and unsent is the safe outcome.
      return false;
    }
  }
}

interface How {
  readonly beside?: Uint8Array;
  readonly to?: readonly string[];
}
