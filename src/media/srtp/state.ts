/**
 * What another process needs to go on with the same keys: with an index used twice, counter mode gives both packets away
 * (RFC 3711 §9.1), and with a replay window begun anew old packets would be new.
 */
export interface SrtpSenderState {
  readonly ssrc: number;
  /** Of the next SRTP packet: 48 bits; its lower 16 are the sequence number. */
  readonly index: number;
  readonly rtcpIndex: number;
}

export interface ReplayState {
  readonly highest: number;
  readonly seen: readonly number[];
}

export interface SrtpReceiverState {
  readonly rtp: readonly (ReplayState & { readonly ssrc: number })[];
  readonly rtcp: readonly (ReplayState & { readonly ssrc: number })[];
}

/** Without the keys, which travel with the leg's media. */
export interface SrtpState {
  readonly sender: SrtpSenderState;
  readonly receiver: SrtpReceiverState;
}
