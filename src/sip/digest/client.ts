import { ok, refuse, type Result } from '../../base/result.ts';
import {
  algorithmNamed,
  digestResponse,
  digestResponseWithoutQop,
  hashedIdentity,
  type DigestAlgorithm,
} from './hash.ts';
import { parseDigests, writeDigest, type AuthParameters } from './parameters.ts';

export interface Account {
  readonly user: string;
  readonly password: string;
  readonly allowMd5: boolean;
}

export interface Challenged {
  /** Value of WWW-Authenticate or Proxy-Authenticate; several fields joined by commas. */
  readonly challenge: string;
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
  /** Random, for this request alone. */
  readonly clientNonce: string;
}

export type ChallengeRefusal =
  | 'malformed'
  /** Nothing but MD5, which this account does not allow. */
  | 'md5-only'
  /** No algorithm and quality of protection that we have. */
  | 'unsupported';

export interface Answer {
  /** Value of Authorization or Proxy-Authorization. */
  readonly authorization: string;
  /** The server says that the last answer was right and its nonce too old (RFC 7616 §3.3). */
  readonly stale: boolean;
}

/** Answers the first challenge that can be: the server puts the one that it prefers on top (RFC 8760 §2.3). */
export function answerChallenge(account: Account, challenged: Challenged): Result<Answer, ChallengeRefusal> {
  const parsed = parseDigests(challenged.challenge);
  if (!parsed.ok) return refuse('malformed');
  let md5Refused = false;
  for (const challenge of parsed.value) {
    const algorithm = algorithmNamed(challenge.get('algorithm') ?? 'MD5');
    if (algorithm === null) continue;
    if (algorithm === 'MD5' && !account.allowMd5) {
      md5Refused = true;
      continue;
    }
    const answer = answerOne(account, challenged, { challenge, algorithm });
    if (answer !== null) return ok(answer);
  }
  return refuse(md5Refused ? 'md5-only' : 'unsupported');
}

function answerOne(
  { user, password }: Account,
  { method, uri, clientNonce }: Challenged,
  { challenge, algorithm }: { readonly challenge: AuthParameters; readonly algorithm: DigestAlgorithm },
): Answer | null {
  const realm = challenge.get('realm');
  const nonce = challenge.get('nonce');
  const qop = challenge.get('qop');
  const qops = qop?.toLowerCase().split(/[\s,]+/);
  if (realm === undefined || nonce === undefined || qops?.includes('auth') === false) return null;
  const identity = hashedIdentity(algorithm, { user, realm, password });
  const exchange = { method, uri, nonce, count: '00000001', clientNonce };
  const response =
    qops === undefined
      ? digestResponseWithoutQop(algorithm, identity, exchange)
      : digestResponse(algorithm, identity, exchange);
  const opaque = challenge.get('opaque');
  const parameters = [
    ['username', user],
    ['realm', realm],
    ['nonce', nonce],
    ['uri', uri],
    ['response', response],
    ['algorithm', algorithm],
    ...(qops === undefined
      ? []
      : [
          ['qop', 'auth'],
          ['nc', exchange.count],
          ['cnonce', clientNonce],
        ]),
    ...(opaque === undefined ? [] : [['opaque', opaque]]),
  ] as const;
  return {
    authorization: writeDigest(parameters as readonly (readonly [string, string])[], [
      'algorithm',
      'qop',
      'nc',
    ]),
    stale: challenge.get('stale')?.toLowerCase() === 'true',
  };
}
