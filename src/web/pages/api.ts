import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Blocked } from './reasons.ts';
import type { Operator } from './view.ts';

/** The pages' side of src/http/api.ts. Answers are checked by hand: the server is not trusted to be well-behaved. */

export interface DialIn {
  readonly number: string | null;
  readonly sip: string;
  /** Of the meeting, where callers may be asked for it. */
  readonly code: string | null;
}

export interface Claimed {
  readonly meetingId: string;
  readonly pin: string;
  readonly pinId: string;
  readonly dialIn: DialIn;
}

/** `pin`: null where the connector does not know it any more. */
export interface RoomPin {
  readonly pinId: string;
  readonly pin: string | null;
}

export interface MeetingInfo {
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly dialIn: DialIn;
  readonly operators: readonly Operator[];
}

export interface Address {
  readonly token: string;
  readonly url: string;
}

export interface Api {
  setup(): Promise<Result<readonly Operator[], Blocked>>;
  claim(claim: string, registration: Uint8Array, hostName: string): Promise<Result<Claimed, Blocked>>;
  meeting(meetingId: string): Promise<Result<MeetingInfo, Blocked>>;
  pinChallenge(meetingId: string): Promise<Result<Uint8Array<ArrayBuffer>, Blocked>>;
  pin(meetingId: string, challenge: Uint8Array, signature: Uint8Array): Promise<Result<RoomPin, Blocked>>;
  /** `replaces`: the name of the PIN that is in force. */
  newPin(
    meetingId: string,
    ask: { readonly challenge: Uint8Array; readonly signature: Uint8Array; readonly replaces: string },
  ): Promise<Result<RoomPin, Blocked>>;
  token(meetingId: string, joinId: string, name: string): Promise<Result<Address, Blocked>>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 4096;

const blockedCodes: readonly Blocked[] = [
  'claim-unknown',
  'already-claimed',
  'meeting-unknown',
  'meeting-full',
];

function blockedOf(status: number, body: unknown): Blocked {
  if (status === 429) return 'too-many-requests';
  const code = isObject(body) ? body['code'] : null;
  return blockedCodes.find((known) => known === code) ?? 'unexpected';
}

function dialInOf(value: unknown): DialIn | null {
  if (!isObject(value) || !isText(value['sip'])) return null;
  const { number, sip, code } = value;
  const texts = [number, code].every((text) => text === null || isText(text));
  return texts ? ({ number, sip, code } as DialIn) : null;
}

function operatorsOf(value: unknown): readonly Operator[] | null {
  if (!Array.isArray(value) || value.length > 16) return null;
  const operators = value.map((entry: unknown) =>
    isObject(entry) && isText(entry['name']) && isText(entry['thumbprint'])
      ? { name: entry['name'], thumbprint: entry['thumbprint'], kept: keptOf(entry['kept']) }
      : null,
  );
  return operators.every((operator) => operator !== null) ? operators : null;
}

function roomPinOf({ pinId, pin }: Json): RoomPin | null {
  if (!isText(pinId)) return null;
  return pin === null || (isText(pin) && /^[0-9]{4,12}$/.test(pin)) ? { pinId, pin } : null;
}

/** What is not said to be apart is taken as lying with the connector. */
const keptOf = (value: unknown): Operator['kept'] => (value === 'apart' ? 'apart' : 'beside');

async function call(path: string, body?: Json): Promise<Result<Json, Blocked>> {
  try {
    const response = await fetch(path, {
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) return refuse(blockedOf(response.status, answer));
    return isObject(answer) ? ok(answer) : refuse('unexpected');
  } catch {
    return refuse('server-unreachable');
  }
}

async function read<T>(
  answer: Promise<Result<Json, Blocked>>,
  parse: (body: Json) => T | null,
): Promise<Result<T, Blocked>> {
  const body = await answer;
  if (!body.ok) return body;
  const value = parse(body.value);
  return value === null ? refuse('unexpected') : ok(value);
}

export const api: Api = {
  setup: () =>
    read(call('/api/setup'), (body) => (body['kem'] === 'X-Wing' ? operatorsOf(body['operators']) : null)),
  claim: (claim, registration, hostName) =>
    read(
      call('/api/meetings/claim', { claim, registration: toBase64url(registration), hostName }),
      ({ meetingId, pin, pinId, dialIn }) => {
        const dial = dialInOf(dialIn);
        const texts = isText(meetingId) && isText(pin) && isText(pinId);
        return texts && dial !== null ? { meetingId, pin, pinId, dialIn: dial } : null;
      },
    ),
  meeting: (meetingId) =>
    read(call(`/api/meetings/${meetingId}`), (body) => {
      const registration = isText(body['registration']) ? fromBase64url(body['registration']) : null;
      const [dialIn, operators] = [dialInOf(body['dialIn']), operatorsOf(body['operators'])];
      return registration !== null && dialIn !== null && operators !== null
        ? { registration, dialIn, operators }
        : null;
    }),
  pinChallenge: (meetingId) =>
    read(call(`/api/meetings/${meetingId}/pin-challenge`, {}), ({ challenge }) =>
      isText(challenge) ? fromBase64url(challenge) : null,
    ),
  pin: (meetingId, challenge, signature) =>
    read(
      call(`/api/meetings/${meetingId}/pin`, {
        challenge: toBase64url(challenge),
        signature: toBase64url(signature),
      }),
      roomPinOf,
    ),
  newPin: (meetingId, { challenge, signature, replaces }) =>
    read(
      call(`/api/meetings/${meetingId}/new-pin`, {
        ...{ challenge: toBase64url(challenge), signature: toBase64url(signature), replaces },
      }),
      roomPinOf,
    ),
  token: (meetingId, joinId, name) =>
    read(call(`/api/meetings/${meetingId}/token`, { joinId, name }), ({ token, url }) =>
      isText(token) && isText(url) ? { token, url } : null,
    ),
};
