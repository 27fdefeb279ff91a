import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { fromBase64url, toBase64url } from '../../src/base/bytes.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import { payloadBytes, signMessage, type Signer } from '../../src/consent/messages/jws.ts';
import type { MessageType } from '../../src/consent/messages/labels.ts';
import { buildRegistration, meetingIdOf } from '../../src/consent/messages/registration.ts';
import type { VaultInfo } from '../../src/vault/protocol.ts';

/** Makers of the messages that a ledger holds, signed by keys that the test owns. */
export const random = (length: number): string => toBase64url(randomBytes(length));

export function testKey(): Signer & { readonly privateKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '')!;
  return {
    publicKey: raw,
    privateKey,
    sign: (bytes) => Promise.resolve(Uint8Array.from(sign(null, bytes, privateKey))),
  };
}

export interface TestMeeting {
  readonly id: MeetingId;
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly host: Signer;
  readonly instance: string;
  readonly term: number;
}

export async function testMeeting(operators: readonly string[]): Promise<TestMeeting> {
  const host = testKey();
  const registration = buildRegistration({ salt: randomBytes(16), hosts: [host.publicKey], operators });
  return { id: await meetingIdOf(registration), registration, host, instance: random(16), term: 1 };
}

export interface TestBridge {
  readonly join: string;
  readonly info: Pick<VaultInfo, 'identityKey' | 'certificate'>;
}

export function requestPayload(
  meeting: TestMeeting,
  bridge: TestBridge,
  over: Partial<Payload<'bridge-request'>> = {},
): Payload<'bridge-request'> {
  return {
    v: 1,
    meeting: meeting.id,
    instance: meeting.instance,
    join: bridge.join,
    term: meeting.term,
    key: bridge.info.identityKey,
    certificate: bridge.info.certificate,
    hpke: random(1216),
    purpose: 'phone-callers',
    scope: { audio: 'both', legs: 'each', until: 0 },
    transports: 'any',
    callers: [],
    nonce: random(16),
    code: random(32),
    ...over,
  };
}

export const bytesOfPayload = <T extends MessageType>(
  type: T,
  payload: Payload<T>,
): Uint8Array<ArrayBuffer> => payloadBytes(type, payload);

/** What a host signs, one message after the other. */
export interface TestHost {
  chain(): { v: 1; meeting: string; instance: string; term: number; seq: number; prev: string };
  grant(
    over: Partial<Payload<'grant'>> & { readonly request: string; readonly epoch: number },
  ): Promise<string>;
  denial(request: string): Promise<string>;
}

export function testHost(meeting: TestMeeting, signer: Signer = meeting.host): TestHost {
  let seq = 0;
  const chain = (): ReturnType<TestHost['chain']> => ({
    v: 1,
    meeting: meeting.id,
    instance: meeting.instance,
    term: meeting.term,
    seq: seq++,
    prev: seq === 1 ? '' : random(32),
  });
  return {
    chain,
    grant: (over) =>
      signMessage(signer, 'grant', {
        ...chain(),
        scope: { audio: 'both', legs: 'each', until: 0 },
        legs: [],
        kem: random(32),
        sealed: random(1168),
        kcv: random(16),
        code: random(16),
        ...over,
      }),
    denial: (request) => signMessage(signer, 'denial', { ...chain(), request, reason: 'denied' }),
  };
}
