import { utf8 } from '../../base/bytes.ts';
import type { Signer } from './jws.ts';
import type { Bytes } from './key-schedule.ts';
import { importSigningKey } from './keys.ts';
import { checkpointBody, type TreeHead } from './log-checkpoint.ts';

/**
 * A cosignature of a checkpoint (C2SP tlog-cosignature, Ed25519): the statement that this head is consistent with every
 * earlier one that the witness saw.
 *
 *   cosignature/v1
 *   time <seconds since 1970>
 *   <body of the checkpoint: origin, size, root>
 *
 * A JWS of the same key begins with the base64url of its header, so neither can be taken for the other.
 */
export interface Cosigned {
  readonly origin: string;
  readonly head: TreeHead;
  /** Seconds since 1970, at most 2^53-1 here. */
  readonly time: number;
}

const cosignedBytes = ({ origin, head, time }: Cosigned): Bytes =>
  utf8(`cosignature/v1\ntime ${String(time)}\n${checkpointBody(origin, head)}`);

export function cosign(device: Signer, what: Cosigned): Promise<Bytes> {
  return device.sign(cosignedBytes(what));
}

export async function isCosigned(what: Cosigned, key: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await importSigningKey(key);
  if (imported === null || signature.length !== 64) return false;
  return crypto.subtle.verify('Ed25519', imported, signature, cosignedBytes(what));
}
