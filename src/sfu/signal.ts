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

/** `candidateInit` of a trickle message: a JSON RTCIceCandidateInit. Null for the end of candidates and for anything else. */
export function parseCandidate(init: string): { readonly candidate: string; readonly mid: string } | null {
  if (init.length > 4_096) return null;
  let value: unknown;
  try {
    value = JSON.parse(init);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('candidate' in value)) return null;
  const { candidate } = value;
  const mid = 'sdpMid' in value && typeof value.sdpMid === 'string' ? value.sdpMid : '0';
  return typeof candidate === 'string' && candidate !== '' ? { candidate, mid } : null;
}

export function candidateInit(candidate: { readonly candidate: string; readonly mid: string }): string {
  return JSON.stringify({ candidate: candidate.candidate, sdpMid: candidate.mid, sdpMLineIndex: 0 });
}
