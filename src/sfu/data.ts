import { DataPacket, DataPacket_Kind } from '@livekit/protocol';
import { ok, refuse, type Result } from '../base/result.ts';
import { limits } from './limits.ts';
import type { ChannelLabel } from './subscriber.ts';

/**
 * A data packet on its way through: the server says who sent it (a client cannot name another sender) and to whom it
 * goes; encrypted packets pass as they are.
 */
export interface RelayedData {
  readonly label: ChannelLabel;
  readonly bytes: Uint8Array;
  /** Identities; empty: everybody else. */
  readonly to: ReadonlySet<string>;
}

export type DataRefusal =
  'unknown-channel' | 'too-long' | 'malformed' | 'too-many-destinations' | 'not-relayed';

export function relayedData(
  sender: { readonly sid: string; readonly identity: string },
  label: string,
  message: Buffer,
): Result<RelayedData, DataRefusal> {
  if (label !== '_reliable' && label !== '_lossy') return refuse('unknown-channel');
  if (message.length > limits.dataMessageBytes) return refuse('too-long');
  const packet = parsePacket(message);
  if (packet === null) return refuse('malformed');
  // What only a server says (speaker), or what is meant for the server (metrics).
  if (packet.value.case === 'speaker' || packet.value.case === 'metrics') return refuse('not-relayed');
  // Both ways of naming destinations and of stamping the sender: the older ones are inside the user packet.
  /* eslint-disable @typescript-eslint/no-deprecated -- older clients read and write only these */
  const user = packet.value.case === 'user' ? packet.value.value : null;
  const to =
    packet.destinationIdentities.length > 0
      ? packet.destinationIdentities
      : (user?.destinationIdentities ?? []);
  if (to.length > limits.dataDestinations) return refuse('too-many-destinations');
  packet.kind = label === '_reliable' ? DataPacket_Kind.RELIABLE : DataPacket_Kind.LOSSY;
  packet.participantSid = sender.sid;
  packet.participantIdentity = sender.identity;
  if (user !== null) {
    user.participantSid = sender.sid;
    user.participantIdentity = sender.identity;
    user.destinationIdentities = to;
  }
  /* eslint-enable @typescript-eslint/no-deprecated */
  return ok({ label, bytes: packet.toBinary(), to: new Set(to) });
}

function parsePacket(message: Buffer): DataPacket | null {
  try {
    return DataPacket.fromBinary(message);
  } catch {
    return null;
  }
}
