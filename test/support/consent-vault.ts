import { toBase64url, utf8Text } from '../../src/base/bytes.ts';
import { jcsBytes } from '../../src/base/jcs.ts';
import { ok, refuse, type Result } from '../../src/base/result.ts';
import { signCertificate } from '../../src/consent/messages/certificate.ts';
import { objectHash, peekMessage, signPayload } from '../../src/consent/messages/jws.ts';
import type { LedgerProof } from '../../src/consent/messages/ledger-proof.ts';
import type { VaultPort } from '../../src/consent/vault-port.ts';
import { checkpointSigner } from '../../src/ledger/checkpoint.ts';
import { parseEntry } from '../../src/ledger/entry.ts';
import { fitsItsType } from '../../src/ledger/event-rules.ts';
import type { NewEntry } from '../../src/ledger/event.ts';
import { leafHash, nodeHash, type Hash } from '../../src/ledger/merkle.ts';
import { seededBytes, seededSigner, seededSigningKey } from './consent-samples.ts';

/** RFC 9162 §2.1.1 and §2.1.3.1 as they are written there. */
export function treeRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 1) return leaves[0]!;
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)));
}

export function inclusionPath(m: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return m < k
    ? [...inclusionPath(m, leaves.slice(0, k)), treeRoot(leaves.slice(k))]
    : [...inclusionPath(m - k, leaves.slice(k)), treeRoot(leaves.slice(0, k))];
}

/** RFC 9162 §2.1.4.1 as it is written there. */
export function growthPath(m: number, leaves: readonly Hash[]): Hash[] {
  const subproof = (first: number, d: readonly Hash[], whole: boolean): Hash[] => {
    if (first === d.length) return whole ? [] : [treeRoot(d)];
    const k = 2 ** Math.ceil(Math.log2(d.length) - 1);
    return first <= k
      ? [...subproof(first, d.slice(0, k), whole), treeRoot(d.slice(k))]
      : [...subproof(first - k, d.slice(k), false), treeRoot(d.slice(0, k))];
  };
  return subproof(m, leaves, true);
}

/** A vault in memory: real signatures, leaves and proofs, no disk. Tests may make it fail or lie. */
export interface FakeVault extends VaultPort {
  readonly entries: NewEntry[];
  readonly operatorThumbprint: string;
  /** Every append fails from now on. */
  broken: boolean;
  /** Changes proofs before they are handed out. */
  forge: ((proof: LedgerProof) => LedgerProof) | null;
  highestSeen: { term: number; epoch: number };
  /** No consistency proofs from now on. */
  withhold: boolean;
  /** The log as it is shown from now on: rolled back, or with other leaves. */
  rewrite(change: (leaves: readonly Uint8Array[]) => readonly Uint8Array[]): void;
  /** A copy of the leaves. */
  log(): readonly Uint8Array[];
  /** The checkpoint of a log of these leaves. */
  note(leaves: readonly Uint8Array[]): string;
}

export async function fakeVault(
  operatorThumbprint: string,
  operatorName = 'Example Operator',
): Promise<FakeVault> {
  const identity = seededSigner('connector identity');
  const ledgerSecret = seededBytes('connector ledger', 32);
  const ledgerSigner = seededSigningKey(ledgerSecret);
  const ledgerKey = ledgerSigner.publicKey;
  const note = checkpointSigner(ledgerSigner);
  const certificate = await signCertificate(seededSigner('operator'), {
    operatorName,
    key: identity.publicKey,
    ledgerKey,
    connectorName: 'bridge-1',
    serial: seededBytes('serial', 16),
    notBefore: 0,
    notAfter: 0,
  });
  const entries: NewEntry[] = [];
  let leaves: Uint8Array[] = [];
  const requests = new Map<string, string>();
  const write = (entry: NewEntry): Result<LedgerProof> => {
    if (vault.broken) return refuse('disk-full');
    const seq = leaves.length;
    const { personal: _personal, ...rest } = entry;
    const leaf = jcsBytes({ v: 1, seq, at: 0, mono: 0, run: 'A'.repeat(22), ...rest });
    if (!leaf.ok) return leaf;
    // The real writer would refuse it, and the bridge would close.
    const parsed = parseEntry(leaf.value);
    if (!parsed.ok || !fitsItsType(parsed.value)) throw new Error(`no leaf: ${utf8Text(leaf.value) ?? ''}`);
    entries.push(entry);
    leaves.push(leaf.value);
    const hashes = leaves.map(leafHash);
    const path = inclusionPath(seq, hashes);
    const proof = { seq, leaf: leaf.value, path, checkpoint: note(leaves.length, treeRoot(hashes)) };
    return ok(vault.forge?.(proof) ?? proof);
  };
  const vault: FakeVault = {
    entries,
    operatorThumbprint,
    broken: false,
    forge: null,
    highestSeen: { term: 0, epoch: 0 },
    withhold: false,
    info: {
      identityKey: toBase64url(identity.publicKey),
      ledgerKey: toBase64url(ledgerKey),
      certificate,
      revocations: '',
      revocationNumber: 0,
      rotation: '',
    },
    async signRequest(payload, personal) {
      const jws = await signPayload(identity, 'bridge-request', Uint8Array.from(payload));
      const peeked = peekMessage(jws);
      if (!peeked.ok || peeked.value.type !== 'bridge-request') return refuse('not-a-request');
      const { meeting, join } = peeked.value.payload;
      const request = await objectHash('bridge-request', Uint8Array.from(payload), identity.publicKey);
      const written = write({
        type: 'request',
        meeting,
        bridge: join,
        jws,
        data: { request },
        personal: personal ?? [],
      });
      if (!written.ok) return written;
      requests.set(request, join);
      return ok({ jws });
    },
    recordAnswer(jws, also = []) {
      const peeked = peekMessage(jws);
      if (!peeked.ok) return Promise.resolve(peeked);
      const { type, payload } = peeked.value;
      if (type !== 'grant' && type !== 'denial') return Promise.resolve(refuse('not-an-answer'));
      const epoch = type === 'grant' ? { epoch: payload.epoch } : {};
      const data = { request: payload.request, term: payload.term, ...epoch };
      const bridge = requests.get(payload.request);
      if (bridge === undefined) return Promise.resolve(refuse('request-not-open'));
      const written = write({ type, meeting: payload.meeting, bridge, jws, data });
      for (const entry of written.ok ? also : []) write(entry);
      return Promise.resolve(written);
    },
    append(list) {
      const results = list.map(write);
      const failed = results.find((r) => !r.ok);
      return Promise.resolve(failed?.ok === false ? failed : ok(null));
    },
    appendProven: (entry) => Promise.resolve(write(entry)),
    async sign(type, payload) {
      return ok(await signPayload(identity, type, Uint8Array.from(payload)));
    },
    proveGrowth(sizes) {
      const hashes = leaves.map(leafHash);
      const known = vault.withhold ? [] : sizes.filter((size) => size >= 1 && size <= hashes.length);
      const proofs = known.map((size) => ({ size, path: growthPath(size, hashes) }));
      return Promise.resolve(ok({ checkpoint: note(hashes.length, treeRoot(hashes)), proofs }));
    },
    highest: () => Promise.resolve(ok(vault.highestSeen)),
    rewrite: (change) => void (leaves = [...change(leaves)]),
    log: () => [...leaves],
    note: (others) => note(others.length, treeRoot(others.map(leafHash))),
  };
  return vault;
}
