import { createSocket } from 'node:dgram';
import { frameKey, openFrame, rtpPayload } from './frame-opener.ts';
import { Transcript, type Sender } from './transcript.ts';
import { nowMs, serveParty, type Line } from './wire.ts';

/**
 * The wiretap: keeps every frame that anybody published, as the meeting server has it, and afterwards tries keys on all
 * of them. It has its own reading of the protocol and no code of the connector.
 */
interface Kept {
  readonly at: number;
  readonly identity: string;
  readonly frame: Buffer;
}

interface TapStart extends Line {
  readonly host: string;
}

/** What the host's page would know too: its randomness, and what went over the data channel. */
interface Question extends Line {
  readonly registration: string;
  readonly randomness: readonly string[];
  readonly packets: readonly string[];
  /** When the host clicked. */
  readonly approvedAt: number;
  readonly revokedAt: number;
}

export interface TapAnswer {
  readonly framesKept: number;
  /** Epochs whose meeting key was found among the host's randomness, and which of them were sealed to the bridge. */
  readonly epochs: readonly number[];
  readonly epochsOfBridge: readonly number[];
  readonly lockOutEpoch: number | null;
  /** Positive control: frames that members published between approval and revoke, and how many the bridge's keys open. */
  readonly grantedFrames: number;
  readonly grantedFramesOpened: number;
  /** Frames that members published before the approval, and how many the bridge's keys open: a grant opens no past. */
  readonly earlierFrames: number;
  readonly earlierFramesOpened: number;
  /** From the revoke's click to the last frame that a member sent under a key of the bridge's; null: none came. */
  readonly lastFrameForBridgeMs: number | null;
  /** From the click until the last member had sent its first frame under the new key; null: one never did. */
  readonly switchedAfterMs: number | null;
  /** Frames that members published after every one of them had switched. */
  readonly laterFrames: number;
  /** Positive control: how many of those the new keys open. */
  readonly laterFramesOpened: number;
  /** How many of those any earlier key opens, under any name of epoch and sender. */
  readonly laterFramesOpenedByOldKeys: number;
  readonly keysTried: number;
  /** Frames that the bridge published under its grant, and how many open. */
  readonly bridgeFrames: number;
  readonly bridgeFramesOpened: number;
}

function parseTapped(datagram: Buffer): Kept | null {
  const identityLength = datagram.readUInt8(0);
  const identity = datagram.toString('utf8', 1, 1 + identityLength);
  const trackLength = datagram.readUInt8(1 + identityLength);
  const frame = rtpPayload(datagram.subarray(2 + identityLength + trackLength));
  return frame === null || frame.length === 0 ? null : { at: nowMs(), identity, frame };
}

interface Key {
  readonly epoch: number;
  readonly forBridge: boolean;
  readonly key: Buffer;
}

/** Every meeting key under every name it could be used by: of each epoch, for each sender. */
function allKeys(transcript: Transcript, candidates: readonly Buffer[]): ReadonlyMap<string, readonly Key[]> {
  const held = transcript.keys(candidates);
  const names = [...transcript.epochs.values()];
  const keysFor = (sender: Sender): readonly Key[] =>
    held.flatMap(({ mk, epoch }) =>
      names.map((name) => ({
        epoch: epoch.epoch,
        forBridge: epoch.sealedToBridge,
        key: frameKey(mk, name, sender.id),
      })),
    );
  return new Map([...transcript.senders.values()].map((sender) => [sender.identity, keysFor(sender)]));
}

function judge(kept: readonly Kept[], question: Question): TapAnswer {
  const transcript = new Transcript(Buffer.from(question.registration, 'base64url'));
  for (const packet of question.packets) transcript.add(Buffer.from(packet, 'base64url'));
  const candidates = question.randomness.map((text) => Buffer.from(text, 'base64url'));
  const keys = allKeys(transcript, candidates);
  const lockOut = transcript.lockOutEpoch ?? Infinity;
  // Each frame is tried with every key, and with all of them: that one opens it does not excuse another.
  const openers = new Map(
    kept.map((one) => {
      const tried = keys.get(one.identity) ?? [];
      return [one, tried.filter(({ key }) => openFrame(key, one.frame) !== null)] as const;
    }),
  );
  const opens = (one: Kept, which: (key: Key) => boolean): boolean => openers.get(one)?.some(which) ?? false;
  const byOld = (one: Kept): boolean => opens(one, ({ epoch }) => epoch < lockOut);
  const byNew = (one: Kept): boolean => opens(one, ({ epoch }) => epoch >= lockOut);
  const byBridge = (one: Kept): boolean => opens(one, ({ forBridge }) => forBridge);
  const of = (wanted: (role: Sender['role']) => boolean): readonly Kept[] =>
    kept.filter(({ identity }) => {
      const sender = transcript.senders.get(identity);
      return sender !== undefined && wanted(sender.role);
    });
  const members = of((role) => role !== 'bridge');
  const { approvedAt, revokedAt } = question;
  const granted = members.filter(({ at }) => at >= approvedAt && at < revokedAt);
  // The approval's own epoch begins a little after the click: what was sent before the click is the past.
  const earlier = members.filter(({ at }) => at < approvedAt);
  const afterRevoke = members.filter(({ at }) => at >= revokedAt);
  const switchOf = (identity: string): number =>
    afterRevoke.find((one) => one.identity === identity && byNew(one))?.at ?? Infinity;
  const talkers = [...new Set(members.map(({ identity }) => identity))];
  const switched = Math.max(...talkers.map(switchOf));
  const later = afterRevoke.filter(({ at }) => at >= switched);
  const lastForBridge = afterRevoke.findLast(byBridge)?.at ?? null;
  const bridge = of((role) => role === 'bridge');
  return {
    framesKept: kept.length,
    epochs: transcript.keys(candidates).map(({ epoch }) => epoch.epoch),
    epochsOfBridge: [...transcript.epochs.values()].filter((e) => e.sealedToBridge).map((e) => e.epoch),
    lockOutEpoch: transcript.lockOutEpoch,
    grantedFrames: granted.length,
    grantedFramesOpened: granted.filter(byBridge).length,
    earlierFrames: earlier.length,
    earlierFramesOpened: earlier.filter(byBridge).length,
    lastFrameForBridgeMs: lastForBridge === null ? null : lastForBridge - revokedAt,
    switchedAfterMs: Number.isFinite(switched) ? switched - revokedAt : null,
    laterFrames: later.length,
    laterFramesOpened: later.filter(byNew).length,
    laterFramesOpenedByOldKeys: later.filter(byOld).length,
    keysTried: [...keys.values()].reduce((sum, of) => sum + of.length, 0),
    bridgeFrames: bridge.length,
    bridgeFramesOpened: bridge.filter(byBridge).length,
  };
}

serveParty(async (line, emit) => {
  const { host } = line as TapStart;
  const kept: Kept[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (datagram) => {
    const one = parseTapped(datagram);
    if (one !== null) kept.push(one);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, resolve);
  });
  emit({ kind: 'listening', port: socket.address().port });
  return (command) => {
    if (command.kind !== 'judge') throw new Error(`unknown command ${command.kind}`);
    emit({ kind: 'answer', answer: judge(kept, command as Question) });
  };
});
