import { randomInt, scrypt } from 'node:crypto';

/** Digits of a PIN, and of a meeting's code. */
export const pinLength = 6;
export const codeLength = 6;

/** Drawn digit by digit from the system's randomness, leading zeros included. */
export function drawDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}

/** 32 MB and some 50 ms for each guess (RFC 7914 §2): a thief of the file still has only a million PINs to try. */
const cost = { N: 16_384, r: 8, p: 1 } as const;

/** scrypt, 32 bytes, on the thread pool. `digits` is a secret. */
export function hashPin(digits: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(digits, salt, 32, cost, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
