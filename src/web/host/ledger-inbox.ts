import { verifyMessage } from '../../consent/messages/jws.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { isCosigned } from '../../consent/messages/cosignature.ts';
import { bytesOfText, type Bytes } from '../../consent/messages/key-schedule.ts';
import { ledgerOrigin, openCheckpoint } from '../../consent/messages/log-checkpoint.ts';
import type { LedgerWatch } from './ledger-watch.ts';

/** Who speaks, as the roster or the host's own list has it. */
export interface LedgerSpeakers {
  /** Raw identity key of a bridge by its join id. */
  bridge(join: string): Bytes | null;
  member(join: string): Bytes | null;
  /** Ledger key of the bridge with this identity key (base64url), from its operator's certificate. */
  ledgerKey(bridge: string): Bytes | null;
}

/** A connector tells its checkpoint. True where it was really that connector. */
export async function takeLedgerState(
  watch: LedgerWatch,
  speakers: LedgerSpeakers,
  jws: string,
  claimed: Payload<'ledger-state'>,
): Promise<boolean> {
  const key = speakers.bridge(claimed.join);
  if (key === null || !(await verifyMessage(jws, 'ledger-state', key)).ok) return false;
  await watch.onState(claimed);
  return true;
}

/**
 * Another member cosigned a checkpoint. It counts as shown to him only with the ledger's own signature on it: nobody makes a
 * connector look forked with a checkpoint that he made up.
 */
export async function takeWitness(
  watch: LedgerWatch,
  speakers: LedgerSpeakers,
  jws: string,
  claimed: Payload<'witness'>,
): Promise<boolean> {
  const key = speakers.member(claimed.join);
  const ledgerKey = speakers.ledgerKey(claimed.bridge);
  if (key === null || ledgerKey === null) return false;
  if (!(await verifyMessage(jws, 'witness', key)).ok) return false;
  const head = await openCheckpoint(claimed.checkpoint, ledgerKey);
  if (!head.ok) return false;
  const what = { origin: await ledgerOrigin(ledgerKey), head: head.value, time: claimed.time };
  if (!(await isCosigned(what, key, bytesOfText(claimed.signature)))) return false;
  watch.claimed(claimed.bridge, head.value);
  return true;
}
