import { fromBase64url } from '../../src/base/bytes.ts';
import { messageHash } from '../../src/consent/messages/jws.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import type { NewEntry } from '../../src/ledger/event.ts';
import type { InclusionProof } from '../../src/vault/protocol.ts';
import { bytesOfPayload, random, requestPayload, testHost } from '../support/consent-peers.ts';
import type { TestVault, TestWorker } from '../support/vault.ts';

/** One step of a call, as worker and control ask it of the vault. Resolves with the proof that it is on disk, or null. */
export interface Step {
  readonly name: string;
  run(): Promise<InclusionProof | null>;
}

/** A call from its request to the destroyed key, in the order in which a meeting worker records it. */
export function stepsOfCall(vault: TestVault, worker: TestWorker): readonly Step[] {
  const { meeting, join } = worker;
  const host = testHost(meeting);
  const leg = random(16);
  const raw = fromBase64url(vault.handle.info.identityKey)!;
  let request = '';
  let grant = '';
  const append = (type: NewEntry['type'], over: () => Partial<NewEntry> = () => ({})): Step => ({
    name: type,
    async run() {
      const written = await worker.vault.append([{ type, meeting: meeting.id, bridge: join, ...over() }]);
      return written.ok ? written.value : null;
    },
  });
  const ask: Step = {
    name: 'request',
    async run() {
      const salt = random(16);
      const label = personalCommitment(fromBase64url(salt)!, 'Somebody');
      const payload = requestPayload(
        meeting,
        { join, info: vault.handle.info },
        { callers: [{ leg, label }] },
      );
      const personal = [{ name: 'label', leg, salt, value: 'Somebody' }];
      const signed = await worker.vault.signRequest(bytesOfPayload('bridge-request', payload), personal);
      if (!signed.ok) return null;
      request = (await messageHash(signed.value.jws, raw))!;
      return signed.value.proof;
    },
  };
  const answer: Step = {
    name: 'grant',
    async run() {
      const jws = await host.grant({ request, epoch: 1, legs: [leg] });
      grant = (await messageHash(jws, meeting.host.publicKey))!;
      const recorded = await worker.vault.recordAnswer(jws);
      return recorded.ok ? recorded.value : null;
    },
  };
  return [
    append('refused', () => ({ data: { what: 'packet', reason: 'probe' } })),
    ask,
    answer,
    append('key-opened', () => ({ data: { grant, term: 1, epoch: 1, suite: 'x-wing' } })),
    append('leg-joined', () => ({ leg, data: { grant } })),
    append('heartbeat-lost', () => ({ data: { forMs: 10_000 } })),
    append('leg-left', () => ({ leg })),
    append('key-destroyed', () => ({ data: { epoch: 1, reason: 'heartbeat-lost' } })),
    append('gate-closed', () => ({ data: { epoch: 1, reason: 'heartbeat-lost' } })),
  ];
}
