import type { LogLevel } from '../base/log.ts';
import type { Protection } from '../keys/keeper.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerTail, TailQuery } from '../ledger/log-tail.ts';
import type { PostgresPlace } from '../ledger/postgres-place.ts';
import type { RetentionDays } from '../ledger/retention.ts';

/**
 * The vault holds the connector's identity key, the ledger and the ledger's signing key. It parses nothing from the
 * network. Two channels reach it: Node's IPC from control, and one pipe a meeting worker.
 */
export interface VaultOptions {
  readonly logLevel: LogLevel;
  /** Folder of identity and ledger keys and of ledger.sqlite; made with mode 0700. */
  readonly dataDir: string;
  readonly connectorName: string;
  readonly operatorName: string;
  /** Absent: the ledger is the file in dataDir. */
  readonly postgres?: PostgresPlace;
  readonly keys: Protection;
  /** Null: the files of their usual names in dataDir, where they are there. */
  readonly certificateFile: string | null;
  readonly revocationsFile: string | null;
  /** How long a list that cannot be used may stand before nothing new is asked for. */
  readonly revocationsGraceMs: number;
  /** Absent: nothing goes by itself. */
  readonly retention?: RetentionDays;
  /** External witnesses whose cosignatures are written down. */
  readonly witnesses: readonly VaultWitness[];
}

export interface VaultWitness {
  /** In the configuration. */
  readonly name: string;
  /** In signature lines. */
  readonly keyName: string;
  /** Raw Ed25519. */
  readonly key: Uint8Array;
}

/** What an external witness is asked to cosign (C2SP tlog-witness). */
export interface WitnessSubmission {
  readonly old: number;
  readonly path: readonly Uint8Array[];
  readonly checkpoint: string;
}

export interface VaultInfo {
  /** base64url SHA-256 thumbprints of raw Ed25519 public keys, and the keys themselves. */
  readonly identityKey: string;
  readonly identityThumbprint: string;
  readonly operatorKey: string;
  readonly operatorThumbprint: string;
  readonly operatorName: string;
  /** `beside`: the embedded default, whose operator key lies with the connector's. */
  readonly operatorKept: 'apart' | 'beside';
  readonly ledgerKey: string;
  readonly ledgerThumbprint: string;
  /** The operator's signed statement that identity and ledger key are its connector's (JWS compact). */
  readonly certificate: string;
  /** Wall time; 0: no end. */
  readonly certificateEndsMs: number;
  /** The operator's newest revocation list (JWS compact) or empty, and its number or 0. */
  readonly revocations: string;
  readonly revocationNumber: number;
  /** The operator's last change of key (JWS compact) or empty. */
  readonly rotation: string;
}

/** Control -> vault. `id` pairs the answer. Control may only record facts of its own; it can sign nothing. */
export type ControlToVault =
  | { kind: 'append'; id: number; entries: readonly NewEntry[] }
  /**
   * Comes with the pipe's handle. The registration's exact bytes hash to the meeting id: the vault checks that itself
   * and takes host keys from nowhere else.
   */
  | { kind: 'worker'; workerId: string; meeting: string; registration: Uint8Array }
  /** The operator's files may have changed. */
  | { kind: 'reread' }
  | { kind: 'witness-work'; id: number; witness: string; old: number | null }
  /** How the ledger does: for metrics. */
  | { kind: 'status'; id: number }
  /** The ledger's newest leaves, or those below a position, for an operator who looks. At most `maxTail`. */
  | ({ kind: 'tail'; id: number } & TailQuery)
  /** Signature lines as the witness answered them. */
  | { kind: 'cosigned'; id: number; witness: string; checkpoint: string; lines: string };

export type VaultToControl =
  | { kind: 'appended'; id: number; firstSeq: number }
  | { kind: 'append-failed'; id: number; reason: string }
  | ({ kind: 'witness-work'; id: number } & WitnessSubmission)
  | { kind: 'cosigned'; id: number }
  | { kind: 'status'; id: number; status: LedgerStatus }
  | { kind: 'tail'; id: number; tail: LedgerTail }
  | { kind: 'refused'; id: number; reason: string }
  /** The operator has revoked this connector: it ends. */
  | { kind: 'revoked' }
  /** The ledger can no longer be written: every gate closes. */
  | { kind: 'ledger-failed'; reason: string };

/** The most leaves that one question is answered with. */
export const maxTail = 100;

/** What the ledger's writer says of itself since its start. */
export interface LedgerStatus {
  readonly size: number;
  readonly failed: boolean;
  /** Appends that are handed in and not on disk, and how long the oldest of them has waited. */
  readonly waiting: number;
  readonly lagMs: number;
  /** Bridges whose grant is recorded and whose end is not. */
  readonly grants: number;
  /** Those that are on disk, by how long they took (ledger-watch.ts has the bounds), and those that were refused. */
  readonly append: {
    readonly buckets: readonly number[];
    readonly count: number;
    readonly refused: number;
    readonly seconds: number;
  };
}

/**
 * Worker -> vault, on the worker's own pipe: frames of a u32 big-endian length and a v8-serialized message. The vault
 * speaks first (`hello`), so that nothing is lost while the pipe changes hands.
 */
export type WorkerToVault =
  /** A bridge request's payload, complete but unsigned. The vault checks it, ledgers it and signs it. */
  | { kind: 'sign-request'; id: number; payload: Uint8Array; personal: NewEntry['personal'] }
  /**
   * A host's answer to a request, with all that is needed to check it again. Consumes the request. `also`: entries that a
   * grant leads to, in the same transaction; the answer proves the grant or denial itself.
   */
  | { kind: 'record-answer'; id: number; jws: string; also: readonly NewEntry[] }
  /** Anything else the worker must record before it acts. The answer proves the last of these entries. */
  | { kind: 'append'; id: number; entries: readonly NewEntry[] }
  /** A payload of one of the connector's other signed messages (receipt, leg-request, nonce): the vault signs it by its typ. */
  | { kind: 'sign'; id: number; typ: string; payload: Uint8Array }
  /** Somebody remembers the log at these sizes: prove that it only grew since. */
  | { kind: 'prove-growth'; id: number; sizes: readonly number[] }
  /** The highest (term, epoch) among this meeting's entries whose data holds `term`: nothing lower is believed again. */
  | { kind: 'highest'; id: number };

export type VaultToWorker =
  | { kind: 'hello'; info: VaultInfo }
  /** As `hello`, with a newer revocation list. */
  | { kind: 'operator'; info: VaultInfo }
  /** `proof` is of the leaf with a request; null for other messages. */
  | { kind: 'signed'; id: number; jws: string; proof: InclusionProof | null }
  | { kind: 'recorded'; id: number; proof: InclusionProof }
  | ({ kind: 'grown'; id: number } & GrowthProof)
  /** Zeros for a meeting that the ledger does not know. Epochs count within a term: term first, then epoch. */
  | { kind: 'highest'; id: number; term: number; epoch: number }
  | { kind: 'refused'; id: number; reason: string }
  | { kind: 'ledger-failed'; reason: string };

/** The current checkpoint, with a consistency proof (RFC 9162 §2.1.4) from each size that the log ever had. */
export interface GrowthProof {
  /** The signed note. */
  readonly checkpoint: string;
  readonly proofs: readonly { readonly size: number; readonly path: readonly Uint8Array[] }[];
}

/** RFC 9162 §2.1.3 inclusion proof of one leaf under a checkpoint (C2SP tlog-checkpoint, signed note). */
export interface InclusionProof {
  readonly seq: number;
  /** The leaf's exact bytes, so that the checker sees what was recorded, and hashes it itself. */
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  /** The signed note, UTF-8 text. */
  readonly checkpoint: string;
}
