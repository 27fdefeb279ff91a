import { isSignedBy, keyOf, readMessage } from './message.ts';
import type { FindingCode, Findings } from './findings.ts';
import { dataTexts, readLeaf, type Leaf } from './leaf.ts';
import { isSignedByLog, readNote, thumbprintOf, type NoteRead } from './note.ts';
import { same, type Primitives } from './primitives.ts';
import { recentRoots, type RecentRoots } from './recent-roots.ts';
import { growingRoot, hashLeaf } from './root.ts';
import type { CheckpointRecord, LeafRecord } from './source.ts';

/**
 * The log as a log: positions without gaps, canonical leaves, the root of every checkpoint and its signature under the key
 * that the log's first leaf states.
 */
export interface StructureCheck {
  /** The leaf where its bytes are there and readable. */
  leaf(record: LeafRecord): Leaf | null;
  checkpoint(record: CheckpointRecord): void;
  end(): void;
  readonly keys: LogKeys | null;
  readonly size: number;
  /** The root at a size of not long ago, whatever is signed; null where it is not known. */
  rootAt(size: number): Uint8Array | null;
  /** The signed checkpoints that hold, last one only: its root stands for the whole log. */
  readonly head: { readonly size: number; readonly root: Uint8Array } | null;
}

/** What the certificate in a `start` leaf says. */
export interface LogKeys {
  readonly ledgerKey: Uint8Array;
  readonly operatorKey: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly operatorName: string;
  readonly connectorName: string;
}

export interface RememberedCheckpoint {
  readonly note: string;
  /** Where it was kept, for the report. */
  readonly from: string;
}

export function checkStructure(
  primitives: Primitives,
  findings: Findings,
  remembered: readonly RememberedCheckpoint[] = [],
): StructureCheck {
  return new Structure(primitives, findings, remembered);
}

class Structure implements StructureCheck {
  readonly #primitives: Primitives;
  readonly #findings: Findings;
  readonly #tree;
  readonly #recent: RecentRoots;
  readonly #withheld: number[] = [];
  readonly #memories: Memory[];
  readonly #prunes: { readonly at: number; readonly from: number; readonly to: number }[] = [];
  keys: LogKeys | null = null;
  head: { readonly size: number; readonly root: Uint8Array } | null = null;
  #next = 0;
  #rootBroken = false;
  #covered = 0;

  constructor(primitives: Primitives, findings: Findings, remembered: readonly RememberedCheckpoint[]) {
    this.#primitives = primitives;
    this.#findings = findings;
    this.#tree = growingRoot(primitives);
    this.#recent = recentRoots(primitives, this.#tree);
    this.#memories = readMemories(remembered, findings);
  }

  rootAt(size: number): Uint8Array | null {
    return this.#recent.at(size);
  }

  get size(): number {
    return this.#tree.size;
  }

  leaf(record: LeafRecord): Leaf | null {
    this.#position(record.seq);
    const hash = this.#hashOf(record);
    this.#tree.add(hash);
    this.#recent.add(hash);
    this.#recall();
    if (record.bytes === null) {
      this.#withheld.push(record.seq);
      return null;
    }
    const leaf = readLeaf(record.bytes);
    if (typeof leaf === 'string') {
      this.#findings.add(leaf, record.seq);
      return null;
    }
    if (leaf.seq !== record.seq) this.#findings.add('leaf-moved', record.seq, `It says ${leaf.seq}.`);
    if (leaf.type === 'start') this.#start(leaf);
    if (leaf.type === 'operator-action') this.#notePrunes(leaf);
    return leaf;
  }

  checkpoint({ size, note: text }: CheckpointRecord): void {
    const note = readNote(text);
    const fault = note === null ? (['checkpoint-malformed'] as const) : this.#noteFault(note, size);
    if (note === null || fault !== null) {
      this.#findings.add(fault?.[0] ?? 'checkpoint-malformed', size, fault?.[1]);
      return;
    }
    this.#covered = size;
    this.#compareRoot(note.root);
  }

  #noteFault(note: NoteRead, size: number): readonly [FindingCode, string?] | null {
    if (note.size !== size) return ['checkpoint-size', `It says ${note.size}.`];
    if (size > this.#tree.size) return ['log-cut-short', `There are ${this.#tree.size} of ${size}.`];
    // One that is filed too late to be checked at its size was put there by hand.
    if (size !== this.#tree.size) return ['checkpoint-size'];
    if (this.keys === null) return ['key-unknown'];
    const ownOrigin = note.origin.endsWith(`/${thumbprintOf(this.#primitives, this.keys.ledgerKey)}`);
    if (!ownOrigin) return ['checkpoint-foreign'];
    return isSignedByLog(this.#primitives, note, this.keys.ledgerKey) ? null : ['checkpoint-signature'];
  }

  end(): void {
    if (this.#covered < this.#tree.size || this.#tree.size === 0) {
      this.#findings.add('log-uncovered', this.#covered, `From position ${this.#covered}.`);
    }
    for (const memory of this.#memories)
      this.#findings.add('log-forked', memory.size, forkText(memory, 'is longer than this log'));
    this.#accountForWithheld();
  }

  #compareRoot(root: Uint8Array): void {
    const computed = this.#tree.root();
    if (same(computed, root)) {
      this.head = { size: this.#tree.size, root };
    } else if (!this.#rootBroken) {
      // Every later root contains the same fault: it is named once, with the last size that still held.
      this.#rootBroken = true;
      this.#findings.add(
        'root-mismatch',
        this.#tree.size,
        `Between ${this.head?.size ?? 0} and ${this.#tree.size}.`,
      );
    }
  }

  #position(seq: number): void {
    if (seq > this.#next) this.#findings.add('leaf-missing', this.#next, `Up to ${seq - 1}.`);
    if (seq < this.#next) this.#findings.add('leaf-repeated', seq);
    this.#next = Math.max(this.#next, seq + 1);
  }

  #hashOf({ seq, bytes, hash }: LeafRecord): Uint8Array {
    // One of another length is none: no root will hold.
    if (bytes === null) return hash?.length === 32 ? hash : new Uint8Array(32);
    const computed = hashLeaf(this.#primitives, bytes);
    if (hash !== null && !same(hash, computed)) this.#findings.add('leaf-changed', seq);
    return computed;
  }

  #start(leaf: Leaf): void {
    const keys = this.#certified(leaf);
    if (keys === null) this.#findings.add('certificate-invalid', leaf.seq);
    else if (this.keys !== null && !same(keys.ledgerKey, this.keys.ledgerKey)) {
      this.#findings.add('key-changed', leaf.seq);
    } else {
      this.keys = keys;
    }
  }

  #certified(leaf: Leaf): LogKeys | null {
    const message = readMessage(leaf.jws);
    if (message?.type !== 'certificate') return null;
    const { payload } = message;
    const operatorKey = keyOf(payload, 'operator');
    const ledgerKey = keyOf(payload, 'ledgerKey');
    const identityKey = keyOf(payload, 'key');
    const { operatorName, connectorName } = payload;
    if (operatorKey === null || ledgerKey === null || identityKey === null) return null;
    if (typeof operatorName !== 'string' || typeof connectorName !== 'string') return null;
    if (!isSignedBy(this.#primitives, message, operatorKey)) return null;
    return { ledgerKey, operatorKey, identityKey, operatorName, connectorName };
  }

  /** Holds the tree against what somebody remembers of it. */
  #recall(): void {
    while (this.#memories[0]?.size === this.#tree.size) {
      const memory = this.#memories.shift();
      if (memory !== undefined && !same(memory.root, this.#tree.root())) {
        this.#findings.add('log-forked', memory.size, forkText(memory, 'has another root'));
      }
    }
  }

  #notePrunes(leaf: Leaf): void {
    if (leaf.data['action'] !== 'prune') return;
    for (const range of dataTexts(leaf, 'ranges')) {
      const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
      if (from !== undefined && to !== undefined) {
        this.#prunes.push({ at: leaf.seq, from: Number(from), to: Number(to) });
      }
    }
  }

  /** Both lists are in the order of the log, so one walk through them is enough. */
  #accountForWithheld(): void {
    const prunes = this.#prunes.filter(({ at, to }) => to < at).sort((a, b) => a.from - b.from);
    let next = 0;
    let reach = -1;
    let pruned = 0;
    for (const seq of this.#withheld) {
      for (let prune = prunes[next]; prune !== undefined && prune.from <= seq; prune = prunes[++next]) {
        reach = Math.max(reach, prune.to);
      }
      if (seq <= reach) pruned += 1;
      else this.#findings.add('leaf-withheld', seq);
    }
    if (pruned > 0) this.#findings.add('leaves-pruned', null, `${pruned} of them.`);
  }
}

interface Memory {
  readonly size: number;
  readonly root: Uint8Array;
  readonly from: string;
}

const forkText = (memory: Memory, what: string): string =>
  `The one kept in ${memory.from}, of ${memory.size} leaves, ${what}.`;

function readMemories(remembered: readonly RememberedCheckpoint[], findings: Findings): Memory[] {
  const memories: Memory[] = [];
  for (const { note: text, from } of remembered) {
    const note = readNote(text);
    if (note === null) findings.add('checkpoint-malformed', null, `In ${from}.`);
    else memories.push({ size: note.size, root: note.root, from });
  }
  return memories.sort((a, b) => a.size - b.size);
}
