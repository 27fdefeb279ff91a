import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { toBase64url } from '../../src/base/bytes.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import type { Signer } from '../../src/consent/messages/jws.ts';
import type { MessageType } from '../../src/consent/messages/labels.ts';
import type { Random } from '../../src/consent/messages/seal.ts';

/** Deterministic bytes for tests: SHA-256 of a name and a counter, over and over. Never for anything but tests. */
export function seededRandom(name: string): Random {
  let n = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256')
        .update(`${name}/${String(n++)}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  };
}

export function seededBytes(name: string, length: number): Uint8Array<ArrayBuffer> {
  return seededRandom(name)(length);
}

export const text = (name: string, length: number): string => toBase64url(seededBytes(name, length));

/** An Ed25519 key of a fixed seed (RFC 8032 signatures are deterministic). */
export function seededSigner(name: string): Signer {
  const key = seededSigningKey(seededBytes(`key ${name}`, 32));
  return { publicKey: key.publicKey, sign: (bytes) => Promise.resolve(key.sign(bytes)) };
}

/** Ed25519 (RFC 8032) of a given 32-byte secret: whatever is signed with it is the same at every run. */
export function seededSigningKey(secret: Uint8Array): {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
} {
  // PKCS#8 around the secret (RFC 8410 §7): all of it but the secret is the same for every key.
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([prefix, secret]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(-32)),
    sign: (bytes) => Uint8Array.from(sign(null, bytes, key)),
  };
}

const meeting = text('meeting', 32);
const instance = text('instance', 16);
const chain = { v: 1, meeting, instance, term: 3, seq: 7, prev: text('prev', 32) } as const;
const guest = { v: 1, meeting, instance, join: text('join', 16) } as const;
const scope = { audio: 'both', legs: 'each', next: 0, until: 0 } as const;
const leg = text('leg', 16);
const callers = [{ leg, label: text('label', 32) }];
const sealed = { kem: text('kem', 32), sealed: text('sealed', 1168), kcv: text('kcv', 16) };
const request = text('request', 32);
const grant = text('grant', 32);

/** One valid payload of each type. */
export const samples: { readonly [T in MessageType]: Payload<T> } = {
  certificate: {
    v: 1,
    operator: toBase64url(seededSigner('operator').publicKey),
    operatorName: 'Example Operator',
    key: toBase64url(seededSigner('bridge').publicKey),
    ledgerKey: toBase64url(seededSigner('ledger').publicKey),
    connectorName: 'bridge-1',
    serial: text('serial', 16),
    notBefore: 0,
    notAfter: 0,
  },
  'instance-start': { ...chain, seq: 0, prev: '', join: text('host join', 16), hpke: text('hpke', 1216) },
  'instance-end': { ...chain, reason: 'ended' },
  hello: {
    ...guest,
    key: text('member', 32),
    hpke: text('hpke', 1216),
    n: 1,
    name: text('name', 32),
    nonce: text('nonce', 16),
  },
  welcome: { ...chain, hello: text('hello', 32), epoch: 5, ...sealed },
  roster: {
    ...chain,
    epoch: 5,
    locked: false,
    members: [{ key: text('member', 32), join: text('join', 16) }],
    bridges: [
      {
        key: text('bridge', 32),
        join: text('bridge join', 16),
        state: 'granted',
        ask: '',
        request,
        grant,
        holds: true,
        audio: 'both',
        legs: [{ leg, label: text('label', 32), state: 'admitted' }],
      },
    ],
    private: text('private', 32),
  },
  'certificate-request': {
    v: 1,
    key: toBase64url(seededSigner('bridge').publicKey),
    ledgerKey: toBase64url(seededSigner('ledger').publicKey),
    connectorName: 'bridge-1',
    ledgerProof: text('ledger proof', 64),
  },
  'revocation-list': {
    v: 1,
    operator: toBase64url(seededSigner('operator').publicKey),
    number: 2,
    issued: 1_800_000_000_000,
    serials: [text('serial', 16)],
    keys: [text('bridge thumbprint', 32)],
  },
  'operator-rotation': {
    v: 1,
    operator: toBase64url(seededSigner('operator').publicKey),
    next: toBase64url(seededSigner('next operator').publicKey),
    issued: 1_800_000_000_000,
  },
  'bridge-hello': {
    ...guest,
    key: text('bridge', 32),
    certificate: 'a.b.c',
    revocations: 'd.e.f',
    rotation: '',
    nonce: text('nonce', 16),
  },
  'bridge-request': {
    ...guest,
    term: 3,
    key: text('bridge', 32),
    certificate: 'a.b.c',
    revocations: 2,
    hpke: text('hpke', 1216),
    n: 1,
    purpose: 'phone-callers',
    version: '0.1.0',
    scope,
    transports: 'any',
    callers,
    nonce: text('nonce', 16),
    code: text('code', 32),
  },
  'dial-offer': { ...guest, key: text('bridge', 32), hpke: text('hpke', 1216) },
  'dial-request': {
    ...chain,
    rank: 0,
    bridge: text('bridge', 32),
    to: text('bridge join', 16),
    dial: text('dial', 16),
    number: text('number', 32),
  },
  'dial-cancel': {
    ...chain,
    rank: 0,
    bridge: text('bridge', 32),
    to: text('bridge join', 16),
    dial: text('dial', 16),
  },
  'dial-state': { ...guest, dial: text('dial', 16), leg: '', state: 'ringing', reason: '' },
  grant: { ...chain, request, scope, legs: [leg], epoch: 5, ...sealed, decision: '' },
  'code-challenge': { ...chain, request, code: text('code', 16) },
  'code-reveal': { ...guest, request, code: text('code nonce', 16) },
  denial: { ...chain, rank: 1, request, reason: 'denied' },
  'leg-request': { ...guest, grant, callers, nonce: text('nonce', 16) },
  'leg-admission': {
    ...chain,
    request,
    grant,
    legs: [leg],
    by: 'next',
    left: 4,
    decision: text('decision', 32),
  },
  'leg-refusal': { ...chain, request, grant, legs: [leg], reason: 'denied' },
  'leg-revocation': { ...chain, grant, legs: [leg], reason: 'ended' },
  removal: { ...chain, join: text('join', 16), key: text('member', 32), reason: 'removed' },
  rekey: { ...chain, grant, epoch: 6, ...sealed },
  revocation: { ...chain, rank: 1, bridge: text('bridge', 32), grant, reason: 'revoked', epoch: 6 },
  decision: {
    ...guest,
    key: text('co-host', 32),
    n: 1,
    what: 'approve',
    request,
    scope,
    legs: [leg],
    bridge: '',
    member: '',
  },
  switched: { ...guest, epoch: 5, roster: text('roster', 32), rotation: 'confirmed' },
  receipt: {
    ...guest,
    answers: grant,
    did: 'opened',
    reason: '',
    epoch: 5,
    legs: [leg],
    index: 4,
    path: [text('node', 32)],
    checkpoint: 'a\n1\nb\n',
  },
  heartbeat: {
    ...chain,
    roster: text('roster', 32),
    epoch: 5,
    kcv: text('kcv', 16),
    nonces: [text('nonce', 16)],
    ledgers: [{ bridge: text('bridge', 32), size: 9, root: text('root', 32) }],
  },
  nonce: { ...guest, nonce: text('nonce', 16), epoch: 5, roster: '' },
  'next-key': { ...guest, hpke: text('hpke', 1216), n: 1 },
  'ledger-ask': { ...guest, bridge: text('bridge', 32), sizes: [7], nonce: text('nonce', 16) },
  'ledger-state': {
    ...guest,
    nonces: [text('nonce', 16)],
    checkpoint: 'a\n1\nb\n',
    proofs: [{ size: 7, path: [text('node', 32)] }],
  },
  witness: {
    ...guest,
    key: text('member', 32),
    bridge: text('bridge', 32),
    checkpoint: 'a\n1\nb\n',
    time: 1_800_000_000,
    signature: text('cosignature', 64),
  },
};
