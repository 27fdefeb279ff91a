import type { FindingCode } from '../../src/ledger/verify/findings.ts';
import { hashLeaf } from '../../src/ledger/verify/root.ts';
import { nodePrimitives } from '../../src/ledger/verify/node.ts';
import type {
  CheckpointRecord,
  LeafRecord,
  LogRecord,
  PersonalRecord,
} from '../../src/ledger/verify/source.ts';
import {
  connectorAsForger,
  inSourceOrder,
  leafObject,
  leafRecord,
  rewritten,
  strangerAsForger,
  type LeafObject,
  type LogUnderTest,
} from './log-under-test.ts';

/** A number from 0 up to, not including, its argument. */
export type Draw = (below: number) => number;

/** One way to falsify a log, and the names of which the verifier has to find at least one. */
export interface Edit {
  readonly name: string;
  /** The falsified log; null where this draw would have changed nothing. */
  apply(log: LogUnderTest, draw: Draw): readonly LogRecord[] | null;
  readonly named: readonly FindingCode[];
}

const primitives = nodePrimitives();
const isLeaf = (record: LogRecord): record is LeafRecord => record.kind === 'leaf';
const isCheckpoint = (record: LogRecord): record is CheckpointRecord => record.kind === 'checkpoint';
const isPersonal = (record: LogRecord): record is PersonalRecord => record.kind === 'personal';
const leavesOf = (log: LogUnderTest): LeafRecord[] => log.records.filter(isLeaf);
const objectsOf = (log: LogUnderTest): LeafObject[] => leavesOf(log).map(leafObject);

function pick<T>(list: readonly T[], draw: Draw): T {
  return list[draw(list.length)]!;
}

const replace = (
  records: readonly LogRecord[],
  old: LogRecord,
  ...others: readonly LogRecord[]
): LogRecord[] => records.flatMap((record) => (record === old ? others : [record]));

function flipBit(bytes: Uint8Array, draw: Draw): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = draw(copy.length);
  copy[at]! ^= 1 << draw(8);
  return copy;
}

/** What follows from a changed leaf, wherever it stands; a changed first leaf takes the log's key with it. */
const changed: readonly FindingCode[] = [
  'root-mismatch',
  'key-unknown',
  'checkpoint-foreign',
  'checkpoint-signature',
];

/** Edits by somebody who can write the file and has no key. */
const withoutKeys: readonly Edit[] = [
  {
    name: 'flip a bit of a leaf',
    named: ['leaf-changed'],
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      return replace(log.records, leaf, { ...leaf, bytes: flipBit(leaf.bytes!, draw) });
    },
  },
  {
    name: 'flip a bit of a leaf, and store its new hash',
    named: changed,
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      const bytes = flipBit(leaf.bytes!, draw);
      return replace(log.records, leaf, { ...leaf, bytes, hash: hashLeaf(primitives, bytes) });
    },
  },
  {
    name: 'flip a bit of a stored hash',
    named: ['leaf-changed'],
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      return replace(log.records, leaf, { ...leaf, hash: flipBit(leaf.hash!, draw) });
    },
  },
  {
    name: 'flip a bit of a checkpoint',
    named: [
      'checkpoint-malformed',
      'checkpoint-signature',
      'checkpoint-foreign',
      'checkpoint-size',
      'log-cut-short',
    ],
    apply(log, draw) {
      const checkpoint = pick(log.records.filter(isCheckpoint), draw);
      const note = Buffer.from(flipBit(Buffer.from(checkpoint.note), draw)).toString();
      return replace(log.records, checkpoint, { ...checkpoint, note });
    },
  },
  {
    name: 'delete a leaf',
    named: ['leaf-missing', 'log-cut-short'],
    apply: (log, draw) => replace(log.records, pick(leavesOf(log), draw)),
  },
  {
    name: 'delete a leaf and close the gap',
    named: ['log-cut-short', ...changed],
    apply(log, draw) {
      const gone = pick(leavesOf(log), draw);
      const closed = replace(log.records, gone).map((record) =>
        isLeaf(record) && record.seq > gone.seq
          ? leafRecord({ ...leafObject(record), seq: record.seq - 1 })
          : record,
      );
      return inSourceOrder(closed);
    },
  },
  {
    name: 'insert a leaf twice',
    named: ['leaf-repeated'],
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      return replace(log.records, leaf, leaf, leaf);
    },
  },
  {
    name: 'insert a made-up leaf and shift the rest',
    named: changed,
    apply(log, draw) {
      const place = pick(leavesOf(log), draw);
      const made = leafRecord({ ...leafObject(place), type: 'refused' });
      const shifted = log.records.map((record) =>
        isLeaf(record) && record.seq >= place.seq
          ? leafRecord({ ...leafObject(record), seq: record.seq + 1 })
          : record,
      );
      return inSourceOrder([...shifted, made]);
    },
  },
  {
    name: 'append a made-up leaf',
    named: ['log-uncovered'],
    apply(log, draw) {
      const leaf = leafObject(pick(leavesOf(log), draw));
      return [...log.records, leafRecord({ ...leaf, seq: leavesOf(log).length })];
    },
  },
  {
    name: 'swap two leaves',
    named: ['leaf-missing', 'leaf-repeated'],
    apply(log, draw) {
      const [a, b] = [pick(leavesOf(log), draw), pick(leavesOf(log), draw)];
      if (a === b) return null;
      return log.records.map((record) => (record === a ? b : record === b ? a : record));
    },
  },
  {
    name: 'swap two leaves and their positions',
    named: changed,
    apply(log, draw) {
      const [a, b] = [pick(leavesOf(log), draw), pick(leavesOf(log), draw)];
      if (a === b) return null;
      const inPlace = (at: LeafRecord, other: LeafRecord): LeafRecord =>
        leafRecord({ ...leafObject(other), seq: at.seq });
      return log.records.map((record) =>
        record === a ? inPlace(a, b) : record === b ? inPlace(b, a) : record,
      );
    },
  },
  {
    name: 'truncate the leaves',
    named: ['log-cut-short'],
    apply(log, draw) {
      const size = draw(leavesOf(log).length);
      return log.records.filter((record) => !isLeaf(record) || record.seq < size);
    },
  },
  {
    name: 'truncate leaves and checkpoints',
    named: ['log-uncovered', 'log-forked'],
    apply(log, draw) {
      const size = draw(leavesOf(log).length);
      return log.records.filter((record) => (isCheckpoint(record) ? record.size <= size : record.seq < size));
    },
  },
  {
    name: 'back-date a leaf',
    named: changed,
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      const object = leafObject(leaf);
      return replace(
        log.records,
        leaf,
        leafRecord({ ...object, at: Number(object['at']) - 1 - draw(1_000_000) }),
      );
    },
  },
  {
    name: 'withhold the content of a leaf',
    named: ['leaf-withheld', 'key-unknown'],
    apply(log, draw) {
      const leaf = pick(leavesOf(log), draw);
      return replace(log.records, leaf, { ...leaf, bytes: null });
    },
  },
  {
    name: 'change a personal value',
    named: ['personal-mismatch'],
    apply(log, draw) {
      const personal = pick(log.records.filter(isPersonal), draw);
      return replace(log.records, personal, { ...personal, value: `${personal.value}${draw(10)}` });
    },
  },
];

/** Edits by somebody with keys: a stranger who makes the whole log anew, or the connector itself. */
async function withKeys(log: LogUnderTest): Promise<readonly Edit[]> {
  const stranger = await strangerAsForger(log.connector);
  const connector = connectorAsForger(log.connector);
  const without = (leaves: readonly LeafObject[], gone: LeafObject): LeafObject[] =>
    leaves.filter((leaf) => leaf !== gone);
  return [
    {
      name: 're-sign the log with another key',
      named: ['key-untrusted'],
      apply: (under) => rewritten(objectsOf(under), stranger),
    },
    {
      name: 're-sign the log with another key, without one leaf',
      named: ['key-untrusted'],
      apply(under, draw) {
        const leaves = objectsOf(under);
        return rewritten(without(leaves, pick(leaves.slice(1), draw)), stranger);
      },
    },
    {
      name: 'sign checkpoints with another key only',
      named: ['checkpoint-foreign', 'checkpoint-signature'],
      apply: (under) => rewritten(objectsOf(under), { ...stranger, certificate: null }),
    },
    {
      name: 'the connector forks its log before what a host remembers',
      named: ['log-forked'],
      apply(under, draw) {
        const leaves = objectsOf(under);
        return rewritten(without(leaves, pick(leaves.slice(1, leaves.length / 2), draw)), connector);
      },
    },
    {
      name: 'the connector drops a grant and signs again',
      named: ['key-without-grant'],
      apply(under, draw) {
        const leaves = objectsOf(under);
        const grants = leaves.filter(({ type }) => type === 'grant');
        return rewritten(without(leaves, pick(grants, draw)), connector);
      },
    },
    {
      name: 'the connector changes what a host or member signed, and signs again',
      named: [
        'message-signature',
        'message-malformed',
        'message-misfiled',
        'message-signer-unknown',
        'message-type',
      ],
      apply(under, draw) {
        const leaves = objectsOf(under);
        const signed = leaves.filter(({ jws, type }) => typeof jws === 'string' && type !== 'start');
        const victim = pick(signed, draw);
        const jws = String(victim['jws']);
        const at = draw(jws.length);
        const other = pick(
          Array.from('ABCDEFGHIJabcdefghij0123456789-_.').filter((c) => c !== jws[at]),
          draw,
        );
        const forged = { ...victim, jws: jws.slice(0, at) + other + jws.slice(at + 1) };
        return rewritten(
          leaves.map((leaf) => (leaf === victim ? forged : leaf)),
          connector,
        );
      },
    },
    {
      name: 'the connector back-dates a leaf within its run, and signs again',
      named: ['time-backwards', 'log-forked'],
      apply(under, draw) {
        const leaves = objectsOf(under);
        const half = Math.floor(leaves.length / 2);
        const victim = pick(leaves.slice(1, half), draw);
        const earlier = {
          ...victim,
          at: Number(victim['at']) - 1,
          mono: Math.max(0, Number(victim['mono']) - 1),
        };
        return rewritten(
          leaves.map((leaf) => (leaf === victim ? earlier : leaf)),
          connector,
        );
      },
    },
  ];
}

export async function editsFor(log: LogUnderTest): Promise<readonly Edit[]> {
  return [...withoutKeys, ...(await withKeys(log))];
}
