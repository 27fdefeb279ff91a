/** What the API refused, by its stable code; 0: it does not answer. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string) {
    super(title);
    this.name = 'ApiRefusal';
    this.status = status;
    this.title = title;
  }
}

export interface Api {
  get<T>(path: string): Promise<T>;
  /** All items of a list, page by page. */
  all<T>(path: string): Promise<readonly T[]>;
  delete<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** The response of an event stream, once it has begun. */
  stream(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

/** `key` goes into a header of requests to this origin and nowhere else. */
export function apiWith(key: string): Api {
  const authorization = `Bearer ${key}`;
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(path, { ...init, cache: 'no-store', credentials: 'omit' });
    } catch {
      throw new ApiRefusal(0, '');
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as { readonly title?: string };
    throw new ApiRefusal(response.status, body.title ?? '');
  };
  const get = async <T>(path: string): Promise<T> => {
    const response = await call(path, { headers: { authorization } });
    return (await response.json()) as T;
  };
  return {
    get,
    async all<T>(path: string) {
      const items: T[] = [];
      let next: string | null = null;
      do {
        const cursor: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`;
        const page = await get<{ readonly items: readonly T[]; readonly next: string | null }>(
          `${path}?limit=100${cursor}`,
        );
        items.push(...page.items);
        ({ next } = page);
      } while (next !== null);
      return items;
    },
    async delete<T>(path: string) {
      const response = await call(path, { method: 'DELETE', headers: { authorization } });
      return (await response.json()) as T;
    },
    async post<T>(path: string, body: unknown) {
      const response = await call(path, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
        },
        body: JSON.stringify(body),
      });
      return (await response.json()) as T;
    },
    async stream(signal) {
      const { body } = await call('/v1/events', { headers: { authorization }, signal });
      if (body === null) throw new ApiRefusal(0, '');
      return body;
    },
  };
}
