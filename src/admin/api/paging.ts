import { ok, refuse, type Result } from '../../base/result.ts';

export interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

const usualLimit = 50;

export const limitOf = ({ limit }: PageQuery): number => limit ?? usualLimit;

/**
 * A page of a list, in its order. The cursor is the id of the last item that was seen, so that what comes meanwhile moves
 * nothing; where that item is gone, the list has to be read anew.
 */
export const pageOf = <T extends { readonly id: string }>(
  all: readonly T[],
  query: PageQuery,
): Result<Page<T>, 'cursor-invalid'> => pageBy(all, query, ({ id }) => id);

/** The same for items that are told apart by something else than an `id`. */
export function pageBy<T>(
  all: readonly T[],
  query: PageQuery,
  idOf: (item: T) => string,
): Result<Page<T>, 'cursor-invalid'> {
  const { cursor } = query;
  const at = cursor === undefined ? 0 : all.findIndex((item) => idOf(item) === cursor) + 1;
  if (cursor !== undefined && at === 0) return refuse('cursor-invalid');
  const items = all.slice(at, at + limitOf(query));
  const more = at + items.length < all.length;
  const last = items.at(-1);
  return ok({ items, next: more && last !== undefined ? idOf(last) : null });
}
