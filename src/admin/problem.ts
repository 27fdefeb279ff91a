/** What the admin listener says when it refuses, as problem+json (RFC 9457). `code` is stable. */
export const adminProblems = {
  'bad-request': { status: 400, title: 'The request is not well formed.' },
  'cursor-invalid': { status: 400, title: 'The cursor is none of this list.' },
  unauthorized: { status: 401, title: 'A valid API key or token is needed.' },
  forbidden: { status: 403, title: 'Your role does not permit this.' },
  'not-found': { status: 404, title: 'There is nothing at this address.' },
  'name-taken': { status: 409, title: 'A meeting of that name exists.' },
  'key-in-use': { status: 409, title: 'A request with this Idempotency-Key is being answered.' },
  'room-pin': { status: 409, title: 'The room’s own PIN is rotated, not revoked.' },
  'already-draining': { status: 409, title: 'This connector drains already.' },
  'too-large': { status: 413, title: 'The request is too large.' },
  'media-type': { status: 415, title: 'Send JSON.' },
  'host-unknown': {
    status: 421,
    title: 'This listener does not answer for that host name (admin.hostNames).',
  },
  'config-invalid': { status: 422, title: 'The configuration file is not valid, so nothing has changed.' },
  'key-reused': { status: 422, title: 'This Idempotency-Key was used for another request.' },
  'too-many': { status: 409, title: 'The limit is reached.' },
  'too-many-requests': { status: 429, title: 'Too many requests. Wait a moment.' },
  'internal-error': { status: 500, title: 'Something went wrong on this server.' },
  'ledger-unavailable': { status: 503, title: 'The ledger does not take it, so it was not done.' },
  'sharing-unavailable': {
    status: 503,
    title: 'What connectors share cannot be reached, so it was not done.',
  },
  'too-many-streams': { status: 503, title: 'Too many event streams are open.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type AdminProblemCode = keyof typeof adminProblems;

export interface AdminProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: AdminProblemCode;
  /** Where in the request, and what was expected; never what stood there. */
  readonly detail?: string;
}

export function adminProblem(code: AdminProblemCode, detail?: string): AdminProblem {
  const { status, title } = adminProblems[code];
  const type = `urn:latchkey:problem:${code}`;
  return { type, title, status, code, ...(detail === undefined ? {} : { detail }) };
}
