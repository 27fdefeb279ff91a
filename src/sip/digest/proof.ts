import { answerChallenge, type Account } from './client.ts';

/** What of a final response a proof depends on. */
export interface Challenging {
  readonly status: number;
  get(header: string): string | null;
}

export interface Proving {
  readonly account: Account;
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
  readonly random: (bytes: number) => Buffer;
}

/** The header that repeats a request with credentials. */
export interface Proof {
  readonly header: 'Authorization' | 'Proxy-Authorization';
  readonly value: string;
  /** The server says that the last answer was right and its nonce too old (RFC 7616 §3.3). */
  readonly stale: boolean;
}

/** What answers the challenge of a 401 or 407 (RFC 3261 §22); null: there is none, or none that we may answer. */
export function proofFor(response: Challenging, { account, method, uri, random }: Proving): Proof | null {
  const byProxy = response.status === 407;
  const challenge = response.get(byProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate');
  if ((!byProxy && response.status !== 401) || challenge === null) return null;
  const answer = answerChallenge(account, {
    challenge,
    method,
    uri,
    clientNonce: random(16).toString('hex'),
  });
  if (!answer.ok) return null;
  const { authorization: value, stale } = answer.value;
  return { header: byProxy ? 'Proxy-Authorization' : 'Authorization', value, stale };
}
