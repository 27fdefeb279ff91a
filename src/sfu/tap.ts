import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { LatchkeyError } from '../base/errors.ts';

/**
 * Copies of published packets for an audit on this machine (sfu/options.ts):
 *
 *   +--------+----------+--------+-----------+----------------------------------------------+
 *   | u8 len | identity | u8 len | track sid | RTP packet after SRTP, payload still encrypted |
 *   +--------+----------+--------+-----------+----------------------------------------------+
 */
export interface Tap {
  packet(identity: string, trackSid: string, packet: Buffer): void;
  close(): void;
}

export function tapDatagram(identity: string, trackSid: string, packet: Buffer): Buffer | null {
  const names = [Buffer.from(identity), Buffer.from(trackSid)];
  if (names.some((name) => name.length > 255)) return null;
  return Buffer.concat([...names.flatMap((name) => [Buffer.from([name.length]), name]), packet]);
}

export function openTap(target: { readonly host: string; readonly port: number }): Tap {
  // Even encrypted, what everybody says does not leave this machine by a copy.
  const family = isIP(target.host);
  if (!(family === 4 && target.host.startsWith('127.')) && target.host !== '::1') {
    throw new LatchkeyError('config-invalid', 'the SFU tap must be an address on loopback');
  }
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  socket.on('error', () => undefined); // An auditor that is not there is no fault of the meeting.
  socket.unref();
  return {
    packet(identity, trackSid, packet) {
      const datagram = tapDatagram(identity, trackSid, packet);
      if (datagram !== null) socket.send(datagram, target.port, target.host, () => undefined);
    },
    close: () => socket.close(),
  };
}
