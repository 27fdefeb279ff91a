import { SignalRequest, SignalResponse } from '@livekit/protocol';
import type { RawData } from 'ws';
import { ok, refuse, type Result } from '../base/result.ts';

/** LiveKit's signalling messages: one protobuf message in each WebSocket message. */
export type Signal = SignalRequest['message'];
export type SignalAnswer = SignalResponse['message'];

export function parseSignal(
  data: RawData,
  binary: boolean,
): Result<Signal, 'not-binary' | 'malformed' | 'empty'> {
  if (!binary) return refuse('not-binary');
  const bytes = Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : data;
  try {
    const { message } = SignalRequest.fromBinary(bytes);
    // A message of a kind that we do not know yet is empty after parsing.
    return message.case === undefined ? refuse('empty') : ok(message);
  } catch {
    return refuse('malformed');
  }
}

export function writeSignal(message: SignalAnswer): Uint8Array {
  return new SignalResponse({ message }).toBinary();
}
