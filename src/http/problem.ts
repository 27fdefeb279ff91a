/**
 * What the API says when it refuses, as problem+json (RFC 9457). `code` is stable and lower-case-with-dashes; the text is
 * for people and never repeats any of the request.
 */
export const problemTable = {
  'bad-request': { status: 400, title: 'The request is not well formed.' },
  'registration-invalid': { status: 400, title: 'The meeting registration is not valid.' },
  'claim-unknown': { status: 403, title: 'This host link is not valid here. Use the newest one.' },
  'not-host': { status: 403, title: 'Only the host of this meeting is told its PIN, or given another.' },
  'cross-origin': { status: 403, title: 'Requests from other sites are refused.' },
  'not-found': { status: 404, title: 'There is nothing at this address.' },
  'meeting-unknown': { status: 404, title: 'No meeting is registered under this id.' },
  'already-claimed': { status: 409, title: 'This host link was already used. It works once.' },
  'pin-changed': { status: 409, title: 'This PIN was replaced already. Ask for the present one.' },
  'too-large': { status: 413, title: 'The request is too large.' },
  'media-type': { status: 415, title: 'Send JSON.' },
  'too-many-requests': { status: 429, title: 'Too many requests. Wait a moment.' },
  'internal-error': { status: 500, title: 'Something went wrong on this server.' },
  'meeting-full': { status: 503, title: 'This meeting is full.' },
  'not-ready': { status: 503, title: 'This server is not ready.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemTable;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
}

export function problem(code: ProblemCode): Problem {
  const { status, title } = problemTable[code];
  return { type: `urn:latchkey:problem:${code}`, title, status, code };
}

/** Fastify's own refusals (body too large, no JSON, schema) by our codes; anything unforeseen is ours to fix. */
export function problemOfStatus(
  status: number | undefined,
): Extract<ProblemCode, 'too-large' | 'media-type' | 'not-found' | 'bad-request' | 'internal-error'> {
  if (status === 413) return 'too-large';
  if (status === 415) return 'media-type';
  if (status === 404) return 'not-found';
  return status !== undefined && status >= 400 && status < 500 ? 'bad-request' : 'internal-error';
}
