import type { LegId } from '../base/ids.ts';
import type { BridgeCallers } from './bridge-callers.ts';
import type { BridgeEngineOptions, LegRefusal } from './bridge-port.ts';
import type { BridgeLedger } from './bridge-ledger.ts';
import type { BridgeVoice } from './bridge-voice.ts';
import type { EpochKeys } from './epoch-keys.ts';
import type { Gate, GateEvent } from './gate.ts';
import type { HostWatch, Instance } from './host-watch.ts';
import type { Scope } from './messages/catalog.ts';
import { thumbprint } from './messages/keys.ts';
import type { Registration } from './messages/registration.ts';
import type { SealContext } from './messages/seal.ts';
import type { LockOutEvidence } from './lock-out.ts';
import type { SealKeys } from './seal-keys.ts';

/** What the parts of one bridge have in common. */
export interface BridgeShared {
  readonly options: BridgeEngineOptions;
  readonly registration: Registration;
  readonly watch: HostWatch;
  readonly ledger: BridgeLedger;
  readonly voice: BridgeVoice;
  readonly callers: BridgeCallers;
  readonly keys: EpochKeys;
  readonly seals: SealKeys;
  readonly evidence: LockOutEvidence;
  readonly gate: () => Gate;
  readonly apply: (event: GateEvent) => void;
  readonly alarm: (what: string, detail: string) => void;
  /** Told at once, and recorded in its turn: every wait of a caller ends in the ledger. */
  readonly refuseLegs: (legIds: readonly LegId[], reason: LegRefusal) => void;
  /** What others are told, in its order, beside the queue in which this bridge acts: no key waits for a receipt. */
  readonly aside: (job: () => Promise<void>) => Promise<void>;
}

/** What a seal of the host to this bridge is bound to. */
export async function sealContext(
  shared: BridgeShared,
  instance: Instance,
  seal: {
    readonly type: 'grant' | 'rekey';
    readonly epoch: number;
    readonly about: string;
    readonly audio: Scope['audio'];
  },
): Promise<SealContext> {
  return {
    type: seal.type,
    role: seal.audio === 'speak' ? 'talker' : 'connector',
    meeting: shared.options.meetingId,
    instance: instance.id,
    term: instance.term,
    sender: instance.hostThumbprint,
    recipient: await thumbprint(shared.voice.key),
    epoch: seal.epoch,
    about: seal.about,
  };
}
