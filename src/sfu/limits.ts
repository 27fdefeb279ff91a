/**
 * What one peer may make the SFU hold or do. Whoever goes over a limit is refused or disconnected; nobody else notices.
 * The embedded SFU serves one machine and a LAN: where these numbers are too small, LiveKit's own server is meant.
 */
export const limits = {
  connections: 4_096,
  rooms: 64,
  participantsPerRoom: 64,
  tracksPerParticipant: 128,
  /** Of one signalling message; a browser's offer of 100 audio lines is about 300 kB. */
  signalBytes: 512 * 1024,
  /** Signalling messages: so many at once, so many a second in the long run. */
  signalBurst: 500,
  signalsPerSecond: 50,
  /** Bytes that wait for a receiver that does not drain, before it is disconnected. */
  signalBacklogBytes: 4 * 1024 * 1024,
  dataBacklogBytes: 1024 * 1024,
  lossyBacklogBytes: 64 * 1024,
  dataMessageBytes: 64 * 1024,
  dataDestinations: 256,
  identityLength: 256,
  nameLength: 256,
  metadataLength: 8 * 1024,
  attributes: 64,
  attributesLength: 16 * 1024,
  /** Track lines set on one PeerConnection; after that the client is asked to make a new one (webrtc/peer.ts). */
  renegotiations: 4_000,
  /** From the socket to a connected subscriber PeerConnection, and for each answer. */
  joinMs: 20_000,
  answerMs: 15_000,
  /** Without any signalling message; clients ping every 5 s, but browsers throttle pages in the background. */
  silenceMs: 90_000,
  /** A token is renewed when its bearer joins, and then this often; it lives for twice as long (sfu/access.ts). */
  tokenRefreshMs: 300_000,
  pingIntervalSeconds: 5,
  pingTimeoutSeconds: 15,
} as const;
