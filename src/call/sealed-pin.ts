import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/**
 * The room PIN for whoever comes with the claim, while nobody has: AES-256-GCM under HKDF-SHA-256 (RFC 5869) of the claim,
 * which has 128 random bits and is not kept. Six bytes of PIN, base64url of nonce (12), ciphertext (6) and tag (16).
 */
const info = 'latchkey/1/claim-pin';
const nonceLength = 12;
const tagLength = 16;

const keyOf = (claim: string): Uint8Array => new Uint8Array(hkdfSync('sha256', claim, '', info, 32));

export const claimHash = (claim: string): string => createHash('sha256').update(claim).digest('base64url');

export function sealPin(claim: string, pin: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', keyOf(claim), nonce);
  const sealed = Buffer.concat([cipher.update(pin, 'latin1'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** Null where the claim is another one, or the file was changed. */
export function openPin(claim: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= nonceLength + tagLength) return null;
  const decipher = createDecipheriv('aes-256-gcm', keyOf(claim), bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    const pin = decipher.update(bytes.subarray(nonceLength, -tagLength));
    return Buffer.concat([pin, decipher.final()]).toString('latin1');
  } catch {
    return null;
  }
}
