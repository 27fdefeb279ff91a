import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { fromBase64url, toBase64url } from '../../src/base/bytes.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import type { HostType, Payload } from '../../src/consent/messages/catalog.ts';
import { messageHash, payloadBytes, signMessage, type Signer } from '../../src/consent/messages/jws.ts';
import type { MessageType } from '../../src/consent/messages/labels.ts';
import { buildRegistration, meetingIdOf } from '../../src/consent/messages/registration.ts';
import type { VaultInfo } from '../../src/vault/protocol.ts';

/** Makers of the messages that a ledger holds, signed by keys that the test owns. */
export const random = (length: number): string => toBase64url(randomBytes(length));

export interface TestKey extends Signer {
  readonly privateKey: KeyObject;
  readonly signNow: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
}

export function testKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '')!;
  const signNow = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(sign(null, bytes, privateKey));
  return { publicKey: raw, privateKey, signNow, sign: (bytes) => Promise.resolve(signNow(bytes)) };
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
    revocations: 0,
    hpke: random(1216),
    n: 1,
    purpose: 'phone-callers',
    version: '0.1.0',
    scope: { audio: 'both', legs: 'each', next: 0, until: 0 },
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

/** The members of a payload that the chain fills in. */
type Unchained<T extends HostType> = Omit<Payload<T>, 'v' | 'meeting' | 'instance' | 'term' | 'seq' | 'prev'>;

/** What a host signs, each message naming the one before it. */
export interface TestHost {
  sign<T extends HostType>(type: T, body: Unchained<T>, over?: Partial<Payload<T>>): Promise<string>;
  grant(
    over: Partial<Payload<'grant'>> & { readonly request: string; readonly epoch: number },
  ): Promise<string>;
  denial(request: string): Promise<string>;
  /** Numbers and names as before the last message: what is signed next takes its place. */
  rewind(): void;
}

export function testHost(meeting: TestMeeting, signer: Signer = meeting.host): TestHost {
  let last = { seq: 0, prev: '' };
  let next = last;
  const sign: TestHost['sign'] = async (type, body, over = {}) => {
    const { id, instance, term } = meeting;
    // The schema is held against it by signMessage; the type checker does not follow the generic.
    const payload = { v: 1, meeting: id, instance, term, ...next, ...body, ...over } as unknown as Payload<
      typeof type
    >;
    const jws = await signMessage(signer, type, payload);
    last = next;
    next = { seq: next.seq + 1, prev: (await messageHash(jws, signer.publicKey))! };
    return jws;
  };
  return {
    sign,
    grant: (over) =>
      sign(
        'grant',
        {
          scope: { audio: 'both', legs: 'each', next: 0, until: 0 },
          legs: [],
          kem: random(32),
          sealed: random(1168),
          kcv: random(16),
          decision: '',
          request: over.request,
          epoch: over.epoch,
        },
        over,
      ),
    denial: (request) => sign('denial', { rank: 0, request, reason: 'denied' }),
    rewind() {
      next = last;
    },
  };
}
