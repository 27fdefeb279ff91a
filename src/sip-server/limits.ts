import type { Admission } from './options.ts';

/**
 * Everything that a peer could make large, and how large it may get. A message that is over a limit is refused before
 * any lasting state is made for it.
 */
export const limits = {
  /** Start line and headers together, in bytes. RFC 4475's longest valid message (3.1.1.7) has about 2.6 KB. */
  headerBytes: 16_384,
  headerCount: 128,
  /** One header field's value. drachtio-srf's regular expressions are quadratic on what we hand on. */
  fieldBytes: 4_096,
  /** From, To, Contact, Route and the like: one address with its parameters. */
  addressBytes: 2_048,
  uriBytes: 1_024,
  viaCount: 70,
  bodyBytes: 49_152,
  /** A real drachtio-server's frames have five digits at most. */
  appFrameBytes: 99_999,
  /** What may wait to be written to one app before the app counts as stuck and is dropped. */
  appBacklogBytes: 16 * 1024 * 1024,
  appClients: 16,
  /** An app connection that has not authenticated within this time is closed. */
  appAuthenticateMs: 10_000,
  /** TCP and TLS connections that others opened; an IPv6 address is its /64. */
  connections: 1_000,
  connectionsPerAddress: 100,
  /** For a TLS handshake. */
  handshakeMs: 10_000,
  /** For a connection that we open, its handshake included: the next server, or UDP, is tried after it. */
  connectMs: 3_000,
  /** From a connection's beginning to the end of its first message. */
  firstMessageMs: 15_000,
  /** From the first byte of a message to its last. */
  messageMs: 15_000,
  /** A connection on which nothing at all arrives. */
  idleMs: 600_000,
  backlogBytes: 1024 * 1024,
  /** RFC 5626 §4.4.1: between two pings on a connection that we opened, and for the answer. */
  pingMs: 100_000,
  pongMs: 10_000,
  /** RFC 3261 §18.1.1: a longer request goes over TCP where it can. */
  datagramBytes: 1_300,
  /** Of all sources together. Above it: 503 with Retry-After. */
  serverTransactions: 200_000,
} as const;

/** Where the parent names none; the product's are in config/default.json. */
export const usualAdmission: Admission = {
  messagesPerSecond: 1_000,
  transactionsPerSource: 20_000,
  pendingInvites: 2_000,
  dialogs: 20_000,
};
