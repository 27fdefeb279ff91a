import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toBase64url } from '../../src/base/bytes.ts';
import { signCertificate } from '../../src/consent/messages/certificate.ts';
import { checkpointSigner } from '../../src/ledger/checkpoint.ts';
import { jcsText } from '../../src/base/jcs.ts';
import { leafHash } from '../../src/ledger/merkle.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { createTree } from '../../src/ledger/tree.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import type { Primitives } from '../../src/ledger/verify/primitives.ts';
import type { LeafRecord, LogRecord, LogSource } from '../../src/ledger/verify/source.ts';
import { random, testKey, type TestKey } from '../support/consent-peers.ts';
import {
  handClock,
  openTestLedger,
  playCall,
  Story,
  testConnector,
  type TestConnector,
} from '../support/ledger-story.ts';
import { makeDir, removeDir } from '../support/vault.ts';

/** A real log, read record by record, and the connector whose keys signed it. */
export interface LogUnderTest {
  readonly records: readonly LogRecord[];
  readonly connector: TestConnector;
  /**
   * Honest checkpoints as hosts would have kept them: one from the middle, and the last. Without the last, a log that was
   * cut back to an earlier signed state would be a log like any other: what nobody remembers can be cut off.
   */
  readonly remembered: readonly string[];
}

/** Two calls, a denial and a restart: every kind of leaf and message that there is a rule for. */
export async function makeLog(): Promise<LogUnderTest> {
  const dir = await makeDir();
  const file = join(dir, 'ledger.sqlite');
  const connector = await testConnector();
  const clock = handClock();
  try {
    const first = await openTestLedger(sqliteStore(file), connector, clock);
    await playCall(first, connector, clock);
    const denied = await Story.begin(first, connector);
    const request = await denied.request([{ leg: random(16), label: 'Somebody else' }]);
    await denied.write({
      type: 'denial',
      bridge: denied.bridge,
      jws: await denied.host.denial(request),
      data: { request, term: 1 },
    });
    await first.close();
    clock.move(60_000);
    const second = await openTestLedger(sqliteStore(file), connector, clock);
    const kept = await second.appendWithProof([{ type: 'drain' }], { keep: true });
    if (!kept.ok) throw new Error(kept.reason);
    await playCall(second, connector, clock);
    await second.close();
    const source = openSource(file);
    const records = [...source.records()];
    source.close();
    const last = records.findLast((record) => record.kind === 'checkpoint')!;
    return { records, connector, remembered: [kept.value[0]!.checkpoint, last.note] };
  } finally {
    await removeDir(dir);
  }
}

/** Checkpoints behind the leaf that they end with, personal values behind theirs: the order in which a source reads. */
export function inSourceOrder(records: readonly LogRecord[]): LogRecord[] {
  const place = (record: LogRecord): number =>
    record.kind === 'checkpoint' ? record.size - 0.5 : record.seq;
  return [...records].sort((a, b) => place(a) - place(b));
}

export const sourceOf = (records: readonly LogRecord[]): LogSource => ({
  records: () => records,
  close: () => undefined,
});

/** node:crypto, remembering each signature it has checked: thousands of edited logs share nearly all of them. */
export function rememberingPrimitives(): Primitives {
  const { sha256, verifyEd25519 } = nodePrimitives();
  const known = new Map<string, boolean>();
  return {
    sha256,
    verifyEd25519(key, message, signature) {
      const name = toBase64url(sha256(Buffer.concat([key, signature, message])));
      const before = known.get(name);
      if (before !== undefined) return before;
      const good = verifyEd25519(key, message, signature);
      known.set(name, good);
      return good;
    },
  };
}

export type LeafObject = Record<string, unknown>;

export const leafObject = (record: LeafRecord): LeafObject =>
  JSON.parse(Buffer.from(record.bytes!).toString()) as LeafObject;

export function leafRecord(leaf: LeafObject): LeafRecord {
  const text = jcsText(leaf);
  if (!text.ok) throw new Error(text.reason);
  const bytes = Buffer.from(text.value);
  return { kind: 'leaf', seq: Number(leaf['seq']), bytes, hash: leafHash(bytes) };
}

/** The keys of somebody who rewrites a log: the connector's own, or new ones. */
export interface Forger {
  readonly ledger: TestKey;
  readonly certificate: string | null;
}

export const connectorAsForger = ({ ledger }: TestConnector): Forger => ({ ledger, certificate: null });

export async function strangerAsForger({ identity }: TestConnector): Promise<Forger> {
  const [operator, ledger] = [testKey(), testKey()];
  const certificate = await signCertificate(operator, {
    operatorName: 'Test operator',
    key: identity.publicKey,
    ledgerKey: ledger.publicKey,
    connectorName: 'Test connector',
    serial: randomBytes(16),
    notBefore: 0,
    notAfter: 0,
  });
  return { ledger, certificate };
}

/** A log of these leaves as its forger would have written it: renumbered, hashed, with a signed checkpoint at the end. */
export function rewritten(leaves: readonly LeafObject[], forger: Forger): LogRecord[] {
  const tree = createTree({ tiles: [], tail: [] }, () => Promise.resolve([]));
  const records: LogRecord[] = leaves.map((leaf, seq) => {
    const certificate =
      leaf['type'] === 'start' && forger.certificate !== null ? { jws: forger.certificate } : {};
    const record = leafRecord({ ...leaf, ...certificate, seq });
    tree.append(record.hash!);
    return record;
  });
  const signNote = checkpointSigner({ publicKey: forger.ledger.publicKey, sign: forger.ledger.signNow });
  return [
    ...records,
    { kind: 'checkpoint', size: leaves.length, note: signNote(leaves.length, tree.root()) },
  ];
}
