import type { Findings } from './findings.ts';
import type { Interval } from './hearing.ts';
import { dataCount, dataText, type Leaf } from './leaf.ts';
import type { Signed } from './meeting.ts';
import { countOf, textOf } from './message.ts';
import { cosignedAt, isCosignature, isSignedByLog, readNote, thumbprintOf, type NoteRead } from './note.ts';
import { fromBase64url, same, type Primitives } from './primitives.ts';
import type { LogKeys } from './structure.ts';

/** Who else saw this log: a key that signed what its checkpoint was, so that it cannot be rewritten before that point. */
export interface WitnessSeen {
  /** Thumbprint. The same key counts once, whatever it calls itself. */
  readonly key: string;
  /** In the list that a host signed, or one that the operator configured. */
  readonly kind: 'member' | 'external';
  /** Of an external one, as it calls itself; otherwise empty. */
  readonly name: string;
  /** Leaves under the last checkpoint that it cosigned. */
  readonly size: number;
  /** Seconds since 1970, by its own clock, of that cosignature. */
  readonly time: number;
  readonly cosignatures: number;
}

/** How many independent keys cosigned a log that has the beginning of an interval in it, and its end. */
export interface Coverage {
  readonly begin: number;
  readonly end: number;
}

export interface WitnessCheck {
  leaf(leaf: Leaf, signed: Signed | null, log: WitnessedLog): void;
  list(): readonly WitnessSeen[];
  /** How many keys cosigned the log up to and with this leaf. */
  covering(seq: number): number;
}

/** What the cosignatures are held against. */
export interface WitnessedLog {
  readonly keys: LogKeys | null;
  readonly rootAt: (size: number) => Uint8Array | null;
}

export function checkWitnesses(primitives: Primitives, findings: Findings): WitnessCheck {
  const witnesses = new Map<string, WitnessSeen>();

  const seen = (by: Pick<WitnessSeen, 'key' | 'kind' | 'name'>, size: number, time: number): void => {
    const before = witnesses.get(by.key);
    const cosignatures = (before?.cosignatures ?? 0) + 1;
    const last = before === undefined || size > before.size ? { ...by, size, time } : before;
    witnesses.set(by.key, { ...last, cosignatures });
  };
  /** The checkpoint that was cosigned, where it is one of this log; what is wrong is noted. */
  const placed = (leaf: Leaf, text: string, { keys, rootAt }: WitnessedLog): NoteRead | null => {
    const note = readNote(text);
    if (note === null || keys === null || !isSignedByLog(primitives, note, keys.ledgerKey)) {
      findings.add('cosignature-invalid', leaf.seq);
      return null;
    }
    const root = note.size === dataCount(leaf, 'size') && note.size <= leaf.seq ? rootAt(note.size) : null;
    if (root === null) findings.add('cosignature-unplaced', leaf.seq, `It is over ${note.size} leaves.`);
    else if (same(root, note.root)) return note;
    else findings.add('cosigned-fork', leaf.seq, `It is over ${note.size} leaves.`);
    return null;
  };
  /** The connector's own keys bear witness for nothing. */
  const isOwn = (key: Uint8Array, keys: LogKeys | null): boolean =>
    keys !== null && [keys.identityKey, keys.ledgerKey, keys.operatorKey].some((own) => same(own, key));

  const member = (leaf: Leaf, { payload, key: text }: Signed, log: WitnessedLog): void => {
    const key = fromBase64url(text);
    const signature = fromBase64url(textOf(payload, 'signature') ?? '');
    const time = countOf(payload, 'time');
    const note = placed(leaf, textOf(payload, 'checkpoint') ?? '', log);
    if (note === null) return;
    const whole =
      key !== null && signature?.length === 64 && time !== null && textOf(payload, 'key') === text;
    if (!whole || !isCosignature(primitives, note, { key, time, signature })) {
      findings.add('cosignature-invalid', leaf.seq);
    } else if (!isOwn(key, log.keys)) {
      seen({ key: thumbprintOf(primitives, key), kind: 'member', name: '' }, note.size, time);
    }
  };
  const external = (leaf: Leaf, log: WitnessedLog): void => {
    const key = fromBase64url(dataText(leaf, 'key') ?? '');
    const name = dataText(leaf, 'witness') ?? '';
    const note = placed(leaf, dataText(leaf, 'note') ?? '', log);
    if (note === null) return;
    const time = key?.length === 32 ? cosignedAt(primitives, note, { name, key }) : null;
    if (key === null || time === null) findings.add('cosignature-invalid', leaf.seq);
    else if (!isOwn(key, log.keys))
      seen({ key: thumbprintOf(primitives, key), kind: 'external', name }, note.size, time);
  };

  return {
    leaf(leaf, signed, log) {
      if (leaf.type === 'cosigned') external(leaf, log);
      else if (leaf.type === 'witnessed' && signed?.type === 'witness') member(leaf, signed, log);
    },
    list: () => [...witnesses.values()].sort((a, b) => b.size - a.size),
    covering: (seq) => [...witnesses.values()].filter(({ size }) => size > seq).length,
  };
}

export interface WitnessedInterval extends Interval {
  readonly witnesses: Coverage;
}

/** An interval that has not ended is covered at its beginning only. */
export function withCoverage(interval: Interval, check: WitnessCheck): WitnessedInterval {
  const { from, to } = interval;
  const witnesses = {
    begin: check.covering(from.seq),
    end: to === null ? 0 : check.covering(Math.max(from.seq, to.seq)),
  };
  return { ...interval, witnesses };
}
