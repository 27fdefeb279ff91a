/**
 * The meeting as the bridge sees it: a port. `livekit/` implements it for LiveKit's protocol. Frames cross it exactly as
 * they are on the wire, encrypted: the port knows no keys.
 */
export interface MeetingParticipant {
  readonly identity: string;
  readonly name: string;
}

export interface RemoteTrack {
  readonly sid: string;
  /** Of the publisher, as the server states it: a name, never an authorisation. */
  readonly identity: string;
  readonly name: string;
  /** The server's word on whether frames are encrypted (TrackInfo.encryption = GCM). */
  readonly flaggedEncrypted: boolean;
}

/**
 * Events begin before joining has finished: everybody and every track that is there already is reported like a newcomer.
 * A server may list a participant later than its first data packet arrives (LiveKit gathers news of participants who do
 * not publish for up to five seconds): presence and data say nothing about each other.
 */
export interface MeetingEvents {
  onParticipantJoined(participant: MeetingParticipant): void;
  onParticipantLeft(identity: string): void;
  onTrack(track: RemoteTrack): void;
  onTrackEnded(track: RemoteTrack): void;
  /** One RTP payload: `frame` is valid during the call only. `timestamp` counts 48 kHz. */
  onFrame(track: RemoteTrack, frame: Buffer, sequence: number, timestamp: number): void;
  onData(from: string, topic: string, payload: Uint8Array): void;
  /** Once, for whatever reason, unless `close` was called. */
  onClosed(reason: string): void;
}

export interface LocalTrack {
  readonly sid: string;
  readonly name: string;
  /**
   * Sends one already encrypted frame that stands for `samples` at 48 kHz. False where it could not be sent. `marker`:
   * the first frame after a pause; `ago`: how many samples before now it was due.
   */
  send(frame: Uint8Array, samples: number, marker: boolean, ago?: number): boolean;
}

export interface Meeting {
  readonly identity: string;
  participants(): readonly MeetingParticipant[];
  publish(name: string): Promise<LocalTrack>;
  unpublish(track: LocalTrack): Promise<void>;
  /**
   * Whether frames are wanted. Where not, the server is asked to send none of any track, present or to come; what it sends all the
   * same is delivered: that nothing opens without a key does not depend on it.
   */
  listen(on: boolean): void;
  /** Reliable and ordered. Without `to`: everybody. At most 15,000 bytes. */
  sendData(topic: string, payload: Uint8Array, to?: readonly string[]): void;
  close(): Promise<void>;
}

export interface MeetingAddress {
  /** ws:// or wss:// */
  readonly url: string;
  /** A platform token: it names, it authorises nothing of ours. */
  readonly token: string;
  /** Local address for WebRTC, e.g. 127.0.0.1 for the embedded mode; unset: every interface. */
  readonly bindAddress?: string;
}
