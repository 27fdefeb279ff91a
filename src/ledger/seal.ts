import { hash } from 'node:crypto';
import { originOf, type LedgerSigner } from './checkpoint.ts';
import { hashLength, type Hash } from './merkle.ts';

/** Characters of a base64url hash. */
const valueLength = 43;

/**
 * What stands beside the newest leaf until its checkpoint is signed. A signature is a quarter of what an append costs, so one that
 * is not handed out is made when the writer pauses, a moment after the append was acknowledged. Until then the seal says
 * to the next start of this connector, and to nobody else, that nothing was changed behind its back:
 *
 *   after a checkpoint   SHA-256(key || 0x00 || size, 64 bits || root || 43 times "-")
 *   after a leaf         SHA-256(key || 0x01 || size, 64 bits || leaf hash || value before, 43 characters)
 *
 * `size` is that of the checkpoint. The key is SHA-256 of the ledger key's signature over a text that is no checkpoint; Ed25519 is
 * deterministic (RFC 8032 §5.1.6), so each start finds the same one. All inputs are of one length, which is what a plain hash under
 * a key needs to be a MAC.
 */
export interface Seal {
  /** Of the log under the checkpoint that it goes on from. */
  readonly from: number;
  /** base64url of 32 bytes. */
  readonly value: string;
}

export interface LogSeals {
  /** Where the newest leaf has a checkpoint. */
  afterCheckpoint(size: number, root: Hash): Seal;
  afterLeaf(before: Seal, leaf: Hash): Seal;
}

export function logSeals(signer: LedgerSigner): LogSeals {
  const text = `${originOf(signer.publicKey)}/seal\nkey of the seals of this log\n`;
  const key = hash('sha256', signer.sign(Buffer.from(text)), 'buffer');
  const input = Buffer.concat([key, new Uint8Array(1 + 8 + hashLength + valueLength)]);
  const made = (kind: number, from: number, root: Hash, before: string): Seal => {
    input[hashLength] = kind;
    input.writeUIntBE(from, hashLength + 3, 6);
    input.set(root, hashLength + 9);
    input.write(before, 2 * hashLength + 9, 'latin1');
    return { from, value: hash('sha256', input, 'base64url') };
  };
  const nothing = '-'.repeat(valueLength);
  return {
    afterCheckpoint: (size, root) => made(0x00, size, root, nothing),
    afterLeaf: ({ from, value }, leaf) => made(0x01, from, leaf, value),
  };
}

/** Stands in the place of a note; no C2SP note begins like it. */
export const sealText = ({ from, value }: Seal): string => `seal ${String(from)} ${value}`;

export const isSealText = (text: string): boolean => text.startsWith('seal ');

export function parseSeal(text: string): Seal | null {
  const [, from, value] = /^seal (0|[1-9][0-9]{0,14}) ([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  return from === undefined || value === undefined ? null : { from: Number(from), value };
}

export const isSameSeal = (one: Seal, other: Seal): boolean =>
  one.from === other.from && one.value === other.value;
