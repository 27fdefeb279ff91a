import { DataPacket, DataPacket_Kind, UserPacket } from '@livekit/protocol';

/** Data packets of LiveKit's `_reliable` channel. Who sent one is the server's word. */
export interface ReceivedData {
  readonly from: string;
  readonly fromSid: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Rises with each reliable packet of a sender; 0 where the sender does not count. */
  readonly sequence: number;
}

/** LiveKit's limit for a reliable packet, with room for topic, identities and stamps (data channels carry 64 KiB). */
export const maxPayload = 15_000;

/** Null for everything that is no user packet in clear: encrypted packets, streams, calls, and what is malformed. */
export function parseData(message: Uint8Array): ReceivedData | null {
  let packet: DataPacket;
  try {
    packet = DataPacket.fromBinary(message);
  } catch {
    return null;
  }
  if (packet.value.case !== 'user' || packet.participantIdentity === '') return null;
  const { topic, payload } = packet.value.value;
  return {
    from: packet.participantIdentity,
    fromSid: packet.participantSid,
    topic: topic ?? '',
    payload,
    sequence: packet.sequence,
  };
}

export function writeData(data: {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly to: readonly string[];
  readonly sequence: number;
}): Uint8Array {
  const { topic, sequence } = data;
  const user = new UserPacket({ payload: Uint8Array.from(data.payload), topic });
  return new DataPacket({
    kind: DataPacket_Kind.RELIABLE,
    destinationIdentities: [...data.to],
    sequence,
    value: { case: 'user', value: user },
  }).toBinary();
}
