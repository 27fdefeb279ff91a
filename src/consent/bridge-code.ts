import type { BridgeAsking } from './bridge-asking.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { Instance } from './host-watch.ts';
import type { Verified } from './messages/jws.ts';
import { codeDigits } from './messages/commitment.ts';
import { thumbprint } from './messages/keys.ts';

/**
 * The connector's half of the bridge code: revealed to the host's first challenge of the open request, then spoken to the
 * callers of that request. The digits are a fact for the phone's ear: they are neither logged nor ledgered, because nobody
 * can say whether two people compared them.
 */
export async function answerChallenge(
  shared: BridgeShared,
  asking: BridgeAsking,
  instance: Instance,
  { payload }: Verified<'code-challenge'>,
): Promise<void> {
  const open = asking.request;
  if (open === null || open.hash !== payload.request || open.challenged) {
    return shared.ledger.refused('code-challenge', 'no-such-request');
  }
  open.challenged = true;
  const sent = await shared.voice.codeReveal(instance, open.hash, open.codeNonce);
  if (sent === null || asking.request !== open) return;
  const digits = await codeDigits({
    request: open.hash,
    host: instance.hostThumbprint,
    bridge: await thumbprint(shared.voice.key),
    nonceC: open.codeNonce,
    nonceH: payload.code,
  });
  const legIds = shared.callers.askedFor(open.hash);
  shared.options.onFact({ kind: 'bridge-code', legIds, digits });
}
