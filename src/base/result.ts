/** What a total parser or a pure check returns: a value, or a named reason. Neither throws. */
export type Result<T, R extends string = string> = { readonly ok: true; readonly value: T } | Refusal<R>;

export interface Refusal<R extends string = string> {
  readonly ok: false;
  /** A stable, lower-case-with-dashes name of what was wrong. Never holds any of the input. */
  readonly reason: R;
}

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const refuse = <R extends string>(reason: R): Refusal<R> => ({ ok: false, reason });
