import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { AdminPorts } from '../ports.ts';
import type { Principal } from '../role.ts';
import type { SignIn } from '../sign-in.ts';
import { Idempotency, idempotencyKey, type GivenAnswer } from './idempotency.ts';
import type { Operation } from './operation.ts';
import { actionEntry } from './record-action.ts';

export interface RouteOptions {
  readonly operations: readonly Operation[];
  readonly ports: AdminPorts;
  readonly signIn: SignIn;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts the operations on the listener: role, schema, idempotency, ledger, and then what is asked for. */
export function addOperations(app: FastifyInstance, options: RouteOptions): void {
  const idempotency = new Idempotency(options.clock);
  app.setValidatorCompiler(({ schema, httpPart }) =>
    validator(schema as TSchema, httpPart === 'querystring'),
  );
  for (const op of options.operations) {
    app.route({
      method: op.method,
      url: op.path.replaceAll(/\{([a-z]+)\}/gi, ':$1'),
      onRequest: options.signIn.guard(op.role),
      schema: schemaOf(op),
      handler: (request, reply) => answer({ op, idempotency, options }, request, reply),
    });
  }
}

const schemaOf = ({ params, query, body }: Operation): FastifySchema => ({
  ...(params === undefined ? {} : { params }),
  ...(query === undefined ? {} : { querystring: query }),
  ...(body === undefined ? {} : { body }),
});

/** Numbers in a query are texts on the wire; nothing else is converted. The refusal names the place, never what stood there. */
const validator = (schema: TSchema, isQuery: boolean) => (given: unknown) => {
  const value = isQuery ? Value.Convert(schema, given) : given;
  if (Value.Check(schema, value)) return { value };
  const [first] = Value.Errors(schema, value);
  const where = first?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const fault = `${where === '' ? 'the request' : where}: ${first?.message ?? 'not as described'}`;
  return { error: Object.assign(new Error(fault), { statusCode: 400, where: fault }) };
};

interface Route {
  readonly op: Operation;
  readonly idempotency: Idempotency;
  readonly options: RouteOptions;
}

async function answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { op, idempotency, options } = route;
  const principal = options.signIn.principal(request);
  const key = request.headers['idempotency-key'];
  if (op.method !== 'POST' || key === undefined)
    return send(reply, op, await perform(route, principal, request));
  if (typeof key !== 'string' || !idempotencyKey.test(key))
    return reply.deny('bad-request', 'Idempotency-Key');
  const asked = { route: `${op.method} ${request.url}`, body: request.body };
  const claim = idempotency.claim(principal, key, asked);
  switch (claim.kind) {
    case 'in-use':
      return reply.deny('key-in-use');
    case 'other-request':
      return reply.deny('key-reused');
    case 'again':
      return reply.header('idempotency-replayed', 'true').code(claim.answer.status).send(claim.answer.body);
    case 'new': {
      let given: GivenAnswer | null = null;
      try {
        const result = await perform(route, principal, request);
        if (result.ok) given = { status: op.status, body: result.value };
        return await send(reply, op, result);
      } finally {
        // What was refused may be asked again.
        claim.settle(given);
      }
    }
  }
}

type Performed = Awaited<ReturnType<Operation['handle']>>;

const send = async (reply: FastifyReply, op: Operation, result: Performed): Promise<FastifyReply> =>
  result.ok ? reply.code(op.status).send(result.value) : reply.deny(result.reason, result.detail);

/** What changes something is in the ledger before it is done; where the ledger does not take it, it is not done. */
async function perform(
  { op, options }: Route,
  principal: Principal,
  request: FastifyRequest,
): Promise<Performed> {
  const { ports, log } = options;
  if (op.action !== undefined) {
    const target = Object.values((request.params ?? {}) as Readonly<Record<string, string>>).at(-1) ?? null;
    const entry = actionEntry(op.action, principal, target);
    try {
      await ports.append(entry);
    } catch (error) {
      log.error({ action: op.action, reason: error instanceof Error ? error.message : '' }, 'not recorded');
      return { ok: false, reason: 'ledger-unavailable' };
    }
    log.info({ action: op.action, role: principal.role, by: entry.data?.['by'] }, 'operator acts');
  }
  const { params, query, body } = request;
  return op.handle({ principal, params, query, body });
}
