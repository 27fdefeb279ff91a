import type { Static, TSchema } from 'typebox';
import type { Result } from '../../base/result.ts';
import type { AdminProblemCode } from '../problem.ts';
import type { Principal, Role } from '../role.ts';

/** An answer, or why not; `detail` says where in what was read, and what was expected. */
export type Handled = Result<unknown, AdminProblemCode> & { readonly detail?: string };

/** One operation of the API: what the route, its checks and its place in the OpenAPI document are made of. */
export interface Operation {
  /** `operationId`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it: `/v1/legs/{leg}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly role: Role;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly status: 200 | 201 | 202;
  readonly answer: TSchema;
  /** What it changes, as the ledger says it before it is done; absent: it changes nothing. */
  readonly action?: Action;
  readonly problems: readonly AdminProblemCode[];
  handle(request: ApiRequest): Promise<Handled>;
}

export type Action =
  | 'drain'
  | 'call-end'
  | 'leg-end'
  | 'config-reload'
  | 'meeting-create'
  | 'meeting-close'
  | 'pin-issue'
  | 'pin-revoke'
  | 'pins-rotate'
  | 'pin-take';

export interface ApiRequest {
  readonly principal: Principal;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Part<T extends TSchema | undefined> = T extends TSchema ? Static<T> : undefined;

/** The same with the types that its schemas say: they are checked before `handle` is called. */
export function operation<
  P extends TSchema | undefined = undefined,
  Q extends TSchema | undefined = undefined,
  B extends TSchema | undefined = undefined,
>(
  spec: Omit<Operation, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    handle(request: {
      readonly principal: Principal;
      readonly params: Part<P>;
      readonly query: Part<Q>;
      readonly body: Part<B>;
    }): Promise<Handled>;
  },
): Operation {
  return spec as unknown as Operation;
}
