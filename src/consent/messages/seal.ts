import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { lengthPrefixed, secretBytes, toBase64url, utf8, wipe } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { bytesOfText, u64, type Bytes } from './key-schedule.ts';
import { labels, type MessageType } from './labels.ts';
import { sha256 } from './keys.ts';

/** HPKE base mode (RFC 9180 §5.1.1): KEM X-Wing, HKDF-SHA256, AES-256-GCM; single shot (§6.1), one use a context. */
export const suiteName = 'X-Wing, HKDF-SHA256, AES-256-GCM';

/**
 * What is used of the library, spelled out: its own types name DOM globals that are not among Node's. A key is an object
 * that only the library looks into.
 */
interface Kem {
  generateKeyPairDerand(seed: Bytes): Promise<{ readonly publicKey: object; readonly privateKey: object }>;
  deserializePublicKey(key: Bytes): Promise<object>;
  serializePublicKey(key: object): Promise<ArrayBuffer>;
  encap(parameters: { readonly recipientPublicKey: object; readonly ekm: ArrayBuffer }): Promise<{
    readonly enc: ArrayBuffer;
    readonly sharedSecret: ArrayBuffer;
  }>;
}
interface SenderParameters {
  readonly recipientPublicKey: object;
  readonly info: Bytes;
  readonly ekm: ArrayBuffer;
}
interface RecipientParameters {
  readonly recipientKey: object;
  readonly enc: ArrayBuffer;
  readonly info: Bytes;
}
interface Suite {
  createSenderContext(parameters: SenderParameters): Promise<{
    readonly enc: ArrayBuffer;
    seal(plain: Bytes, aad: Bytes): Promise<ArrayBuffer>;
  }>;
  open(parameters: RecipientParameters, ciphertext: ArrayBuffer, aad: Bytes): Promise<ArrayBuffer>;
}

const xWing = new XWing();
const kem = xWing as unknown as Kem;
/** The suite over a KEM, or over what is left of one when its work is done already. */
function suiteOver(over: object): Suite {
  const made: unknown = new CipherSuite({
    kem: over as typeof xWing,
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  return made as Suite;
}
const suite = suiteOver(xWing);

export type Random = (length: number) => Bytes;

export const hpkeSeedLength = 32;
export const hpkePublicKeyLength = 1216;
const encapsulationLength = 1120;
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
 * A fresh pair. The 32-byte seed is the private key; this object is its one owner and `destroy` overwrites it. (What the
 * library computes from it in passing is left to the garbage collector: docs/threat-model.md.)
 */
export async function createHpkeKeyPair(random: Random): Promise<HpkeKeyPair> {
  const drawn = random(hpkeSeedLength);
  // A buffer of its own: the library keeps a view of the whole buffer it is given, so wiping `seed` wipes its key too.
  const seed = secretBytes(hpkeSeedLength);
  seed.set(drawn);
  wipe(drawn);
  const { privateKey, publicKey: libraryKey } = await kem.generateKeyPairDerand(seed);
  const publicKey = new Uint8Array(await kem.serializePublicKey(libraryKey));
  const hash = await hpkeKeyHash(publicKey);
  let destroyed = false;
  return {
    publicKey,
    hash,
    async open(sealed, context) {
      if (destroyed) return refuse('seal-key-gone');
      if (sealed.length < encapsulationLength + tagLength) return refuse('seal-length');
      const { info, aad } = contextBytes(context, hash);
      const parameters = { recipientKey: privateKey, enc: sealed.slice(0, encapsulationLength).buffer, info };
      try {
        return ok(
          new Uint8Array(await suite.open(parameters, sealed.slice(encapsulationLength).buffer, aad)),
        );
      } catch {
        return refuse('seal-open');
      }
    },
    destroy() {
      destroyed = true;
      wipe(seed);
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
  if (publicKey.length !== hpkePublicKeyLength) return refuse('seal-recipient');
  const ekm = random(64);
  try {
    const recipientPublicKey = await kem.deserializePublicKey(publicKey);
    const { enc, sharedSecret } = await kem.encap({ recipientPublicKey, ekm: ekm.buffer });
    return ok({ kem: await hpkeKeyHash(publicKey), enc, secret: new Uint8Array(sharedSecret) });
  } catch {
    return refuse('seal-recipient');
  } finally {
    wipe(ekm);
  }
}

/** The second half: key schedule (RFC 9180 §5.1) and AEAD. Takes ownership of the encapsulation. */
export async function sealWith(made: Encapsulation, plain: Bytes, context: SealContext): Promise<Sealed> {
  const { info, aad } = contextBytes(context, made.kem);
  const encap = () => Promise.resolve({ enc: made.enc, sharedSecret: made.secret.buffer });
  const once = suiteOver({ id: xWing.id, encap });
  try {
    // The key is not looked at: what would be done with it has been done.
    const sender = await once.createSenderContext({ recipientPublicKey: {}, info, ekm: made.enc });
    const ciphertext = new Uint8Array(await sender.seal(plain, aad));
    const sealed = new Uint8Array(encapsulationLength + ciphertext.length);
    sealed.set(new Uint8Array(sender.enc));
    sealed.set(ciphertext, encapsulationLength);
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
