/** Every time limit of the protocol, in milliseconds (docs/protocol.md §10). Each is measured on its owner's own clock. */
export const timing = {
  /** How often members and bridges publish a nonce, and the host a heartbeat. */
  nonceEvery: 2_000,
  heartbeatEvery: 2_000,
  /** A nonce counts as echoed within this time of its issue; without a live heartbeat for so long, nobody sends. */
  liveWithin: 10_000,
  /** A connector that heard no live heartbeat for so long destroys its keys. */
  destroyAfter: 30_000,
  /** A request that nobody answered is void. */
  answerWithin: 60_000,
  /** Without a valid receipt the host takes the key back. */
  receiptWithin: 10_000,
  /** Old keys die this long after the switch, and this long after the next key came without a switch. */
  oldKeysAfterSwitch: 2_000,
  oldKeysHard: 10_000,
  /** A lock-out is taken as complete after this, whoever has not said that he switched. */
  lockOutHard: 10_000,
  /** Joins within this time share one new epoch. */
  joinBatch: 100,
  /** What receipts change in the host's list is said once for all within this time. */
  publishBatch: 200,
  epochLifetime: 300_000,
  /** The next epoch is made ahead so long after everybody has switched: what the switch was for goes first. */
  prepareAfter: 400,
  /** Approve is dead for so long after any change of the prompt. */
  promptDead: 800,
  /** A member of whom nothing is heard for so long is out. */
  memberLost: 15_000,
  helloEvery: 2_000,
  /** A member that is in and still has no key after so long begins anew. */
  helloAgain: 6_000,
  /** The host sends everything again to somebody who lags, at most this often. */
  resendEvery: 1_500,
  /** Asks within this time share one proof, cosignatures one write, and what is worth witnessing one checkpoint. */
  proofBatch: 100,
  witnessBatch: 500,
  announceBatch: 2_000,
  /** A client asks again for a proof that has not come, and cosigns at most this often. */
  askAgain: 2_000,
  /** It waits once to twice as long before it asks about what others saw. */
  askClaim: 1_500,
  cosignEvery: 4_000,
  /** What is announced is cosigned within this time, each client at a moment of its own. */
  cosignSpread: 2_000,
  tick: 500,
} as const;
