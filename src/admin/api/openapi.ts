import { Type } from 'typebox';
import { version } from '../../base/version.ts';
import { adminProblems, type AdminProblemCode } from '../problem.ts';
import type { Operation } from './operation.ts';
import { problemSchema } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of these operations. docs/openapi.json is this, and a test compares. */
export function openApi(operations: readonly Operation[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const op of operations) (paths[op.path] ??= {})[op.method.toLowerCase()] = operationOf(op);
  paths['/v1/events'] = { get: eventsOperation };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey admin API',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'On the admin listener, loopback by default (docs/operating.md). Errors are problem+json with a stable `code`.',
    },
    servers: [{ url: 'http://127.0.0.1:9080' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of `latchkey admin-key new`, or an access token where admin.oidc is set.',
        },
      },
      schemas: { Problem: problemSchema },
    },
  };
}

const always: readonly AdminProblemCode[] = [
  'unauthorized',
  'forbidden',
  'host-unknown',
  'too-many-requests',
];

function operationOf(op: Operation): Json {
  const checked = op.params !== undefined || op.query !== undefined || op.body !== undefined;
  const keyed: readonly AdminProblemCode[] = op.method === 'POST' ? ['key-in-use', 'key-reused'] : [];
  const codes = [...always, ...(checked ? (['bad-request'] as const) : []), ...keyed, ...op.problems];
  const parameters = [
    ...parametersOf(op.params, 'path'),
    ...parametersOf(op.query, 'query'),
    ...(op.method === 'POST' ? [idempotencyHeader] : []),
  ];
  return {
    operationId: op.id,
    tags: [op.tag],
    summary: op.summary,
    description: `Role: ${op.role}.${op.action === undefined ? '' : ` In the ledger as \`${op.action}\` before it is done.`}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(op.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: op.body } } } }),
    responses: {
      [op.status]: { description: 'Done.', content: { 'application/json': { schema: op.answer } } },
      ...problemResponses(codes),
    },
  };
}

function parametersOf(schema: unknown, place: 'path' | 'query'): readonly Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, inner]) => ({
    ...{ name, in: place, required: place === 'path' || required.includes(name), schema: inner },
  }));
}

const idempotencyHeader: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: Type.String({ pattern: '^[A-Za-z0-9_.:-]{8,128}$' }),
  description:
    'The same key with the same request within ten minutes: the same answer, and nothing is done twice.',
};

function problemResponses(codes: readonly AdminProblemCode[]): Json {
  const byStatus = Map.groupBy([...new Set(codes)], (code) => adminProblems[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, same]) => [
        String(status),
        {
          description: same.map((code) => `\`${code}\`: ${adminProblems[code].title}`).join(' '),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}

const eventsOperation: Json = {
  operationId: 'streamEvents',
  tags: ['state'],
  summary:
    'Server-sent events: first `snapshot`, then `leg`, `leg-gone`, `bridge`, `bridge-gone` and `call` as they change, and `pin-rotated` where a meeting has another room PIN by itself: new-pin tells which.',
  description:
    'Role: reader. A comment every 15 s keeps it open. After a break connect again: the snapshot has everything that counts.',
  responses: {
    200: { description: 'A stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
    ...problemResponses([...always, 'too-many-streams']),
  },
};
