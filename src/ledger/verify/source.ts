/**
 * Where a log is read from, as one stream in the order of the log: a leaf, what belongs to it, and each checkpoint behind
 * the last leaf that it covers.
 */
export type LogRecord = LeafRecord | CheckpointRecord | PersonalRecord;

export interface LeafRecord {
  readonly kind: 'leaf';
  readonly seq: number;
  /** Null where the leaf was pruned: then the hash is all there is. */
  readonly bytes: Uint8Array | null;
  /** As stored; null where the source keeps none. */
  readonly hash: Uint8Array | null;
}

export interface CheckpointRecord {
  readonly kind: 'checkpoint';
  readonly size: number;
  readonly note: string;
}

/** A personal value beside the log. It follows its leaf. */
export interface PersonalRecord {
  readonly kind: 'personal';
  readonly seq: number;
  readonly name: string;
  readonly leg: string;
  readonly salt: string;
  readonly value: string;
}

export interface LogSource {
  /** Stops early with an error of kind `UnreadableLog` where the source is no log. */
  records(): Iterable<LogRecord>;
  close(): void;
}

export type LogFault = 'empty' | 'not-an-export' | 'not-a-record' | 'not-text' | 'too-long' | 'unopened';

export class UnreadableLog extends Error {
  readonly fault: LogFault;
  /** Of the file, from 1; 0: none. */
  readonly line: number;

  constructor(message: string, fault: LogFault, line = 0) {
    super(message);
    this.name = 'UnreadableLog';
    this.fault = fault;
    this.line = line;
  }
}
