import 'livekit-client/e2ee-worker';
import { guardStreams, type Direction, type Frame } from './frame-guard.ts';

/**
 * LiveKit's frame encryption worker, unmodified, behind the guard. The import above has set the worker's handlers; they
 * are wrapped here, so that every stream of frames passes the guard and encryption cannot be switched off by message.
 */

interface StreamData {
  readonly readableStream: ReadableStream<Frame>;
  readonly writableStream: WritableStream<Frame>;
}

interface Message {
  readonly kind: string;
  readonly data?: { readonly enabled?: boolean } & Partial<StreamData>;
}

interface TransformEvent {
  readonly transformer: {
    readonly readable: ReadableStream<Frame>;
    readonly writable: WritableStream<Frame>;
    readonly options: { readonly kind: Direction };
  };
}

/** What this file uses of a dedicated worker's global scope; the project's types are those of a page. */
interface Scope {
  onmessage: ((event: { data: Message }) => void) | null;
  onrtctransform?: ((event: TransformEvent) => void) | null;
  postMessage(message: unknown): void;
}

const scope = self as unknown as Scope;
const inner = scope.onmessage;
const innerTransform = scope.onrtctransform;

/** Tells the page that frames were stopped: at most one message a direction for every hundred of them. */
const stopped = { encode: 0, decode: 0 };
function onStopped(direction: Direction): void {
  if (stopped[direction]++ % 100 === 0) scope.postMessage({ kind: 'latchkey-stopped', data: { direction } });
}

scope.onmessage = (event) => {
  const message = event.data;
  if (message.kind === 'enable' && message.data?.enabled !== true) return;
  const { readableStream: readable, writableStream: writable } = message.data ?? {};
  if ((message.kind === 'encode' || message.kind === 'decode') && readable && writable) {
    const direction = message.kind;
    const guarded = guardStreams({ direction, readable, writable, onStopped: () => onStopped(direction) });
    const data = { ...message.data, readableStream: guarded.readable, writableStream: guarded.writable };
    inner?.({ data: { ...message, data } });
    return;
  }
  inner?.(event);
};

if (innerTransform) {
  scope.onrtctransform = ({ transformer }) => {
    const { options, readable, writable } = transformer;
    const direction = options.kind;
    const guarded = guardStreams({ direction, readable, writable, onStopped: () => onStopped(direction) });
    innerTransform({ transformer: { options, ...guarded } });
  };
}
