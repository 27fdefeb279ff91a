import { toBase64url, wipe } from '../../base/bytes.ts';
import { jcsBytes } from '../../base/jcs.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { numberCommitment } from '../../consent/messages/commitment.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import { seal, type Random } from '../../consent/messages/seal.ts';

/** What a host's word on a call says itself; where it stands (in the chain, or a co-host's beside it) is the signer's affair. */
export type DialBody = Pick<Payload<'dial-request'>, 'rank' | 'bridge' | 'to' | 'dial' | 'number'>;

export interface DialParts {
  /** As a person writes it. */
  readonly number: string;
  readonly rank: number;
  readonly bridge: { readonly key: Bytes; readonly join: string; readonly hpke: Bytes };
  readonly about: { readonly meeting: string; readonly instance: string; readonly term: number };
  /** Thumbprint of the host that signs. */
  readonly sender: string;
  readonly random: Random;
  sign(body: DialBody): Promise<{ readonly jws: string; readonly hash: string }>;
}

export interface DialRequest {
  readonly dialId: string;
  readonly packet: Bytes;
}

/** Digits and plus, or null where it is no telephone number. What people put between digits goes (RFC 3966 §5.1.1). */
export function dialable(text: string): string | null {
  const number = text.normalize('NFKC').replaceAll(/[\s().\-/]/g, '');
  return /^\+?[0-9]{1,19}$/.test(number) ? number : null;
}

/** As a page shows it: enough to know it again. */
export function maskedNumber(number: string): string {
  const digits = number.replace('+', '');
  return digits.length < 5 ? number : `${number.startsWith('+') ? '+' : ''}···· ${digits.slice(-3)}`;
}

/**
 * A host's signed word that this bridge is to call this number, once. The signed part has a salted commitment; number and salt
 * travel sealed to the bridge, bound to the message that they belong to. @throws Error `number-invalid`
 */
export async function dialRequest(parts: DialParts): Promise<DialRequest> {
  const number = dialable(parts.number);
  if (number === null) throw new Error('number-invalid');
  const { bridge, random, rank } = parts;
  const salted = { number, salt: toBase64url(random(16)) };
  const dialId = toBase64url(random(16));
  const key = toBase64url(bridge.key);
  const committed = await numberCommitment(salted);
  const { jws, hash } = await parts.sign({
    rank,
    bridge: key,
    to: bridge.join,
    dial: dialId,
    number: committed,
  });
  const plain = jcsBytes(salted);
  if (!plain.ok) throw new TypeError('the number cannot be written');
  const context = {
    ...parts.about,
    type: 'dial-request',
    role: 'connector',
    sender: parts.sender,
    recipient: await thumbprint(bridge.key),
    epoch: 0,
    about: hash,
  } as const;
  const sealed = await seal(bridge.hpke, plain.value, context, random);
  wipe(plain.value);
  if (!sealed.ok) throw new Error('no-bridge-dials');
  return { dialId, packet: packetBytes(jws, sealed.value.sealed) };
}
