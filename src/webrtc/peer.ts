import {
  Audio,
  initLogger,
  PeerConnection,
  RtcpReceivingSession,
  RtcpSrReporter,
  RtpPacketizationConfig,
} from 'node-datachannel';
import type { DataChannel, RtcConfig, Track } from 'node-datachannel';
import type { Log } from '../base/log.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Candidate } from './candidate.ts';
import { withoutCandidates } from './sdp.ts';

/**
 * One PeerConnection of libdatachannel, with its habits in one place. Nothing here throws: what libdatachannel refuses
 * (it says so by throwing) comes back as a reason.
 *
 * - The side that offers holds its own candidates back until the answer is there: with candidates in flight before it,
 *   about one connection in a hundred lost a race between ICE and DTLS.
 * - Candidates of the other side that come before its description wait, up to a limit.
 * - Every track wrapper is kept until the peer closes: collecting one closes the native track behind it, even when a
 *   newer wrapper of the same line is in use. `renegotiations` counts them, so that an owner can replace a peer before
 *   they are many.
 */
export type PeerState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export interface PeerOptions {
  readonly name: string;
  readonly role: 'offers' | 'answers';
  /** Unset: every interface. */
  readonly bindAddress?: string;
  /** One UDP port shared by all peers of the process; unset or 0: a free port for each. */
  readonly udpPort?: number;
  readonly iceServers?: RtcConfig['iceServers'];
  /** Of one data channel message, bytes. */
  readonly maxMessageSize: number;
}

export interface PeerEvents {
  onCandidate(candidate: Candidate): void;
  onState(state: PeerState): void;
  /** A channel, whoever made it, can send now. */
  onChannelOpen(label: string): void;
  onMessage(label: string, message: Buffer): void;
}

export interface AudioLine {
  readonly mid: string;
  readonly direction: 'send' | 'receive' | 'inactive';
  readonly payloadType: number;
  /** Sending lines: the source and the names that the other side sees. */
  readonly source?: { readonly ssrc: number; readonly stream: string; readonly track: string };
  readonly levelId?: number | null;
}

export interface SendingLine {
  /** One RTP packet; false where it could not be sent. */
  send(packet: Buffer): boolean;
}

export interface Peer {
  /** Audio lines set so far, repeated ones included. */
  readonly renegotiations: number;
  state(): PeerState;
  createChannel(label: string, delivery: 'reliable' | 'lossy'): Result<void>;
  channelOpen(label: string): boolean;
  /** Bytes that wait to be sent. */
  buffered(label: string): number;
  send(label: string, message: Uint8Array): boolean;
  /** Adds or changes the line of that mid; takes effect with the next description. */
  setLine(line: AudioLine, onPacket: (packet: Buffer) => void): Result<SendingLine>;
  /** Our offer, without candidates. */
  offer(): Result<string>;
  acceptAnswer(sdp: string): Result<void>;
  /** Our answer to the other side's offer. */
  answer(sdp: string): Result<string>;
  addCandidate(candidate: Candidate): void;
  close(): void;
}

const opusParameters = 'minptime=10;useinbandfec=1';
const levelUri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const maxWaitingCandidates = 64;
const maxCandidates = 256;
const maxRemoteChannels = 8;
const maxSdpLength = 512 * 1024;

const directions = { send: 'SendOnly', receive: 'RecvOnly', inactive: 'Inactive' } as const;

export function openPeer(options: PeerOptions, events: PeerEvents): Result<Peer> {
  return attempt(() => new LibPeer(options, events));
}

class LibPeer implements Peer {
  readonly #pc: PeerConnection;
  readonly #events: PeerEvents;
  readonly #channels = new Map<string, DataChannel>();
  readonly #kept: (Track | DataChannel)[] = [];
  #held: Candidate[] | null;
  #waiting: Candidate[] = [];
  #candidates = 0;
  #described = false;
  #closed = false;
  #renegotiations = 0;

  constructor(options: PeerOptions, events: PeerEvents) {
    this.#events = events;
    this.#held = options.role === 'offers' ? [] : null;
    this.#pc = new PeerConnection(options.name, {
      iceServers: options.iceServers ?? [],
      disableAutoNegotiation: true,
      forceMediaTransport: true,
      maxMessageSize: options.maxMessageSize,
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
      ...(options.udpPort === undefined || options.udpPort === 0
        ? {}
        : { enableIceUdpMux: true, portRangeBegin: options.udpPort, portRangeEnd: options.udpPort }),
    });
    this.#pc.onLocalCandidate((text, mid) =>
      this.#onLocalCandidate({ candidate: text.replace(/^a=/, ''), mid }),
    );
    this.#pc.onStateChange((state) => {
      if (!this.#closed) events.onState(state as PeerState);
    });
    this.#pc.onDataChannel((channel) => this.#onRemoteChannel(channel));
  }

  get renegotiations(): number {
    return this.#renegotiations;
  }

  state(): PeerState {
    return this.#closed ? 'closed' : this.#pc.state();
  }

  createChannel(label: string, delivery: 'reliable' | 'lossy'): Result<void> {
    return this.#attempt(() => {
      const lossy = { unordered: true, maxRetransmits: 0 };
      this.#useChannel(label, this.#pc.createDataChannel(label, delivery === 'lossy' ? lossy : {}), true);
    });
  }

  channelOpen(label: string): boolean {
    return !this.#closed && (this.#channels.get(label)?.isOpen() ?? false);
  }

  buffered(label: string): number {
    return this.channelOpen(label) ? (this.#channels.get(label)?.bufferedAmount() ?? 0) : 0;
  }

  send(label: string, message: Uint8Array): boolean {
    if (!this.channelOpen(label)) return false;
    // libdatachannel answers false where it queued the message instead of sending it at once: that is sent, too.
    return this.#attempt(() => this.#channels.get(label)?.sendMessageBinary(message)).ok;
  }

  setLine(line: AudioLine, onPacket: (packet: Buffer) => void): Result<SendingLine> {
    return this.#attempt(() => {
      const audio = new Audio(line.mid, directions[line.direction]);
      audio.addOpusCodec(line.payloadType, opusParameters);
      if (line.source !== undefined) {
        const { ssrc, stream, track } = line.source;
        audio.addSSRC(ssrc, stream, stream, track);
      }
      if (line.levelId !== undefined && line.levelId !== null) {
        audio.parseSdpLine(`a=extmap:${line.levelId} ${levelUri}`);
      }
      const track = this.#pc.addTrack(audio);
      this.#kept.push(track);
      this.#renegotiations++;
      if (line.direction !== 'send') track.setMediaHandler(new RtcpReceivingSession());
      else if (line.source !== undefined) {
        const { ssrc, stream } = line.source;
        const config = new RtpPacketizationConfig(ssrc, stream, line.payloadType, 48_000);
        const reporter = new RtcpSrReporter(config);
        // It takes the reports of the other side, one a second and line, which nobody listens to here.
        reporter.addToChain(new RtcpReceivingSession());
        track.setMediaHandler(reporter);
      }
      // Only where something is to come: each listener is one more that Node looks through whenever any of them is called.
      if (line.direction === 'receive') track.onMessage(onPacket);
      return { send: (packet) => this.#sendOn(track, packet) };
    });
  }

  #sendOn(track: Track, packet: Buffer): boolean {
    if (this.#closed) return false;
    try {
      return track.sendMessageBinary(packet);
    } catch {
      return false; // not open yet, or closed
    }
  }

  offer(): Result<string> {
    return this.#attempt(() => {
      // Made anew or, where one waits for its answer, again.
      this.#describe('offer', ['stable', 'have-local-offer']);
      return withoutCandidates(this.#pc.localDescription()?.sdp ?? '');
    });
  }

  /**
   * What setLocalDescription throws, node-datachannel does not catch, and the process ends. It throws where there is
   * nothing to offer, and in any other state, which is so where the connection has ended at the other side: then the library takes an offer without a word and without effect.
   */
  #describe(type: 'offer' | 'answer', due: readonly ReturnType<PeerConnection['signalingState']>[]): void {
    if (this.#kept.length === 0 && type === 'offer') throw new Error('there is nothing to offer');
    if (!due.includes(this.#pc.signalingState())) throw new Error(`no ${type} is due`);
    this.#pc.setLocalDescription(type);
  }

  acceptAnswer(sdp: string): Result<void> {
    return this.#attempt(() => {
      this.#setRemote(sdp, 'answer');
      const held = this.#held ?? [];
      this.#held = null;
      for (const candidate of held) this.#events.onCandidate(candidate);
    });
  }

  answer(sdp: string): Result<string> {
    return this.#attempt(() => {
      this.#setRemote(sdp, 'offer');
      this.#describe('answer', ['have-remote-offer']);
      return this.#pc.localDescription()?.sdp ?? '';
    });
  }

  #setRemote(sdp: string, type: 'offer' | 'answer'): void {
    if (sdp.length > maxSdpLength) throw new Error('the description is too long');
    this.#pc.setRemoteDescription(sdp, type);
    this.#described = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const candidate of waiting) this.#addNow(candidate);
  }

  addCandidate(candidate: Candidate): void {
    // A name ending in .local would be looked up by multicast DNS; the address behind it is learnt from ICE checks.
    if (this.#closed || / \S+\.local /.test(candidate.candidate) || ++this.#candidates > maxCandidates)
      return;
    if (this.#described) this.#addNow(candidate);
    else if (this.#waiting.length < maxWaitingCandidates) this.#waiting.push(candidate);
  }

  #addNow(candidate: Candidate): void {
    // A candidate that is not understood is one way less to connect, no more.
    attempt(() => this.#pc.addRemoteCandidate(candidate.candidate, candidate.mid));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    attempt(() => this.#pc.close());
    // Each wrapper holds our callback, which holds this object, which holds the wrapper: closing it breaks the circle.
    for (const wrapper of this.#kept.splice(0)) attempt(() => wrapper.close());
    this.#channels.clear();
  }

  #onLocalCandidate(candidate: Candidate): void {
    if (this.#closed) return;
    if (this.#held === null) this.#events.onCandidate(candidate);
    else this.#held.push(candidate);
  }

  #onRemoteChannel(channel: DataChannel): void {
    const label = channel.getLabel();
    if (this.#closed || this.#channels.size >= maxRemoteChannels) {
      attempt(() => channel.close());
      return;
    }
    this.#useChannel(label, channel, false);
  }

  #useChannel(label: string, channel: DataChannel, ours: boolean): void {
    this.#kept.push(channel);
    // Either side may send on a channel; ours are not replaced by a remote one of the same name.
    if (ours || !this.#channels.has(label)) this.#channels.set(label, channel);
    channel.onMessage((message) => {
      if (this.#closed || typeof message === 'string') return;
      this.#events.onMessage(label, Buffer.isBuffer(message) ? message : Buffer.from(message));
    });
    channel.onOpen(() => {
      if (!this.#closed) this.#events.onChannelOpen(label);
    });
  }

  #attempt<T>(action: () => T): Result<T> {
    return this.#closed ? refuse('closed') : attempt(action);
  }
}

function attempt<T>(action: () => T): Result<T> {
  try {
    return ok(action());
  } catch {
    return refuse('refused-by-webrtc'); // The text may quote the description, which holds ICE passwords.
  }
}

/**
 * Once a process, before the first peer. There is no counterpart: the library's `cleanup` walks a list of wrappers that
 * still names those which the garbage collector has freed, and crashes. A process ends by `process.exit` (measured: clean,
 * with and without open peers).
 */
export function startWebrtc(log: Log): void {
  // The library insists on a callback; its texts may quote descriptions, so only their level is passed on.
  initLogger('Error', (level) => log.debug({ level }, 'webrtc library'));
}
