/** The admin API as this page uses it (docs/openapi.json). */
export interface ShownQuality {
  readonly mos: number;
  readonly lossIn: number;
  readonly lossOut: number | null;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
}

export interface ShownLeg {
  readonly id: string;
  readonly trunk: string;
  readonly transport: string;
  readonly srtp: boolean;
  readonly codec: string;
  readonly caller: string;
  readonly phase: string;
  readonly inMeeting: boolean;
  readonly muted: boolean;
  readonly meeting: string | null;
  readonly answeredAt: number;
  readonly quality: ShownQuality | null;
  readonly scores: readonly number[];
}

export interface ShownBridge {
  readonly meeting: string;
  readonly since: number;
  readonly hostPresent: boolean;
  readonly gate: 'open' | 'closed';
  readonly keysHeld: number;
  readonly undecryptable: number;
  readonly replayed: number;
  readonly plaintext: number;
}

export interface ShownTrunk {
  readonly name: string;
  readonly calls: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly health: 'unknown' | 'up' | 'down' | null;
  readonly registrations: readonly { readonly registered: boolean }[];
}

export interface ShownStatus {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly role: 'reader' | 'auditor' | 'operator';
}

export interface ShownTail {
  readonly size: number;
  readonly checkpoint: string;
  readonly ledgerKey: string;
  readonly leaves: readonly {
    readonly seq: number;
    readonly leaf: string | null;
    readonly entry: Readonly<Record<string, unknown>> | null;
    readonly path: readonly string[];
  }[];
  readonly growth: readonly string[] | null;
}

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
  return {
    async get<T>(path: string) {
      const response = await call(path, { headers: { authorization } });
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
