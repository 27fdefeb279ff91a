import { randomBytes } from 'node:crypto';

/** Server-made ids in LiveKit's form: a prefix that says of what (RM_, PA_, TR_), then 12 letters and digits. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz';

export function newSid(prefix: 'RM_' | 'PA_' | 'TR_'): string {
  let sid: string = prefix;
  for (const byte of randomBytes(12)) sid += alphabet.charAt(byte % alphabet.length);
  return sid;
}

export function newSsrc(): number {
  return randomBytes(4).readUInt32BE() || 1;
}
