import { generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { fromBase64url } from '../../src/base/bytes.ts';
import { meetingIdOf } from '../../src/consent/messages/registration.ts';
import type { DeviceKey, Store } from '../../src/web/host/session.ts';

/** What a person's client needs before it can join, without a browser: a device key, a store, and the invite link. */
export interface Invitation {
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly meetingId: string;
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
  /** What the claim's answer told the host, for the caller. */
  readonly pin: string | null;
  /** Thumbprint of the operator key that the registration allows. */
  readonly operator: string | null;
}

export type Json = Readonly<Record<string, unknown>>;

export function createStore(): Store {
  const values = new Map<string, Uint8Array>();
  return {
    get: (name) => Promise.resolve(values.get(name) ?? null),
    set: (name, value) => Promise.resolve(void values.set(name, value)),
  };
}

export async function call(url: string, body?: Json): Promise<Json> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, body === undefined ? {} : post);
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${String(answer.code)}`);
  return answer;
}

export const bytes = (text: unknown): Uint8Array<ArrayBuffer> => {
  const decoded = fromBase64url(String(text));
  if (decoded === null) throw new Error('not base64url');
  return decoded;
};

export async function createDevice(): Promise<DeviceKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: bytes(x),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
  };
}

/** The member reads the registration by the id in its link, and checks that it hashes to it. */
export async function readInvite(start: {
  readonly httpUrl: string;
  readonly invite?: string;
}): Promise<Invitation> {
  const [, meetingId = '', secret = ''] = /\/join\/([\w-]+)#([\w-]+)$/.exec(start.invite ?? '') ?? [];
  const info = await call(`${start.httpUrl}/api/meetings/${meetingId}`);
  const registration = bytes(info.registration);
  if ((await meetingIdOf(registration)) !== meetingId) throw new Error('the server has another registration');
  return { registration, meetingId, inviteSecret: bytes(secret), pin: null, operator: null };
}
