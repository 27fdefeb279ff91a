import { toBase64url, wipe } from '../../base/bytes.ts';
import type { Instance } from '../../consent/host-watch.ts';
import { inviteMac } from '../../consent/messages/invite.ts';
import { messageHash, signMessage } from '../../consent/messages/jws.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import { seal, type SealContext } from '../../consent/messages/seal.ts';
import type { FreshKey } from '../../consent/seal-keys.ts';
import { helloName } from './hello-name.ts';
import type { SessionOptions } from './session.ts';

export interface HelloParts {
  readonly meetingId: string;
  readonly instance: Instance;
  readonly fresh: FreshKey;
  readonly nonce: string;
}

/** A hello with its invite MAC, and the name sealed to the host beside it. Null where the host's key is none. */
export async function makeHello(
  options: SessionOptions,
  { meetingId, instance, fresh, nonce }: HelloParts,
): Promise<{ readonly hash: string; readonly packet: Bytes } | null> {
  const { device, inviteSecret, displayName, random, joinId } = options;
  const name = await helloName(displayName, random(16));
  const jws = await signMessage(device, 'hello', {
    v: 1,
    meeting: meetingId,
    instance: instance.id,
    join: toBase64url(joinId),
    key: toBase64url(device.publicKey),
    ...fresh,
    name: name.commitment,
    nonce,
  });
  const hash = (await messageHash(jws, device.publicKey)) ?? '';
  const context: SealContext = {
    type: 'hello',
    role: 'host',
    meeting: meetingId,
    instance: instance.id,
    term: instance.term,
    sender: await thumbprint(device.publicKey),
    recipient: instance.hostThumbprint,
    epoch: 0,
    about: hash,
  };
  const sealed = await seal(instance.hpke, name.plain, context, random);
  wipe(name.plain);
  if (!sealed.ok) return null;
  // Without an invite: somebody has to click.
  const macs = inviteSecret.length === 0 ? [] : [await inviteMac(inviteSecret, jws)];
  return { hash, packet: packetBytes(jws, ...macs, sealed.value.sealed) };
}
