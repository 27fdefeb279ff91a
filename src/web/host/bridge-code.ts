import { toBase64url } from '../../base/bytes.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { codeCommitment, codeDigits } from '../../consent/messages/commitment.ts';
import { verifyMessage } from '../../consent/messages/jws.ts';
import { bytesOfText } from '../../consent/messages/key-schedule.ts';
import type { Bridge } from './host-bridges.ts';
import { sendJws, type HostState } from './host-state.ts';

/**
 * The host's side of the bridge code: a check that caller and host are on the same bridge, never proof of who runs it. The
 * request has committed to the connector's nonce; only then is ours published; only then is theirs revealed. One try a
 * request, so that nobody searches for digits that fit.
 *
 * Asked for where the connector is not known yet; a known one is recognised by its key.
 */
export async function challengeCode(state: HostState, bridge: Bridge): Promise<void> {
  const { ask, standing } = bridge;
  if (ask?.kind !== 'key' || standing.state === 'known' || ask.exchange !== null) return;
  const nonce = toBase64url(state.options.random(16));
  ask.exchange = { nonce, digits: null, over: false };
  const { jws } = await state.chain.issue('code-challenge', { request: ask.hash, code: nonce });
  // To all: co-hosts show the same digits.
  sendJws(state, jws);
}

/** Null where the message answers nothing that is open. */
export async function takeReveal(
  state: HostState,
  bridge: Bridge,
  jws: string,
): Promise<'digits' | 'mismatch' | null> {
  const verified = await verifyMessage(jws, 'code-reveal', bridge.key);
  const { ask } = bridge;
  const exchange = ask?.exchange ?? null;
  if (!verified.ok || ask === null || exchange === null || exchange.over) return null;
  const { request, code }: Payload<'code-reveal'> = verified.value.payload;
  if (request !== ask.hash) return null;
  exchange.over = true;
  if ((await codeCommitment(bytesOfText(code))) !== ask.code) return 'mismatch';
  exchange.digits = await codeDigits({
    request,
    host: state.ownThumbprint,
    bridge: bridge.thumbprint,
    nonceC: code,
    nonceH: exchange.nonce,
  });
  return 'digits';
}
