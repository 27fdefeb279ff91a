import { timingSafeEqual } from 'node:crypto';
import { algorithmNamed, digestResponse, hashedIdentity, type DigestAlgorithm } from './hash.ts';
import type { Nonces } from './nonce.ts';
import { parseDigests, writeDigest, type AuthParameters } from './parameters.ts';

/** Users of one realm. Their passwords are not kept: H(A1) for each algorithm is, which is as secret. */
export interface Realm {
  readonly name: string;
  readonly algorithms: readonly DigestAlgorithm[];
  readonly users: ReadonlyMap<string, Readonly<Partial<Record<DigestAlgorithm, string>>>>;
}

/** `algorithms`: in the order in which they are offered. */
export function createRealm(
  name: string,
  users: readonly { readonly name: string; readonly password: string }[],
  algorithms: readonly DigestAlgorithm[],
): Realm {
  const hashed = users.map(({ name: user, password }) => {
    const each = algorithms.map((a) => [a, hashedIdentity(a, { user, realm: name, password })] as const);
    return [user, Object.fromEntries(each)] as const;
  });
  return { name, algorithms, users: new Map(hashed) };
}

/** One value a `WWW-Authenticate` field, the preferred algorithm first (RFC 8760 §2.4). */
export function challenges(realm: Realm, nonces: Nonces, stale: boolean): string[] {
  return realm.algorithms.map((algorithm) =>
    writeDigest(
      [
        ['realm', realm.name],
        ['nonce', nonces.issue(realm.name)],
        ['qop', 'auth'],
        ['algorithm', algorithm],
        ...(stale ? ([['stale', 'true']] as const) : []),
      ],
      ['algorithm', 'stale'],
    ),
  );
}

export interface Claimed {
  /** Value of the Authorization header; null where there is none. */
  readonly authorization: string | null;
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
}

/** The user that the header claims to be, for whichever realm; unproven. */
export function claimedUser(authorization: string | null): string | null {
  const parsed = authorization === null ? null : parseDigests(authorization);
  return parsed?.ok === true ? (parsed.value[0]?.get('username') ?? null) : null;
}

/** A right answer uses its nonce count up: the same again is `stale`. */
export function verifyDigest(
  realm: Realm,
  nonces: Nonces,
  { authorization, method, uri }: Claimed,
): 'absent' | 'right' | 'wrong' | 'stale' | 'algorithm' {
  if (authorization === null) return 'absent';
  const parsed = parseDigests(authorization);
  if (!parsed.ok) return 'wrong';
  const given = parsed.value.find((each) => each.get('realm') === realm.name);
  if (given === undefined) return 'absent';
  const answer = readAnswer(given);
  if (answer === null) return 'wrong';
  const { algorithm } = answer;
  if (algorithm === null || !realm.algorithms.includes(algorithm)) return 'algorithm';
  if (!nonces.isFresh(answer.nonce, realm.name)) return 'stale';
  // A user that is not there costs the same time as one that is.
  const identity = realm.users.get(answer.user)?.[algorithm] ?? null;
  const expected = digestResponse(algorithm, identity ?? '', { ...answer, method });
  const same = sameText(expected, answer.response);
  if (!same || identity === null || !sameResource(answer.uri, uri)) return 'wrong';
  return nonces.use(answer.nonce, realm.name, Number.parseInt(answer.count, 16)) ? 'right' : 'stale';
}

function readAnswer(given: AuthParameters) {
  const count = given.get('nc') ?? '';
  // We offer qop=auth and nothing else; the weaker form without it is not taken (RFC 7616 §3.4).
  if (given.get('qop') !== 'auth' || !/^[0-9a-f]{8}$/i.test(count) || count === '00000000') return null;
  const [user, nonce, uri, response, clientNonce] = ['username', 'nonce', 'uri', 'response', 'cnonce'].map(
    (name) => given.get(name),
  );
  if (!user || !nonce || !uri || !response || !clientNonce) return null;
  const algorithm = algorithmNamed(given.get('algorithm') ?? 'MD5');
  return { user, nonce, uri, response: response.toLowerCase(), clientNonce, count, algorithm };
}

/**
 * RFC 3261 §22.4 item 5: the URI that was signed is the one that is asked for. Parameters may be lost on the way, and
 * the host's case does not matter.
 */
function sameResource(signed: string, asked: string): boolean {
  const bare = (uri: string): string => {
    const [, scheme = '', user = '', host = ''] = /^(sips?|tel):(?:([^@]*)@)?([^;?]*)/i.exec(uri) ?? [];
    return `${scheme.toLowerCase()}:${user}@${host.toLowerCase()}`;
  };
  return bare(signed) === bare(asked);
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
