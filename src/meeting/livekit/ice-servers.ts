import type { ICEServer } from '@livekit/protocol';
import type { PeerOptions } from '../../webrtc/peer.ts';

/**
 * The server's list of STUN and TURN servers in libdatachannel's terms. Only UDP: libdatachannel's ICE has no TURN over
 * TCP or TLS, so those entries are left out; a network that allows nothing else is told by `join-timeout`.
 */
export function iceServers(servers: readonly ICEServer[]): NonNullable<PeerOptions['iceServers']> {
  return servers.slice(0, maxServers).flatMap((server) =>
    server.urls.slice(0, maxServers).flatMap((url) => {
      // RFC 7064 and RFC 7065: stun:host:port, turn:host:port?transport=udp
      const parts = /^(stun|turn):([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/.exec(url);
      if (parts === null || parts[4] === 'tcp') return [];
      const hostname = parts[2] ?? '';
      const port = Number(parts[3] ?? 3478);
      if (parts[1] === 'stun') return [{ hostname, port }];
      const { username, credential: password } = server;
      return [{ hostname, port, username, password, relayType: 'TurnUdp' as const }];
    }),
  );
}

const maxServers = 8;
