/** One ICE candidate and the media section that it belongs to. */
export interface Candidate {
  readonly candidate: string;
  readonly mid: string;
}

const maxLength = 4_096;

/** A JSON RTCIceCandidateInit, as LiveKit trickles it. Null for the end of candidates and for anything else. */
export function parseCandidate(init: string): Candidate | null {
  if (init.length > maxLength) return null;
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

export function candidateInit(candidate: Candidate): string {
  return JSON.stringify({ candidate: candidate.candidate, sdpMid: candidate.mid, sdpMLineIndex: 0 });
}
