/**
 * A second lock around LiveKit's frame encryption. livekit-client decides by flags that the meeting server sends whether a
 * frame is encrypted at all, and it passes frames through in clear where it believes encryption to be off. Here every
 * frame is measured before and after: what did not become longer on its way out, or shorter on its way in, by exactly
 * the tag, the IV and the trailer of the format is stopped, whatever any flag says.
 */

/** AES-GCM tag 16, IV 12, trailer 2 (IV length and key slot). */
export const sealOverhead = 30;
const ivLength = 12;

export type Direction = 'encode' | 'decode';

/** What an encoded frame has here: the transforms change `data` of one and the same object. */
export interface Frame {
  data: ArrayBuffer;
}

/** Whether a frame of `before` bytes may go on as it is now. */
export function mayPass(direction: Direction, before: number | undefined, frame: Frame): boolean {
  const now = frame.data.byteLength;
  // An empty frame carries nothing; LiveKit leaves it as it is.
  if (before === 0 && now === 0) return true;
  if (before === undefined) return false;
  if (direction === 'decode') return now === before - sealOverhead;
  return now === before + sealOverhead && new Uint8Array(frame.data)[now - 2] === ivLength;
}

/** A LiveKit server puts silence of its own into a muted track. It is stopped too, but it is no cause for alarm. */
export function isServerSilence(frame: Frame): boolean {
  const bytes = new Uint8Array(frame.data);
  return bytes.every((byte, i) => byte === ([0xf8, 0xff, 0xfe][i] ?? 0));
}

export interface GuardedStreams {
  /** Handed to LiveKit instead of the real streams. */
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
}

export interface GuardOptions {
  readonly direction: Direction;
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
  /** Called for each frame that was stopped and should not have come up. */
  onStopped(): void;
}

/** Puts the measuring stages before and behind whatever is piped between the two returned streams. */
export function guardStreams(options: GuardOptions): GuardedStreams {
  const { direction, readable, writable } = options;
  const lengths = new WeakMap<Frame, number>();
  const before = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      lengths.set(frame, frame.data.byteLength);
      controller.enqueue(frame);
    },
  });
  const behind = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      if (mayPass(direction, lengths.get(frame), frame)) controller.enqueue(frame);
      else if (direction === 'encode' || !isServerSilence(frame)) options.onStopped();
    },
  });
  // Both ends close when the call does; LiveKit's own pipe reports what matters.
  readable.pipeTo(before.writable).catch(() => undefined);
  behind.readable.pipeTo(writable).catch(() => undefined);
  return { readable: before.readable, writable: behind.writable };
}
