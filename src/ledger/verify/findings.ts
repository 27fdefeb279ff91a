/** Everything the verifier can find, by its stable code. `broken` means that the log does not verify. */
export const findingTable = {
  'leaf-missing': ['broken', 'A position of the log is empty: leaves were deleted or reordered.'],
  'leaf-repeated': ['broken', 'A position stands twice or out of order.'],
  'leaf-not-canonical': ['broken', 'The bytes of a leaf are not canonical JSON.'],
  'leaf-malformed': ['broken', 'A leaf does not have the members of a leaf.'],
  'leaf-moved': ['broken', 'A leaf states another position than the one it stands at.'],
  'leaf-changed': ['broken', 'The bytes of a leaf do not have the hash that was stored with them.'],
  'leaf-withheld': ['broken', 'The content of a leaf is gone, and no prune in the log accounts for it.'],
  'checkpoint-malformed': ['broken', 'A checkpoint is not a checkpoint in the C2SP form.'],
  'checkpoint-signature': ['broken', 'A checkpoint is not signed by the key of this log.'],
  'checkpoint-foreign': ['broken', 'A checkpoint belongs to another log.'],
  'checkpoint-size': ['broken', 'A checkpoint states another size than the one it is filed under.'],
  'root-mismatch': [
    'broken',
    'The leaves do not make the root of a signed checkpoint: something before it was changed.',
  ],
  'log-cut-short': [
    'broken',
    'A checkpoint covers more leaves than there are: the end of the log is missing.',
  ],
  'log-uncovered': [
    'broken',
    'The last leaves are under no signed checkpoint: somebody else added them, or the connector was killed in the moment before it signed, which its next start makes good.',
  ],
  'log-forked': [
    'broken',
    'A checkpoint that somebody remembers is not part of this log: the log was rewritten.',
  ],
  'key-unknown': ['broken', 'The log never states its own key, so that no checkpoint can be checked.'],
  'key-untrusted': [
    'broken',
    'Neither the ledger key nor the operator key of this log is one that you trust.',
  ],
  'key-changed': ['broken', 'The log states another ledger key than the one before.'],
  'certificate-invalid': [
    'broken',
    'A certificate of the connector is not signed by the operator that it names.',
  ],
  'run-unopened': ['broken', 'Leaves of a run stand before its start, or after its end.'],
  'run-unclosed': ['broken', 'A run began without the one before being ended or recovered.'],
  'recovery-incomplete': ['broken', 'A recovery does not close everything that was open.'],
  'time-backwards': [
    'broken',
    'Within one run the monotonic clock went backwards: leaves were back-dated or moved.',
  ],
  'clock-jumped': [
    'note',
    'The wall clock and the monotonic clock of the connector disagree by more than two seconds.',
  ],
  'registration-mismatch': ['broken', 'A registration does not hash to the meeting it is filed under.'],
  'registration-missing': ['broken', 'A meeting has messages, but no registration says whose they may be.'],
  'message-malformed': ['broken', 'A signed message is not in its one valid form.'],
  'message-missing': ['broken', 'A leaf that has to hold a signed message holds none.'],
  'message-type': ['broken', 'A leaf holds a message of another type than its own.'],
  'message-signature': ['broken', 'A message is not signed by the key that it has to be signed by.'],
  'message-signer-unknown': ['broken', 'A message is signed by nobody who is known in this meeting.'],
  'message-misfiled': ['broken', 'A message belongs to another meeting or bridge than its leaf says.'],
  'message-contradicted': ['broken', 'The facts in a leaf are not those of the message in it.'],
  'host-equivocated': ['broken', 'A host signed two different messages with one number.'],
  'host-chain-broken': ['broken', 'A host message does not follow the one before it.'],
  'grant-unasked': ['broken', 'A grant or denial answers no request of this log.'],
  'request-reused': ['broken', 'A request was answered twice.'],
  'epoch-not-fresh': ['broken', 'A key was sealed for an epoch that is not above those before it.'],
  'key-without-grant': ['broken', 'A key was opened without a recorded grant or rekey for its epoch.'],
  'leg-over-scope': ['broken', 'More legs were let in without a click than the grant allows.'],
  'key-after-revocation': ['broken', 'A key was opened although the host had revoked it before.'],
  'leg-without-grant': ['broken', 'A leg joined that no host admitted.'],
  'personal-mismatch': ['broken', 'A personal value is not the one that its leaf commits to.'],
  'personal-erased': ['note', 'Personal values were erased; their commitments stay.'],
  'leaves-pruned': ['note', 'Leaves were pruned by a recorded prune; their hashes stay.'],
  'cosignature-invalid': [
    'broken',
    'A cosignature is not what its witness signed, or not over a checkpoint of this log.',
  ],
  'cosignature-unplaced': [
    'broken',
    'A cosignature is over a size that the log did not have shortly before.',
  ],
  'cosigned-fork': [
    'broken',
    'A witness cosigned a checkpoint that is not part of this log: the log was rewritten, or others were shown another one.',
  ],
  'receipt-missing': ['warning', 'The connector recorded no receipt for a grant: it counts as hearing.'],
} as const satisfies Record<string, readonly ['broken' | 'warning' | 'note', string]>;

export type FindingCode = keyof typeof findingTable;
export type Severity = 'broken' | 'warning' | 'note';

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Position in the log, where the finding has one. */
  readonly seq: number | null;
  readonly text: string;
}

/** Collects findings; of each code the first hundred are kept and all are counted. */
export interface Findings {
  add(code: FindingCode, seq: number | null, detail?: string): void;
  readonly list: readonly Finding[];
  readonly counts: ReadonlyMap<FindingCode, number>;
  readonly broken: boolean;
}

const keptOfEach = 100;

export function collectFindings(): Findings {
  const list: Finding[] = [];
  const counts = new Map<FindingCode, number>();
  let broken = false;
  return {
    list,
    counts,
    get broken() {
      return broken;
    },
    add(code, seq, detail) {
      const [severity, text] = findingTable[code];
      const count = (counts.get(code) ?? 0) + 1;
      counts.set(code, count);
      if (severity === 'broken') broken = true;
      if (count <= keptOfEach)
        list.push({ code, severity, seq, text: detail === undefined ? text : `${text} ${detail}` });
    },
  };
}
