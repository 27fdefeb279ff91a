import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import { codeCommitment, codeDigits, labelCommitment } from '../../src/consent/messages/commitment.ts';
import { inviteMac } from '../../src/consent/messages/invite.ts';
import { messageHash, signMessage } from '../../src/consent/messages/jws.ts';
import {
  encryptPrivate,
  keyCheckValue,
  senderId,
  senderKey,
  sharedKey,
} from '../../src/consent/messages/key-schedule.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { messageTypes } from '../../src/consent/messages/labels.ts';
import { buildRegistration, meetingIdOf } from '../../src/consent/messages/registration.ts';
import { createHpkeKeyPair, seal, type SealContext } from '../../src/consent/messages/seal.ts';
import { samples, seededBytes, seededRandom, seededSigner, text } from './consent-samples.ts';

const b64 = toBase64url;

/** Everything that connector, browser and verifier must compute alike, from fixed inputs. */
export async function makeVectors(): Promise<Record<string, unknown>> {
  return {
    registration: await registrationVector(),
    messages: await messageVectors(),
    keySchedule: await keyScheduleVector(),
    seal: await sealVector(),
    commitments: await commitmentVector(),
    invite: await inviteVector(),
  };
}

async function registrationVector() {
  const bytes = buildRegistration({
    salt: seededBytes('salt', 16),
    hosts: [seededSigner('host').publicKey, seededSigner('co-host').publicKey],
    operators: [await thumbprint(seededSigner('operator').publicKey)],
  });
  return { bytes: b64(bytes), meetingId: await meetingIdOf(bytes) };
}

async function messageVectors() {
  const signer = seededSigner('host');
  const vectors: unknown[] = [];
  for (const type of messageTypes) {
    const jws = await signMessage(signer, type, samples[type]);
    vectors.push({ type, key: b64(signer.publicKey), jws, hash: await messageHash(jws, signer.publicKey) });
  }
  return vectors;
}

async function keyScheduleVector() {
  const mk = seededBytes('mk', 32);
  const name = { instance: text('instance', 16), epoch: 5 };
  const identityKey = seededSigner('member').publicKey;
  const join = seededBytes('join', 16);
  const nonce = seededBytes('box nonce', 12);
  return {
    mk: b64(mk),
    ...name,
    identityKey: b64(identityKey),
    join: b64(join),
    senderKey: b64(await senderKey(mk, name, senderId(identityKey, join))),
    sharedKey: b64(await sharedKey(mk, name)),
    kcv: b64(await keyCheckValue(mk, name)),
    private: { plain: 'names', boxed: b64(await encryptPrivate(mk, name, nonce, utf8('names'))) },
  };
}

async function sealVector() {
  const seed = seededBytes('hpke seed', 32);
  const ekm = seededBytes('ekm', 64);
  const pair = await createHpkeKeyPair(() => seed.slice());
  const context: SealContext = {
    type: 'grant',
    role: 'connector',
    meeting: text('meeting', 32),
    instance: text('instance', 16),
    term: 3,
    sender: await thumbprint(seededSigner('host').publicKey),
    recipient: await thumbprint(seededSigner('bridge').publicKey),
    epoch: 5,
    about: text('request', 32),
  };
  const plain = seededBytes('mk', 32);
  const made = await seal(pair.publicKey, plain, context, () => ekm.slice());
  if (!made.ok) throw new Error(made.reason);
  return {
    seed: b64(seed),
    publicKey: b64(pair.publicKey),
    ekm: b64(ekm),
    context,
    plain: b64(plain),
    kem: made.value.kem,
    sealed: b64(made.value.sealed),
  };
}

async function commitmentVector() {
  const label = {
    leg: text('leg', 16),
    salt: text('label salt', 16),
    display: '+49 30 ···· 123',
    verification: 'B',
    transport: 'udp+rtp',
  } as const;
  const code = {
    request: text('request', 32),
    host: text('host', 32),
    bridge: text('bridge', 32),
    nonceC: text('nC', 16),
    nonceH: text('nH', 16),
  };
  return {
    label,
    labelCommitment: await labelCommitment(label),
    code,
    codeCommitment: await codeCommitment(seededBytes('nC', 16)),
    codeDigits: await codeDigits(code),
  };
}

async function inviteVector() {
  const secret = seededRandom('invite')(16);
  const jws = await signMessage(seededSigner('member'), 'hello', samples.hello);
  return { secret: b64(secret), jws, mac: b64(await inviteMac(secret, jws)) };
}
