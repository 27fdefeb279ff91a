import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64url, toBase64url, utf8 } from '../../../src/base/bytes.ts';
import { checkCertificate, signCertificate } from '../../../src/consent/messages/certificate.ts';
import { labelCommitment, labelsMatch, type SaltedLabel } from '../../../src/consent/messages/commitment.ts';
import { checkInviteMac, inviteMac } from '../../../src/consent/messages/invite.ts';
import {
  decryptPrivate,
  encryptPrivate,
  keyCheckValue,
  senderKey,
} from '../../../src/consent/messages/key-schedule.ts';
import { thumbprint } from '../../../src/consent/messages/keys.ts';
import { checkProof } from '../../../src/consent/messages/ledger-proof.ts';
import { plainName } from '../../../src/consent/messages/plain-name.ts';
import {
  buildRegistration,
  hostOfTerm,
  meetingIdOf,
  nextTerm,
  parseRegistration,
} from '../../../src/consent/messages/registration.ts';
import { createHpkeKeyPair, seal, type SealContext } from '../../../src/consent/messages/seal.ts';
import { checkpointSigner } from '../../../src/ledger/checkpoint.ts';
import { leafHash, nodeHash, type Hash } from '../../../src/ledger/merkle.ts';
import { seededBytes, seededRandom, seededSigner, text } from '../../support/consent-samples.ts';

const host = seededSigner('host');
const operator = seededSigner('operator');
const bridge = seededSigner('bridge');

describe('registration', () => {
  const parts = {
    salt: seededBytes('salt', 16),
    hosts: [host.publicKey, seededSigner('co-host').publicKey],
    operators: [text('operator', 32)],
  };
  const bytes = buildRegistration(parts);

  it('is named by the hash of its exact bytes', async () => {
    expect(parseRegistration(bytes)).toMatchObject({ ok: true, value: { operators: parts.operators } });
    const id = await meetingIdOf(bytes);
    for (let i = 0; i < bytes.length; i += 7) {
      const changed = bytes.slice();
      changed[i] = changed[i]! ^ 1;
      expect(await meetingIdOf(changed)).not.toBe(id);
    }
  });

  it('is refused with a host key that anybody could sign for, without hosts, or in another spelling', () => {
    const weak = new Uint8Array(32);
    weak[0] = 1;
    expect(() => buildRegistration({ ...parts, hosts: [weak] })).toThrow(TypeError);
    expect(() => buildRegistration({ ...parts, hosts: [] })).toThrow(TypeError);
    expect(() => buildRegistration({ ...parts, hosts: [host.publicKey, host.publicKey] })).toThrow(TypeError);
    expect(parseRegistration(utf8(` ${new TextDecoder().decode(bytes)}`)).ok).toBe(false);
    expect(parseRegistration(new Uint8Array(5_000)).ok).toBe(false);
  });

  it('gives each host its own terms, which only rise', () => {
    const registration = parseRegistration(bytes);
    if (!registration.ok) throw new Error(registration.reason);
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 0, max: 1 }), (seen, rank) => {
        const term = nextTerm(registration.value, rank, seen);
        expect(term).toBeGreaterThan(seen);
        expect(term - seen).toBeLessThanOrEqual(2);
        expect(hostOfTerm(registration.value, term)).toEqual(Uint8Array.from(parts.hosts[rank]!));
      }),
    );
  });
});

describe('seal', async () => {
  const random = seededRandom('seal');
  const pair = await createHpkeKeyPair(random);
  const context: SealContext = {
    type: 'grant',
    role: 'connector',
    meeting: text('meeting', 32),
    instance: text('instance', 16),
    term: 3,
    sender: text('sender', 32),
    recipient: text('recipient', 32),
    epoch: 5,
    about: text('request', 32),
  };
  const mk = seededBytes('mk', 32);
  const made = await seal(pair.publicKey, mk, context, random);
  if (!made.ok) throw new Error(made.reason);

  it('opens under exactly its own context', async () => {
    expect(made.value.sealed.length).toBe(1168);
    expect(made.value.kem).toBe(pair.hash);
    expect(await pair.open(made.value.sealed, context)).toEqual({ ok: true, value: mk });
    const others: SealContext[] = [
      { ...context, type: 'rekey' },
      { ...context, role: 'member' },
      { ...context, meeting: text('other', 32) },
      { ...context, instance: text('other', 16) },
      { ...context, term: 4 },
      { ...context, sender: text('other', 32) },
      { ...context, recipient: text('other', 32) },
      { ...context, epoch: 6 },
      { ...context, about: '' },
    ];
    for (const other of others) {
      expect(await pair.open(made.value.sealed, other)).toEqual({ ok: false, reason: 'seal-open' });
    }
  });

  it('refuses altered, short and foreign seals, and broken recipients', async () => {
    const altered = made.value.sealed.slice();
    altered[1_000] = altered[1_000]! ^ 1;
    expect(await pair.open(altered, context)).toEqual({ ok: false, reason: 'seal-open' });
    expect(await pair.open(altered.slice(0, 1_130), context)).toEqual({ ok: false, reason: 'seal-length' });
    const foreign = await createHpkeKeyPair(random);
    expect(await foreign.open(made.value.sealed, context)).toEqual({ ok: false, reason: 'seal-open' });
    expect(await seal(pair.publicKey.slice(1), mk, context, random)).toEqual({
      ok: false,
      reason: 'seal-recipient',
    });
  });

  it('opens nothing once the pair is destroyed, and its seed is overwritten', async () => {
    const seed = seededBytes('seed', 32);
    const owned = await createHpkeKeyPair(() => seed);
    owned.destroy();
    expect(seed.every((b) => b === 0)).toBe(true);
    expect(await owned.open(made.value.sealed, context)).toEqual({ ok: false, reason: 'seal-key-gone' });
  });
});

describe('key schedule', () => {
  const mk = seededBytes('mk', 32);
  const name = { instance: text('instance', 16), epoch: 5 };

  it('gives another key for another sender, epoch, instance and use', async () => {
    const keys = await Promise.all([
      senderKey(mk, name, seededBytes('a', 48)),
      senderKey(mk, name, seededBytes('b', 48)),
      senderKey(mk, { ...name, epoch: 6 }, seededBytes('a', 48)),
      senderKey(mk, { ...name, instance: text('other', 16) }, seededBytes('a', 48)),
      senderKey(seededBytes('mk2', 32), name, seededBytes('a', 48)),
      keyCheckValue(mk, name),
    ]);
    expect(new Set(keys.map((k) => toBase64url(k).slice(0, 21))).size).toBe(keys.length);
  });

  it('opens private roster parts under the same epoch only', async () => {
    const boxed = await encryptPrivate(mk, name, seededBytes('nonce', 12), utf8('names'));
    expect(await decryptPrivate(mk, name, boxed)).toEqual(utf8('names'));
    expect(await decryptPrivate(mk, { ...name, epoch: 6 }, boxed)).toBeNull();
    expect(await decryptPrivate(mk, name, boxed.slice(0, 20))).toBeNull();
  });
});

describe('invite', () => {
  it('is checked over the whole hello', async () => {
    const secret = seededBytes('invite', 16);
    const mac = await inviteMac(secret, 'a.b.c');
    expect(await checkInviteMac(secret, 'a.b.c', mac)).toBe(true);
    expect(await checkInviteMac(secret, 'a.b.d', mac)).toBe(false);
    expect(await checkInviteMac(seededBytes('other', 16), 'a.b.c', mac)).toBe(false);
    expect(await checkInviteMac(secret, 'a.b.c', mac.slice(1))).toBe(false);
  });
});

describe('labels of callers', () => {
  const label: SaltedLabel = {
    leg: text('leg', 16),
    salt: text('salt', 16),
    display: 'withheld',
    verification: 'absent',
    transport: 'udp+rtp',
  };

  it('match their commitments exactly', async () => {
    const callers = [{ leg: label.leg, label: await labelCommitment(label) }];
    expect(await labelsMatch(callers, [label])).toBe(true);
    expect(await labelsMatch(callers, [{ ...label, verification: 'A' }])).toBe(false);
    expect(await labelsMatch(callers, [{ ...label, leg: text('other', 16) }])).toBe(false);
    expect(await labelsMatch(callers, [])).toBe(false);
    expect(await labelsMatch(callers, [label, label])).toBe(false);
  });

  it('and names are shown without tricks', () => {
    expect(plainName('  Acme\u202e gro.live \u0000\u200b Ltd\n\u2028 x ')).toBe('Acme gro.live Ltd x');
    expect(plainName('e\u0301')).toBe('é');
    expect(plainName('x'.repeat(100))).toHaveLength(64);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => plainName(plainName(name)) === plainName(name)),
    );
  });
});

describe('certificate', async () => {
  const operators = [await thumbprint(operator.publicKey)];
  const parts = {
    operatorName: 'Example',
    key: bridge.publicKey,
    ledgerKey: seededSigner('ledger').publicKey,
    connectorName: 'bridge-1',
    serial: seededBytes('serial', 16),
    notBefore: 1_000,
    notAfter: 2_000,
  };
  const jws = await signCertificate(operator, parts);
  const rules = { operators, key: bridge.publicKey, wallMs: 1_500 };

  it('leads from a registered operator to the connector and its ledger', async () => {
    const checked = await checkCertificate(jws, rules);
    expect(checked).toMatchObject({
      ok: true,
      value: { operatorName: 'Example', ledgerKey: parts.ledgerKey },
    });
  });

  it.each([
    ['certificate-operator', jws, { ...rules, operators: [text('other', 32)] }],
    ['certificate-key', jws, { ...rules, key: host.publicKey }],
    ['certificate-time', jws, { ...rules, wallMs: 999 }],
    ['certificate-time', jws, { ...rules, wallMs: 2_001 }],
    ['certificate-form', 'a.b.c', rules],
  ] as const)('is refused: %s', async (reason, certificate, rule) => {
    expect(await checkCertificate(certificate, rule)).toEqual({ ok: false, reason });
  });

  it('is refused with an altered body or a name that is not plain', async () => {
    const [h, p, s] = jws.split('.') as [string, string, string];
    const body = Buffer.from(p, 'base64url').toString().replace('bridge-1', 'bridge-2');
    const altered = [h, Buffer.from(body).toString('base64url'), s].join('.');
    expect(await checkCertificate(altered, rules)).toEqual({ ok: false, reason: 'certificate-signature' });
  });
});

/** RFC 9162 §2.1.1 and §2.1.3.1, recursive as they are written there: a second opinion on the writer's arithmetic. */
function mth(leaves: readonly Hash[]): Hash {
  if (leaves.length === 1) return leaves[0]!;
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}
function pathOf(m: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return m < k
    ? [...pathOf(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...pathOf(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

describe('ledger proof', async () => {
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  const secret = seededBytes('key ledger', 32);
  const ledgerKey = Uint8Array.from(ed25519.getPublicKey(secret));
  const signNote = checkpointSigner({ publicKey: ledgerKey, sign: (bytes) => ed25519.sign(bytes, secret) });
  const leafOf = (seq: number): Uint8Array<ArrayBuffer> => utf8(`{"seq":${String(seq)},"type":"start"}`);
  const proofOf = (seq: number, size: number) => {
    const hashes = Array.from({ length: size }, (_, i) => leafHash(leafOf(i)));
    return { seq, leaf: leafOf(seq), path: pathOf(seq, hashes), checkpoint: signNote(size, mth(hashes)) };
  };

  it('holds for every leaf of every size up to 20', async () => {
    for (let size = 1; size <= 20; size++) {
      for (let seq = 0; seq < size; seq++) {
        const checked = await checkProof(proofOf(seq, size), ledgerKey);
        expect(checked).toMatchObject({ ok: true, value: { seq, size } });
      }
    }
  });

  it('is refused when any part of it is another', async () => {
    const proof = proofOf(5, 11);
    const flipped = proof.path.map((p) => Uint8Array.from(p));
    flipped[1]![0]! ^= 1;
    const cases: [string, typeof proof][] = [
      ['proof-root', { ...proof, leaf: leafOf(6) }],
      ['proof-root', { ...proof, path: flipped }],
      ['proof-path', { ...proof, path: proof.path.slice(1) }],
      ['proof-path', { ...proof, path: [...proof.path, proof.path[0]!] }],
      ['proof-root', { ...proof, seq: 4 }],
      ['proof-index', { ...proof, seq: 11 }],
      ['proof-index', { ...proof, seq: -1 }],
      ['proof-signature', { ...proof, checkpoint: proof.checkpoint.replace('\n11\n', '\n12\n') }],
      ['proof-checkpoint', { ...proof, checkpoint: proof.checkpoint.replace('\n11\n', '\n011\n') }],
      ['proof-origin', { ...proof, checkpoint: proof.checkpoint.replace('latchkey', 'latchkez') }],
      ['proof-checkpoint', { ...proof, checkpoint: '' }],
    ];
    for (const [reason, altered] of cases) {
      expect(await checkProof(altered, ledgerKey), reason).toEqual({ ok: false, reason });
    }
    expect(await checkProof(proof, seededSigner('other').publicKey)).toEqual({
      ok: false,
      reason: 'proof-origin',
    });
  });

  it('of a leaf that says another position is refused', async () => {
    const leaf = leafOf(9);
    const proof = { seq: 0, leaf, path: [], checkpoint: signNote(1, leafHash(leaf)) };
    expect(await checkProof(proof, ledgerKey)).toEqual({ ok: false, reason: 'proof-leaf' });
  });

  it('keys stay text that decodes', () => {
    expect(fromBase64url(toBase64url(ledgerKey))).toEqual(ledgerKey);
  });
});
