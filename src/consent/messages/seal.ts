import { Aes256Gcm, CipherSuite, HkdfSha256, type KemInterface } from '@hpke/core';
import { lengthPrefixed, toBase64url, utf8, wipe } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { bytesOfText, u64, type Bytes } from './key-schedule.ts';
import { labels, type MessageType } from './labels.ts';
import { sha256 } from './keys.ts';
import { xWing, xWingEncapsulate, xWingKeyPair } from './x-wing.ts';

/** HPKE base mode (RFC 9180 §5.1.1): KEM X-Wing, HKDF-SHA256, AES-256-GCM; single shot (§6.1), one use a context. */
export const suiteName = 'X-Wing, HKDF-SHA256, AES-256-GCM';

/**
 * What is used of the library, spelled out: its own types name DOM globals that are not among Node's. The KEM's work is done
 * before (`x-wing.ts`): the library is told its outcome, and looks at no key.
 */
interface KemOutcome {
  readonly id: number;
  encap?(): Promise<{ readonly enc: ArrayBuffer; readonly sharedSecret: ArrayBuffer }>;
  decap?(): Promise<ArrayBuffer>;
}
interface Suite {
  createSenderContext(parameters: {
    readonly recipientPublicKey: object;
    readonly info: Bytes;
  }): Promise<{ readonly enc: ArrayBuffer; seal(plain: Bytes, aad: Bytes): Promise<ArrayBuffer> }>;
  open(
    parameters: { readonly recipientKey: object; readonly enc: ArrayBuffer; readonly info: Bytes },
    ciphertext: ArrayBuffer,
    aad: Bytes,
  ): Promise<ArrayBuffer>;
}

function suiteOver(outcome: KemOutcome): Suite {
  const made: unknown = new CipherSuite({
    kem: outcome as unknown as KemInterface,
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  return made as Suite;
}

export type Random = (length: number) => Bytes;

const tagLength = 16;

export interface HpkeKeyPair {
  readonly publicKey: Bytes;
  /** base64url of the hash that seals name it by. */
  readonly hash: string;
  /** Opens what was sealed to this pair; refused after `destroy`. */
  open(
    sealed: Bytes,
    context: SealContext,
  ): Promise<Result<Bytes, 'seal-length' | 'seal-open' | 'seal-key-gone'>>;
  destroy(): void;
}

/**
 * A fresh pair; this object is the one owner of the private key, and `destroy` overwrites it. (What the libraries compute from
 * it in passing is left to the garbage collector: docs/threat-model.md.)
 */
export async function createHpkeKeyPair(random: Random): Promise<HpkeKeyPair> {
  const seed = random(xWing.seed);
  const pair = await xWingKeyPair(seed).finally(() => wipe(seed));
  const { publicKey } = pair;
  const hash = await hpkeKeyHash(publicKey);
  let destroyed = false;
  return {
    publicKey,
    hash,
    async open(sealed, context) {
      if (destroyed) return refuse('seal-key-gone');
      if (sealed.length < xWing.encapsulation + tagLength) return refuse('seal-length');
      const { info, aad } = contextBytes(context, hash);
      const enc = sealed.slice(0, xWing.encapsulation);
      const ciphertext = sealed.slice(xWing.encapsulation).buffer;
      let secret: Bytes | null = null;
      try {
        secret = await pair.decapsulate(enc);
        const shared = secret.buffer;
        const once = suiteOver({ id: xWing.id, decap: () => Promise.resolve(shared) });
        const plain = await once.open({ recipientKey: {}, enc: enc.buffer, info }, ciphertext, aad);
        return ok(new Uint8Array(plain));
      } catch {
        return refuse('seal-open');
      } finally {
        if (secret !== null) wipe(secret);
      }
    },
    destroy() {
      destroyed = true;
      pair.destroy();
    },
  };
}

export async function hpkeKeyHash(publicKey: Uint8Array): Promise<string> {
  return toBase64url(await sha256(lengthPrefixed(utf8(labels.hpkeKeyHash), publicKey)));
}

/** What a seal is bound to. Ids and thumbprints are base64url text whose schema was checked. */
export interface SealContext {
  readonly type: MessageType;
  /** `talker`: a connector that is given its own sender key and nothing else. */
  readonly role: 'member' | 'connector' | 'talker' | 'host';
  readonly meeting: string;
  readonly instance: string;
  readonly term: number;
  /** Thumbprints of the identity keys: they rule out re-signing by a third party and unknown key shares. */
  readonly sender: string;
  readonly recipient: string;
  readonly epoch: number;
  /** Hash of the message that asked, or of the grant for a rekey; empty for none. */
  readonly about: string;
}

/** Both inputs name everything, under labels of their own. */
function contextBytes(context: SealContext, kemHash: string): { readonly info: Bytes; readonly aad: Bytes } {
  const parts = [
    utf8(context.type),
    utf8(context.role),
    bytesOfText(kemHash),
    bytesOfText(context.meeting),
    bytesOfText(context.instance),
    u64(context.term),
    bytesOfText(context.sender),
    bytesOfText(context.recipient),
    u64(context.epoch),
    bytesOfText(context.about),
  ];
  return {
    info: lengthPrefixed(utf8(labels.sealInfo), ...parts),
    aad: lengthPrefixed(utf8(labels.sealAad), ...parts),
  };
}

export interface Sealed {
  /** Encapsulation, then ciphertext and tag. */
  readonly sealed: Bytes;
  /** Names the key it was sealed to. */
  readonly kem: string;
}

/**
 * The first half of a seal: a secret that only the recipient can find again, and the encapsulation it finds it by. It knows
 * neither what is sealed nor in which context, so it can be made before there is anything to seal; it is most of a seal's cost.
 */
export interface Encapsulation {
  /** Names the key it was made for. */
  readonly kem: string;
  readonly enc: ArrayBuffer;
  /** Used once and wiped by it. */
  readonly secret: Bytes;
}

/** Refused where the recipient's key is not one. */
export async function encapsulate(
  publicKey: Bytes,
  random: Random,
): Promise<Result<Encapsulation, 'seal-recipient'>> {
  const seed = random(xWing.encapsulationSeed);
  try {
    const { encapsulation, secret } = await xWingEncapsulate(publicKey, seed);
    return ok({ kem: await hpkeKeyHash(publicKey), enc: encapsulation.buffer, secret });
  } catch {
    return refuse('seal-recipient');
  } finally {
    wipe(seed);
  }
}

/** The second half: key schedule (RFC 9180 §5.1) and AEAD. Takes ownership of the encapsulation. */
export async function sealWith(made: Encapsulation, plain: Bytes, context: SealContext): Promise<Sealed> {
  const { info, aad } = contextBytes(context, made.kem);
  const encap = () => Promise.resolve({ enc: made.enc, sharedSecret: made.secret.buffer });
  const once = suiteOver({ id: xWing.id, encap });
  try {
    // The key is not looked at: what would be done with it has been done.
    const sender = await once.createSenderContext({ recipientPublicKey: {}, info });
    const ciphertext = new Uint8Array(await sender.seal(plain, aad));
    const sealed = new Uint8Array(xWing.encapsulation + ciphertext.length);
    sealed.set(new Uint8Array(sender.enc));
    sealed.set(ciphertext, xWing.encapsulation);
    return { sealed, kem: made.kem };
  } finally {
    wipe(made.secret);
  }
}

/** Refused where the recipient's key is not one. */
export async function seal(
  publicKey: Bytes,
  plain: Bytes,
  context: SealContext,
  random: Random,
): Promise<Result<Sealed, 'seal-recipient'>> {
  const made = await encapsulate(publicKey, random);
  return made.ok ? ok(await sealWith(made.value, plain, context)) : made;
}
