import type { Result } from '../base/result.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerProof } from './messages/ledger-proof.ts';
import type { MessageType } from './messages/labels.ts';

/**
 * The vault as the connector's consent code needs it (vault/protocol.ts is the wire form). A promise resolves only after
 * what it says is on disk; `reason` names why the vault refused. The proof is checked here, by the caller, under the ledger
 * key of `info`: what a vault says without a proof opens nothing.
 */
export interface VaultPort {
  readonly info: VaultFacts;
  /** Ledgers and signs the payload of a bridge request. */
  signRequest(payload: Uint8Array, personal: NewEntry['personal']): Promise<Result<SignedRequest>>;
  /**
   * Records a host's grant or denial and consumes the request. The proof is of the leaf that holds exactly this `jws`. `also`:
   * what a grant leads to, written after it, together with it or not at all.
   */
  recordAnswer(jws: string, also?: readonly NewEntry[]): Promise<Result<LedgerProof>>;
  append(entries: readonly NewEntry[]): Promise<Result<null>>;
  /** Records one entry, and proves it. */
  appendProven(entry: NewEntry): Promise<Result<LedgerProof>>;
  /** The current checkpoint, with a consistency proof from each of at most four sizes that the ledger ever had. */
  proveGrowth(sizes: readonly number[]): Promise<Result<GrowthProof>>;
  /** Signs the payload of one of: bridge-hello, code-reveal, leg-request, receipt, nonce, next-key, ledger-state. */
  sign(type: MessageType, payload: Uint8Array): Promise<Result<string>>;
  /** The highest (term, epoch) that this ledger has recorded for this meeting, term first; zeros for none. */
  highest(): Promise<Result<{ readonly term: number; readonly epoch: number }>>;
}

export interface GrowthProof {
  readonly checkpoint: string;
  readonly proofs: readonly { readonly size: number; readonly path: readonly Uint8Array[] }[];
}

export interface SignedRequest {
  readonly jws: string;
}

export interface VaultFacts {
  /** base64url of raw Ed25519 keys. */
  readonly identityKey: string;
  readonly ledgerKey: string;
  /** The operator's certificate for both (JWS compact). */
  readonly certificate: string;
  /** The operator's newest revocation list and its rotation (JWS compact), or empty; and the list's number, or 0. */
  readonly revocations: string;
  readonly revocationNumber: number;
  readonly rotation: string;
}
