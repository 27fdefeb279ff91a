import { lengthPrefixed, utf8 } from '../../base/bytes.ts';
import type { Bytes } from './key-schedule.ts';
import { labels } from './labels.ts';

const input = (jws: string): Bytes => lengthPrefixed(utf8(labels.invite), utf8(jws));

async function hmacKey(secret: Bytes, use: 'sign' | 'verify') {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [use]);
}

/**
 * Over the whole signed hello. `secret`: the 128 bits in an invite link's fragment. Who can make this MAC was given the
 * link; neither the meeting server nor a connector ever receives it.
 */
export async function inviteMac(secret: Bytes, helloJws: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(secret, 'sign'), input(helloJws)));
}

export async function checkInviteMac(secret: Bytes, helloJws: string, mac: Bytes): Promise<boolean> {
  return crypto.subtle.verify('HMAC', await hmacKey(secret, 'verify'), mac, input(helloJws));
}
