import { wipe } from '../base/bytes.ts';
import type { Leaf } from './bridge-ledger.ts';
import { sealContext, type BridgeShared } from './bridge-shared.ts';
import type { ReceiptParts } from './bridge-voice.ts';
import type { OpenRequest } from './bridge-asking.ts';
import type { Instance } from './host-watch.ts';
import type { Scope } from './messages/catalog.ts';
import type { Verified } from './messages/jws.ts';
import { suiteName } from './messages/seal.ts';

/**
 * From a verified grant to a key in the frame cryptor: consumed and recorded on disk together with the admissions and the
 * opening, the record proven under the ledger's key, the seal opened, its check value compared. After every wait the gate is asked whether
 * this grant is still wanted: a revocation does not wait for any of this.
 */
export async function openGrant(
  shared: BridgeShared,
  instance: Instance,
  grant: Verified<'grant'>,
  request: OpenRequest,
): Promise<boolean> {
  const { ledger, callers, seals, keys, evidence } = shared;
  const { payload, hash, jws } = grant;
  const wanted = (): boolean => {
    const { phase } = shared.gate();
    return phase.kind === 'opening' && phase.grant === hash;
  };
  // From here on the host's word alone makes this bridge a key holder, whatever it manages to open.
  evidence.sealed(payload);
  const { term, epoch } = payload;
  const { audio } = payload.scope;
  const legIds = callers.askedFor(request.hash).filter((legId) => payload.legs.includes(legId));
  // One transaction: each wait for the disk is one that the caller hears as silence after the host's click.
  const proof = await ledger.recordAnswer(jws, 'grant', [
    ...legIds.map((leg): Leaf => ({ type: 'leg-admitted', leg, data: { grant: hash } })),
    { type: 'key-opened', data: { grant: hash, term, epoch, suite: suiteName } },
  ]);
  if (proof === null || !wanted()) return false;
  const context = await sealContext(shared, instance, {
    type: 'grant',
    epoch,
    about: payload.request,
    audio,
  });
  const mk = await seals.open(payload, context);
  if (!mk.ok) {
    await ledger.refused('grant', mk.reason);
    shared.alarm('key-mismatch', mk.reason);
    shared.apply({ kind: 'open-failed', grant: hash, reason: 'key-mismatch' });
    return false;
  }
  if (!wanted()) {
    wipe(mk.value);
    return false;
  }
  keys.hold(instance.id, epoch, mk.value, { of: secretOf(audio) });
  shared.apply({ kind: 'opened', grant: hash });
  // Whoever hung up meanwhile, or asks anew as somebody else, is not who was let in.
  const present = callers.askedFor(request.hash).filter((legId) => legIds.includes(legId));
  callers.admit(present);
  shared.options.onFact({ kind: 'legs-admitted', legIds: present });
  sendReceipt(shared, instance, {
    answers: hash,
    did: 'opened',
    epoch,
    legs: present,
    proof,
  });
  return true;
}

/** Who may only speak is given its own sender key: no meeting key is ever there, and nothing of the room opens. */
const secretOf = (audio: Scope['audio']): 'meeting' | 'sender' => (audio === 'speak' ? 'sender' : 'meeting');

function sendReceipt(shared: BridgeShared, instance: Instance, receipt: ReceiptParts): void {
  const { voice, seals, ledger, aside } = shared;
  void aside(async () => {
    const sent = await voice.receipt(instance, receipt);
    const { answers, did } = receipt;
    if (sent !== null) await ledger.append({ type: 'receipt', jws: sent.jws, data: { answers, did } });
    if (shared.gate().phase.kind === 'open') await voice.nextKey(instance, await seals.fresh());
  });
}

/** The key of a later epoch under the same grant: recorded and proven like the grant, then opened. */
export async function openRekey(
  shared: BridgeShared,
  instance: Instance,
  rekey: Verified<'rekey'>,
): Promise<void> {
  const { ledger, seals, keys, evidence } = shared;
  const { payload, hash, jws } = rekey;
  const { grant, term, epoch } = payload;
  const wanted = (): boolean => {
    const { phase } = shared.gate();
    return phase.kind === 'open' && phase.grant === grant && phase.at.epoch === epoch;
  };
  const { phase } = shared.gate();
  // Of another bridge, or of a grant that is void here.
  if (phase.kind !== 'open' || phase.grant !== grant) return;
  const { audio } = phase.scope;
  shared.apply({ kind: 'rekey', grant, at: { term, epoch } });
  if (!wanted()) return ledger.refused('rekey', 'not-wanted');
  evidence.sealed(payload);
  const proof = await ledger.appendProven({ type: 'rekeyed', jws, data: { grant, term, epoch } });
  if (proof === null || !wanted()) return;
  const context = await sealContext(shared, instance, { type: 'rekey', epoch, about: grant, audio });
  const mk = await seals.open(payload, context);
  if (!mk.ok) {
    await ledger.refused('rekey', mk.reason);
    shared.alarm('key-mismatch', mk.reason);
    if (mk.reason === 'key-mismatch') shared.apply({ kind: 'close', reason: 'key-mismatch' });
    return;
  }
  if (!wanted()) {
    wipe(mk.value);
    return;
  }
  keys.hold(instance.id, epoch, mk.value, { of: secretOf(audio) });
  sendReceipt(shared, instance, {
    answers: hash,
    did: 'opened',
    epoch,
    legs: shared.callers.admitted(),
    proof,
  });
}
